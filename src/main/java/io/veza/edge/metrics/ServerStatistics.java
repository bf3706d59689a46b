package io.veza.edge.metrics;

import io.veza.edge.health.CheckResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is counted for one server.
 *
 * @param tunnels open now
 * @param dispatched exchanges it was chosen for
 * @param connects connections made to it
 * @param reused exchanges that found an idle connection
 * @param connectErrors connections that could not be made
 * @param responseErrors answers that were missing, late, cut or malformed
 * @param retries requests sent to it once more
 * @param redispatches requests that went elsewhere because it could not be reached
 * @param checksFailed checks that did not pass while it was up
 * @param downs how often it went down
 * @param downTime how long it was down or in maintenance in all, the present time included
 * @param lastCheck empty before the first, and in a pool without checks
 * @param recent one number for each of the last 60 seconds, the newest last
 */
public record ServerStatistics(
        Activity activity,
        long tunnels,
        long dispatched,
        long connects,
        long reused,
        long connectErrors,
        long responseErrors,
        long retries,
        long redispatches,
        long checksFailed,
        long downs,
        Duration downTime,
        Optional<LastCheck> lastCheck,
        Recent recent) {

    public record LastCheck(CheckResult result, Instant at) {}

    /** Exchanges that ended and those of them that failed or had a 5xx, second by second; both of the same length. */
    public record Recent(List<Integer> requests, List<Integer> errors) {
        public Recent {
            requests = List.copyOf(requests);
            errors = List.copyOf(errors);
        }
    }
}
