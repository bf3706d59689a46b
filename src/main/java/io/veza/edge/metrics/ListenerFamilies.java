package io.veza.edge.metrics;

import io.veza.edge.proxy.ConnectionRefusal;
import io.veza.edge.proxy.ExchangeFailure;
import io.veza.edge.proxy.Listener;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficCounters.Count;
import io.veza.edge.proxy.TrafficCounters.Histogram;
import io.veza.edge.proxy.TrafficPlane;
import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.HandshakeFailure;
import io.veza.edge.tls.Reloads;
import io.veza.edge.tls.ServerCertificate;
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
        Certificates certificates = listener.settings().certificates();
        if (certificates != null) {
            add(families, counted, name, certificates);
        }
    }

    private static void add(Families families, Counted counted, String listener, Certificates certificates) {
        families.add(Metric.LISTENER_HANDSHAKES, counted.of(Count.HANDSHAKES_TLS_1_2), listener, "1.2");
        families.add(Metric.LISTENER_HANDSHAKES, counted.of(Count.HANDSHAKES_TLS_1_3), listener, "1.3");
        for (HandshakeFailure failure : HandshakeFailure.values()) {
            families.add(
                    Metric.LISTENER_HANDSHAKES_FAILED,
                    counted.of(TrafficCounters.handshakesFailedBy(failure)),
                    listener,
                    failure.reason());
        }
        families.add(Metric.LISTENER_SESSIONS_RESUMED, certificates.resumed(), listener);
        for (ServerCertificate certificate : certificates.all()) {
            families.add(
                    Metric.LISTENER_CERTIFICATE_EXPIRY_TIMESTAMP_SECONDS,
                    certificate.notAfter().getEpochSecond(),
                    listener,
                    certificate.file());
        }
        certificates.revocations().ifPresent(lists -> lists.nextUpdate()
                .ifPresent(end -> families.add(
                        Metric.LISTENER_CRL_NEXT_UPDATE_TIMESTAMP_SECONDS,
                        end.getEpochSecond(),
                        listener,
                        lists.file().toString())));
        families.add(Metric.LISTENER_OCSP_RESPONSES, certificates.ocspTaken(), listener, "taken");
        families.add(Metric.LISTENER_OCSP_RESPONSES, certificates.ocspRefused(), listener, "refused");
        Reloads reloads = certificates.reloads();
        families.add(Metric.LISTENER_CERTIFICATE_RELOADS, reloads.succeeded(), listener, "taken");
        families.add(Metric.LISTENER_CERTIFICATE_RELOADS, reloads.failed(), listener, "refused");
        families.add(
                Metric.LISTENER_CERTIFICATE_RELOAD_TIMESTAMP_SECONDS,
                reloads.last().toEpochMilli() / 1e3,
                listener);
        families.add(
                Metric.LISTENER_CERTIFICATE_FILES_REFUSED, reloads.refused().size(), listener);
    }
}
