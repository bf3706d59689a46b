package io.veza.edge.proxy;

import io.veza.edge.proxy.TrafficCounters.Count;
import io.veza.edge.proxy.TrafficCounters.Histogram;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The counts of one event loop for listeners, pools or servers, by their numbers. Written by that loop alone, a plain add
 * and an opaque store each, and read from anywhere.
 */
final class LoopCounts {

    private static final int COUNTS = Count.values().length;

    /** Of one exported histogram: its buckets, then the sum of its durations in nanoseconds. */
    private static final int HISTOGRAM = DurationBuckets.COUNT + 1;

    private static final int HISTOGRAMS = COUNTS + Durations.BUCKETS;
    private static final int STRIDE = HISTOGRAMS + Histogram.values().length * HISTOGRAM;
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    /** {@link #STRIDE} of them for each number; replaced when it grows. */
    private volatile long[] values = new long[STRIDE * 4];

    @SuppressWarnings("EnumOrdinal") // an index within this process
    void add(int id, Count what, long amount) {
        add(id * STRIDE + what.ordinal(), amount);
    }

    /** Counts a duration. */
    void took(int id, long nanos) {
        add(id * STRIDE + COUNTS + Durations.bucket(nanos), 1);
    }

    /** Counts a duration in one of the exported histograms. */
    void took(int id, Histogram histogram, long nanos) {
        int from = id * STRIDE + start(histogram);
        add(from + DurationBuckets.bucket(nanos), 1);
        add(from + DurationBuckets.COUNT, nanos);
    }

    @SuppressWarnings("EnumOrdinal")
    private static int start(Histogram histogram) {
        return HISTOGRAMS + histogram.ordinal() * HISTOGRAM;
    }

    private void add(int index, long amount) {
        long[] current = values;
        if (index >= current.length) {
            current = Arrays.copyOf(current, Math.max(current.length * 2, (index / STRIDE + 1) * STRIDE));
            values = current;
        }
        LONGS.setOpaque(current, index, current[index] + amount);
    }

    @SuppressWarnings("EnumOrdinal")
    long get(int id, Count what) {
        int index = id * STRIDE + what.ordinal();
        long[] current = values;
        return index < current.length ? (long) LONGS.getOpaque(current, index) : 0;
    }

    /** Adds what there is in each bucket of {@link Durations}. */
    void addDurations(int id, long[] sum) {
        add(id * STRIDE + COUNTS, sum);
    }

    /** Adds what there is in each bucket of an exported histogram, and after them the sum in nanoseconds. */
    void addHistogram(int id, Histogram histogram, long[] sum) {
        add(id * STRIDE + start(histogram), sum);
    }

    private void add(int from, long[] sum) {
        long[] current = values;
        if (from + sum.length <= current.length) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += (long) LONGS.getOpaque(current, from + i);
            }
        }
    }
}
