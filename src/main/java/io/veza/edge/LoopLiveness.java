package io.veza.edge;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Alive is an edge whose event loops all turn. One that hangs holds its connections for ever: only a restart helps. */
@Liveness
@ApplicationScoped
public class LoopLiveness implements HealthCheck {

    /** Far above any pause that passes by itself, as it is a reason to be killed for. */
    private static final Duration HANGS = Duration.ofSeconds(30);

    private final EdgeLifecycle edge;

    LoopLiveness(EdgeLifecycle edge) {
        this.edge = edge;
    }

    @Override
    public HealthCheckResponse call() {
        Duration longest =
                edge.address().isEmpty() ? Duration.ZERO : edge.plane().longestStandstill();
        return HealthCheckResponse.named("event loops")
                .status(longest.compareTo(HANGS) < 0)
                .withData("standstill-ms", longest.toMillis())
                .build();
    }
}
