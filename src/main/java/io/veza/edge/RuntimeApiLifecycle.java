package io.veza.edge;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.SmallRyeConfig;
import io.veza.edge.admin.RuntimeApi;
import io.veza.edge.admin.RuntimeSocket;
import io.veza.edge.config.EdgeSettings;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Opens the admin socket once the edge runs, and removes it after the edge has stopped: an operator can watch it drain. */
@ApplicationScoped
public class RuntimeApiLifecycle {

    private static final Logger LOG = Logger.getLogger("io.veza.edge");

    /** After {@link EdgeLifecycle}, whose observers have the default of 2500. */
    private static final int AFTER_THE_EDGE = 3000;

    private final EdgeLifecycle edge;
    private final String version;
    private @Nullable RuntimeSocket socket;

    RuntimeApiLifecycle(EdgeLifecycle edge, @ConfigProperty(name = "quarkus.application.version") String version) {
        this.edge = edge;
        this.version = version;
    }

    void start(@Observes @Priority(AFTER_THE_EDGE) StartupEvent event) throws IOException {
        EdgeSettings settings = EdgeSettings.from(ConfigProvider.getConfig().unwrap(SmallRyeConfig.class));
        Optional<Path> path = settings.admin().socket();
        if (path.isPresent()) {
            RuntimeApi commands = new RuntimeApi(
                    edge.pools(),
                    edge.plane(),
                    edge.statistics(),
                    new RuntimeApi.EdgeProcess(version, settings.threads(), edge::isStopping),
                    edge);
            RuntimeSocket opened = RuntimeSocket.open(path.get(), commands);
            socket = opened;
            LOG.infof("runtime API on %s", opened.path());
        }
    }

    void stop(@Observes @Priority(AFTER_THE_EDGE) ShutdownEvent event) throws IOException {
        if (socket != null) {
            socket.close();
        }
    }
}
