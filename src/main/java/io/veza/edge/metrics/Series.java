package io.veza.edge.metrics;

import io.veza.edge.proxy.Durations;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficCounters.Count;
import io.veza.edge.proxy.TrafficCounters.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The counts of one listener, pool or server over time: what came in the last second, what was most, what is usual.
 * Thread-safe.
 */
final class Series {

    /** Seconds of which single numbers are kept. */
    private static final int RECENT = 60;

    /** How many exchanges an average looks back on, as HAProxy's do (management manual 2.6, section 9.1). */
    private static final double WINDOW = 1024;

    /** What a second counts for in the percentiles against the next one: after ten seconds a tenth is left. */
    private static final double FADING = 0.8;

    private static final Count[] TIMES = {
        Count.QUEUE_NANOS, Count.CONNECT_NANOS, Count.RESPONSE_NANOS, Count.TOTAL_NANOS
    };

    private final Supplier<Collection<TrafficCounters>> counters;
    private final Scope scope;
    private final int id;
    private final Count sessions;

    /** What had been counted when the counters were cleared. */
    private final Map<Count, Long> base = new EnumMap<>(Count.class);

    /** What had been counted a second ago. */
    private final Map<Count, Long> previous = new EnumMap<>(Count.class);

    private final Deque<Integer> requests = new ArrayDeque<>();
    private final Deque<Integer> errors = new ArrayDeque<>();
    private final double[] averages = new double[TIMES.length];
    private final double[] durations = new double[Durations.BUCKETS];
    private long[] durationsBefore = new long[Durations.BUCKETS];
    private double averaged;
    private long rate;
    private long mostRate;
    private long requestRate;
    private long mostRequestRate;
    private long most;
    private @Nullable Instant last;

    Series(Supplier<Collection<TrafficCounters>> counters, Scope scope, int id) {
        this.counters = counters;
        this.scope = scope;
        this.id = id;
        this.sessions = switch (scope) {
            case LISTENER -> Count.CONNECTIONS_OPENED;
            case POOL -> Count.REQUESTS;
            case SERVER -> Count.DISPATCHED;
            case LOOP -> throw new IllegalArgumentException("an event loop has no sessions");
        };
    }

    private Count requested() {
        return scope == Scope.SERVER ? Count.DISPATCHED : Count.REQUESTS;
    }

    private long raw(Count what) {
        return TrafficCounters.sum(counters.get(), scope, id, what);
    }

    /** Since the start, or since the counters were cleared. */
    synchronized long count(Count what) {
        return raw(what) - base.getOrDefault(what, 0L);
    }

    /** Connections open now, whatever was cleared. */
    long open() {
        return raw(Count.CONNECTIONS_OPENED) - raw(Count.CONNECTIONS_CLOSED);
    }

    /** Tunnels open now, whatever was cleared. */
    long tunnels() {
        return raw(Count.TUNNELS_OPENED) - raw(Count.TUNNELS_CLOSED);
    }

    private long sinceSample(Count what) {
        long now = raw(what);
        Long before = previous.put(what, now);
        return now - (before == null ? 0 : before);
    }

    /** Takes the difference to the last call, a second ago. */
    synchronized void sample(Instant now, long current) {
        requestRate = sinceSample(requested());
        rate = sessions == requested() ? requestRate : sinceSample(sessions);
        mostRate = Math.max(mostRate, rate);
        mostRequestRate = Math.max(mostRequestRate, requestRate);
        most = Math.max(most, current);
        if (rate > 0) {
            last = now;
        }
        push(requests, sinceSample(Count.ENDED));
        push(errors, sinceSample(Count.ERRORS));
        average(sinceSample(Count.TIMED));
        fade();
    }

    private static void push(Deque<Integer> seconds, long amount) {
        if (seconds.size() == RECENT) {
            seconds.removeFirst();
        }
        seconds.addLast((int) Math.min(Integer.MAX_VALUE, amount));
    }

    /** Each new exchange takes the place of one in the window. */
    private void average(long timed) {
        double share = Math.min(1, timed / Math.min(WINDOW, averaged + timed));
        averaged = Math.min(WINDOW, averaged + timed);
        for (int i = 0; i < TIMES.length; i++) {
            long nanos = sinceSample(TIMES[i]);
            if (timed > 0) {
                averages[i] += share * ((double) nanos / timed - averages[i]);
            }
        }
    }

    private void fade() {
        long[] now = TrafficCounters.durations(counters.get(), scope, id);
        boolean any = false;
        for (int i = 0; i < now.length; i++) {
            any |= now[i] != durationsBefore[i];
        }
        if (any) {
            for (int i = 0; i < now.length; i++) {
                durations[i] = durations[i] * FADING + now[i] - durationsBefore[i];
            }
        }
        durationsBefore = now;
    }

    private Duration percentile(double fraction) {
        double all = 0;
        for (double count : durations) {
            all += count;
        }
        double sum = 0;
        for (int i = 0; i < durations.length && all > 0; i++) {
            sum += durations[i];
            if (sum >= all * fraction) {
                return Duration.ofNanos(Durations.upperNanos(i));
            }
        }
        return Duration.ZERO;
    }

    /**
     * @param current how many there are now
     * @param atMost the most there were at once where that is known better than from one look a second
     */
    synchronized Activity activity(long current, long atMost, Instant now) {
        return new Activity(
                current,
                Math.max(atMost, Math.max(most, current)),
                count(sessions),
                rate,
                mostRate,
                count(requested()),
                requestRate,
                mostRequestRate,
                count(Count.BYTES_IN),
                count(Count.BYTES_OUT),
                new Activity.Responses(
                        count(Count.RESPONSES_1XX),
                        count(Count.RESPONSES_2XX),
                        count(Count.RESPONSES_3XX),
                        count(Count.RESPONSES_4XX),
                        count(Count.RESPONSES_5XX),
                        count(Count.RESPONSES_OTHER)),
                count(Count.CLIENT_ABORTED),
                count(Count.SERVER_ABORTED),
                new Activity.Times(average(0), average(1), average(2), average(3)),
                new Activity.Percentiles(percentile(0.5), percentile(0.95), percentile(0.99)),
                Optional.ofNullable(last).map(then -> Duration.between(then, now)));
    }

    private Duration average(int index) {
        return Duration.ofNanos((long) averages[index]);
    }

    synchronized ServerStatistics.Recent recent() {
        return new ServerStatistics.Recent(List.copyOf(requests), List.copyOf(errors));
    }

    /** Sets the maxima to the present, and with {@code all} the counts to zero. */
    synchronized void clear(boolean all, long current) {
        most = current;
        mostRate = rate;
        mostRequestRate = requestRate;
        if (all) {
            for (Count what : Count.values()) {
                base.put(what, raw(what));
            }
        }
    }
}
