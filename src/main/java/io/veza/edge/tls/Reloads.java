package io.veza.edge.tls;

import java.time.Instant;
import java.util.Map;

/**
 * How reading changed files has gone.
 *
 * @param succeeded how often
 * @param failed how often a changed file could not be used
 * @param last when one succeeded the last time, the start included
 * @param refused the files of which an older content is in use, and why
 */
public record Reloads(long succeeded, long failed, Instant last, Map<String, String> refused) {

    public Reloads {
        refused = Map.copyOf(refused);
    }
}
