package io.veza.edge.metrics;

import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficCounters.Count;
import io.veza.edge.proxy.TrafficCounters.Histogram;
import io.veza.edge.proxy.TrafficCounters.Scope;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;

/** The counts of one listener, pool or server, folded over the event loops when asked for. */
record Counted(Collection<TrafficCounters> loops, Scope scope, int id) {

    private static final Map<String, Count> CODES = Map.of(
            "1xx", Count.RESPONSES_1XX,
            "2xx", Count.RESPONSES_2XX,
            "3xx", Count.RESPONSES_3XX,
            "4xx", Count.RESPONSES_4XX,
            "5xx", Count.RESPONSES_5XX,
            "other", Count.RESPONSES_OTHER);

    long of(Count what) {
        return TrafficCounters.sum(loops, scope, id, what);
    }

    /** Begun and not over: what is open now. Never below zero, though the two are read one after the other. */
    long open(Count begun, Count over) {
        long ended = of(over);
        return Math.max(0, of(begun) - ended);
    }

    /** What there is in each bucket, and after them the sum in nanoseconds. */
    long[] histogram(Histogram histogram) {
        return TrafficCounters.histogram(loops, scope, id, histogram);
    }

    /** Failures by reason, those that have happened. */
    Map<String, Long> failures() {
        return TrafficCounters.failures(loops, scope, id);
    }

    /** Adds requests by code and bytes by direction; their last label is that. */
    void traffic(Families families, Metric requests, Metric bytes, String... labels) {
        CODES.forEach((code, count) -> families.add(requests, of(count), with(labels, code)));
        families.add(bytes, of(Count.BYTES_IN), with(labels, "in"));
        families.add(bytes, of(Count.BYTES_OUT), with(labels, "out"));
    }

    private static String[] with(String[] labels, String last) {
        String[] longer = Arrays.copyOf(labels, labels.length + 1);
        longer[labels.length] = last;
        return longer;
    }
}
