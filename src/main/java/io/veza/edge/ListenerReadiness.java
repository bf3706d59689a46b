package io.veza.edge;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready is an edge whose listener is bound and that is not on its way down. */
@Readiness
@ApplicationScoped
public class ListenerReadiness implements HealthCheck {

    private final EdgeLifecycle edge;

    ListenerReadiness(EdgeLifecycle edge) {
        this.edge = edge;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("listener")
                .status(edge.address().isPresent() && !edge.isStopping())
                .withData("stopping", edge.isStopping())
                .build();
    }
}
