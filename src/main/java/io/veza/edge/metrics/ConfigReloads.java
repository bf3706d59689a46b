package io.veza.edge.metrics;

import java.time.Instant;

/**
 * What became of the reloads of the configuration so far.
 *
 * @param taken how many were put to use, or found nothing to change
 * @param refused how many changed nothing, since something was wrong
 * @param lastTaken whether the last one was put to use; also if there was none yet
 * @param last when the configuration in use was read
 */
public record ConfigReloads(long taken, long refused, boolean lastTaken, Instant last) {

    /** Before the first. */
    public static ConfigReloads none(Instant started) {
        return new ConfigReloads(0, 0, true, started);
    }
}
