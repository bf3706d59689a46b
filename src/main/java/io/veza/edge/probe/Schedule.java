package io.veza.edge.probe;

import java.time.Duration;

/**
 * When the next check or look-up is due, as arithmetic over 64 random bits. Without jitter the servers of a pool, and
 * the edges of a fleet, would be checked in step for ever after one common start.
 */
final class Schedule {

    /** A fresh process should know its servers soon, whatever the interval. */
    private static final Duration FIRST_WITHIN = Duration.ofSeconds(1);

    /** Widest deviation from the interval, to either side, so that it holds on average. */
    private static final double JITTER = 0.05;

    private Schedule() {}

    /** The delay before a first check: anywhere in the interval, but within a second. */
    static Duration first(Duration interval, long random) {
        Duration span = interval.compareTo(FIRST_WITHIN) < 0 ? interval : FIRST_WITHIN;
        return Duration.ofNanos((long) (span.toNanos() * fraction(random)));
    }

    /** The delay after something that took so long: intervals count from start to start, a twentieth more or less. */
    static Duration next(Duration interval, Duration took, long random) {
        double factor = 1 - JITTER + 2 * JITTER * fraction(random);
        Duration rest = Duration.ofNanos((long) (interval.toNanos() * factor)).minus(took);
        return rest.isNegative() ? Duration.ZERO : rest;
    }

    /** The upper 53 bits as a number in [0, 1): as many as a double holds. */
    private static double fraction(long random) {
        return (random >>> 11) * 0x1.0p-53;
    }
}
