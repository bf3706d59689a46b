package io.veza.edge.metrics;

import java.time.Duration;
import java.util.Optional;

/**
 * What passed through a listener, a pool or a server, since the start or since the counters were cleared.
 *
 * @param current connections of a listener, exchanges and tunnels of a pool or server, now
 * @param most the most there were at once
 * @param total how many there were
 * @param rate of new ones in the last second
 * @param mostRate in any one second
 * @param requests exchanges; the same as {@code total} but for a listener
 * @param requestRate in the last second
 * @param mostRequestRate in any one second
 * @param bytesIn from clients
 * @param bytesOut to clients
 * @param clientAborts exchanges that the client gave up
 * @param serverAborts exchanges that the server broke off
 * @param sinceLast since the last new one; empty if there was none
 */
public record Activity(
        long current,
        long most,
        long total,
        long rate,
        long mostRate,
        long requests,
        long requestRate,
        long mostRequestRate,
        long bytesIn,
        long bytesOut,
        Responses responses,
        long clientAborts,
        long serverAborts,
        Times times,
        Percentiles percentiles,
        Optional<Duration> sinceLast) {

    /** Responses by the hundreds of their status; {@code other} were ended without one. */
    public record Responses(long r1xx, long r2xx, long r3xx, long r4xx, long r5xx, long other) {}

    /** Averages over about the last 1,024 exchanges, as HAProxy's {@code qtime ctime rtime ttime}. */
    public record Times(Duration queue, Duration connect, Duration response, Duration total) {}

    /**
     * Of the time from the end of the request's head to that of the response's, a quarter too high at most. Older exchanges
     * fade: after ten seconds with traffic they count a tenth. Zero before the first.
     */
    public record Percentiles(Duration p50, Duration p95, Duration p99) {}
}
