package io.veza.edge.metrics;

import io.veza.edge.control.PoolSnapshot;
import java.time.Duration;
import java.time.Instant;

/** Whether a pool has a server for new sessions, since when, and how often and how long it had none. Thread-safe. */
final class PoolAvailability {

    private boolean up;
    private Instant since;
    private Instant downFrom;
    private long downs;
    private Duration down = Duration.ZERO;

    /** Whether a server takes new sessions. */
    static boolean isUp(PoolSnapshot pool) {
        return pool.entries().stream().anyMatch(entry -> entry.effectiveWeight() > 0);
    }

    PoolAvailability(boolean up, Instant now) {
        this.up = up;
        this.since = now;
        this.downFrom = now;
    }

    synchronized void is(boolean now, Instant at) {
        if (now == up) {
            return;
        }
        up = now;
        since = at;
        if (now) {
            down = down.plus(Duration.between(downFrom, at));
        } else {
            downs++;
            downFrom = at;
        }
    }

    synchronized boolean isUp() {
        return up;
    }

    synchronized Instant since() {
        return since;
    }

    synchronized long downs() {
        return downs;
    }

    synchronized Duration downTime(Instant now) {
        return up ? down : down.plus(Duration.between(downFrom, now));
    }

    synchronized void clear(Instant now) {
        downs = 0;
        down = Duration.ZERO;
        downFrom = now;
    }
}
