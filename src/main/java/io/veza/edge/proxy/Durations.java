package io.veza.edge.proxy;

/**
 * The buckets that durations are counted in: four for each doubling from 64 µs up to 69 s, so that a percentile read from
 * them is at most a quarter too high. For example 100 µs falls into the bucket from 96 µs to below 112 µs.
 */
public final class Durations {

    /** How many buckets there are; the first takes all that is shorter, the last all that is longer. */
    public static final int BUCKETS = 82;

    private static final int FIRST_SHIFT = 16;

    private Durations() {}

    /** The bucket of a duration in nanoseconds. */
    static int bucket(long nanos) {
        int doubling = 63 - Long.numberOfLeadingZeros(nanos | 1);
        if (doubling < FIRST_SHIFT) {
            return 0;
        }
        int quarter = (int) (nanos >>> (doubling - 2)) & 3;
        return Math.min(BUCKETS - 1, (doubling - FIRST_SHIFT) * 4 + quarter + 1);
    }

    /** The upper end of a bucket in nanoseconds, exclusive; of the last one the lower end. */
    public static long upperNanos(int bucket) {
        if (bucket == 0) {
            return 1L << FIRST_SHIFT;
        }
        int next = Math.min(bucket, BUCKETS - 2);
        int doubling = FIRST_SHIFT + next / 4;
        return (4L + next % 4) << (doubling - 2);
    }
}
