package io.veza.edge.proxy;

/**
 * The buckets of the exported histograms: a ladder of round numbers from 0.5 ms to 30 s, so that objectives lie on a bound.
 * Of {@link Durations} are the finer ones that percentiles are made of.
 */
public final class DurationBuckets {

    private static final long[] UPPER_NANOS = {
        500_000L,
        1_000_000L,
        2_500_000L,
        5_000_000L,
        10_000_000L,
        25_000_000L,
        50_000_000L,
        100_000_000L,
        250_000_000L,
        500_000_000L,
        1_000_000_000L,
        2_500_000_000L,
        5_000_000_000L,
        10_000_000_000L,
        30_000_000_000L
    };

    /** How many there are; the last one takes all that is longer than the ladder. */
    public static final int COUNT = UPPER_NANOS.length + 1;

    private DurationBuckets() {}

    /** The bucket of a duration in nanoseconds: the first whose upper bound is not below it. */
    static int bucket(long nanos) {
        int bucket = 0;
        while (bucket < UPPER_NANOS.length && nanos > UPPER_NANOS[bucket]) {
            bucket++;
        }
        return bucket;
    }

    /** Counts a duration in an array of {@link #COUNT} buckets and, after them, the sum in nanoseconds. */
    public static void count(long[] buckets, long nanos) {
        buckets[bucket(nanos)]++;
        buckets[COUNT] += nanos;
    }

    /** The upper bound of a bucket in seconds, inclusive; infinite for the last. */
    public static double upperSeconds(int bucket) {
        return bucket == UPPER_NANOS.length ? Double.POSITIVE_INFINITY : UPPER_NANOS[bucket] / 1e9;
    }
}
