package io.veza.edge.lab;

import java.time.Duration;

/**
 * A histogram of durations in log-linear buckets: 32 to each power of two, so a percentile is at most 1/32 too high. Not
 * thread-safe.
 *
 * <p>Below 64 ns a bucket is a nanosecond wide; 100 ns (binary 1100100) lies in the bucket of those whose first six
 * bits are 110010, which is 100..101.
 */
final class Latencies {

    private static final int SUB_BITS = 5;

    private final long[] buckets = new long[(Long.SIZE - SUB_BITS) << SUB_BITS];
    private long count;

    void record(Duration duration) {
        buckets[bucket(Math.max(0, duration.toNanos()))]++;
        count++;
    }

    void addAll(Latencies other) {
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] += other.buckets[i];
        }
        count += other.count;
    }

    /** What the given share (0 to 1) of the durations did not exceed; zero without any. */
    Duration percentile(double share) {
        long wanted = Math.max(1, (long) Math.ceil(share * count));
        long seen = 0;
        for (int i = 0; i < buckets.length; i++) {
            seen += buckets[i];
            if (seen >= wanted) {
                return Duration.ofNanos(largestIn(i));
            }
        }
        return Duration.ZERO;
    }

    private static int bucket(long nanos) {
        int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(nanos) - SUB_BITS - 1);
        return (shift << SUB_BITS) + (int) (nanos >>> shift);
    }

    private static long largestIn(int bucket) {
        int shift = Math.max(0, (bucket >> SUB_BITS) - 1);
        long leading = bucket - ((long) shift << SUB_BITS);
        return (leading << shift) + (1L << shift) - 1;
    }
}
