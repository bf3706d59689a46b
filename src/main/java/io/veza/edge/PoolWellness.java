package io.veza.edge;

import io.smallrye.health.api.Wellness;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.ServerEntry;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * Well is an edge of which every pool has a server for new sessions. No part of readiness: an edge that is taken away
 * because a pool is down cannot serve the other pools either.
 */
@Wellness
@ApplicationScoped
public class PoolWellness implements HealthCheck {

    private final EdgeLifecycle edge;

    PoolWellness(EdgeLifecycle edge) {
        this.edge = edge;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder pools = HealthCheckResponse.named("pools");
        boolean well = true;
        for (PoolController pool : edge.pools().all()) {
            long usable = 0;
            for (ServerEntry entry : pool.snapshot().entries()) {
                usable += entry.effectiveWeight() > 0 ? 1 : 0;
                pools.withData(
                        pool.name() + "/" + entry.server().name(), entry.state().label());
            }
            pools.withData(pool.name(), usable);
            well &= usable > 0;
        }
        return pools.status(well).build();
    }
}
