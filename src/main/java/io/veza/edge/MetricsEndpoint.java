package io.veza.edge;

import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.vertx.ext.web.Router;
import io.veza.edge.metrics.EdgeCollector;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;

/** Puts the edge's own metrics beside Micrometer's, and both at {@code /metrics} as well as at Quarkus' {@code /q/metrics}. */
@ApplicationScoped
public class MetricsEndpoint {

    private static final String QUARKUS_PATH = "/q/metrics";

    private final EdgeLifecycle edge;

    MetricsEndpoint(EdgeLifecycle edge) {
        this.edge = edge;
    }

    /** The registry that Micrometer's Prometheus registry writes into, in the place of one that Quarkus would make. */
    @Produces
    @Singleton
    CollectorRegistry registry() {
        CollectorRegistry registry = new CollectorRegistry(true);
        new Collector() {
            @Override
            public List<MetricFamilySamples> collect() {
                return edge.collector().map(EdgeCollector::collect).orElse(List.of());
            }
        }.register(registry);
        return registry;
    }

    void route(@Observes Router router) {
        router.get("/metrics").handler(context -> context.reroute(QUARKUS_PATH));
    }
}
