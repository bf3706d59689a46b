package io.veza.edge.metrics;

import io.veza.edge.proxy.ConnectionRefusal;
import io.veza.edge.proxy.ExchangeFailure;
import io.veza.edge.proxy.Listener;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficCounters.Count;
import io.veza.edge.proxy.TrafficCounters.Histogram;
import io.veza.edge.proxy.TrafficPlane;
import java.util.Map;

/** The metrics of one listener. */
final class ListenerFamilies {

    private ListenerFamilies() {}

    static void add(Families families, Counted counted, Listener listener, TrafficPlane plane) {
        String name = listener.name();
        families.add(
                Metric.LISTENER_CONNECTIONS_OPEN,
                counted.open(Count.CONNECTIONS_OPENED, Count.CONNECTIONS_CLOSED),
                name);
        families.add(Metric.LISTENER_CONNECTIONS_LIMIT, plane.maxConnections(), name);
        families.add(Metric.LISTENER_CONNECTIONS, counted.of(Count.CONNECTIONS_OPENED), name);
        for (ConnectionRefusal refusal : ConnectionRefusal.values()) {
            families.add(
                    Metric.LISTENER_CONNECTIONS_REFUSED,
                    counted.of(TrafficCounters.refusedFor(refusal)),
                    name,
                    refusal.reason());
        }
        counted.traffic(families, Metric.LISTENER_REQUESTS, Metric.LISTENER_BYTES, name);
        families.add(Metric.LISTENER_REQUESTS_IN_FLIGHT, counted.open(Count.REQUESTS, Count.ENDED), name);
        families.histogram(Metric.LISTENER_REQUEST_DURATION_SECONDS, counted.histogram(Histogram.REQUEST), name);
        Map<String, Long> failures = counted.failures();
        for (String reason : ExchangeFailure.reasons()) {
            families.add(Metric.LISTENER_REFUSALS, failures.getOrDefault(reason, 0L), name, reason);
        }
    }
}
