package io.veza.edge.metrics;

import java.time.Duration;
import java.time.Instant;

/**
 * What is counted for one pool. What a listener refuses before a route is found is not in here.
 *
 * @param tunnels open now
 * @param queued exchanges that wait for a place now
 * @param mostQueued the most there were at once
 * @param refused exchanges that got no server: none usable, the queue full or too slow
 * @param up whether any server takes new sessions
 * @param upSince when {@code up} last changed, or the start
 * @param downs how often the last usable server was lost
 * @param downTime how long there was none in all, the present time included
 */
public record PoolStatistics(
        Activity activity,
        long tunnels,
        long queued,
        long mostQueued,
        long refused,
        long connectErrors,
        long responseErrors,
        long retries,
        long redispatches,
        boolean up,
        Instant upSince,
        long downs,
        Duration downTime,
        ServerStatistics.Recent recent) {}
