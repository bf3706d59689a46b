package io.veza.edge.health;

import java.time.Duration;
import java.time.Instant;

/**
 * How a drain ends that has a deadline.
 *
 * @param deadline by when nothing may be left of the server's sessions
 * @param holdersStay whether holders of the server's sticky cookie are still served; never after the deadline
 * @param thenMaintenance whether the server goes into maintenance at the deadline
 */
public record Drain(Instant deadline, boolean holdersStay, boolean thenMaintenance) {

    /** Whether the deadline has come and something is left to be done about it. */
    boolean isDue(Instant now) {
        return !now.isBefore(deadline) && (holdersStay || thenMaintenance);
    }

    Drain withoutHolders() {
        return new Drain(deadline, false, false);
    }

    /** The time left, zero after the deadline. */
    public Duration remaining(Instant now) {
        return now.isBefore(deadline) ? Duration.between(now, deadline) : Duration.ZERO;
    }
}
