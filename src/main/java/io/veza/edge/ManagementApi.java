package io.veza.edge;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.ext.web.Router;
import io.veza.edge.admin.ApiAccess;
import io.veza.edge.admin.ApiEndpoints;
import io.veza.edge.admin.ApiRoutes;
import io.veza.edge.admin.ApiTable;
import io.veza.edge.admin.ApiTarget;
import io.veza.edge.admin.ApiView;
import io.veza.edge.admin.RuntimeApi;
import io.veza.edge.config.EdgeSettings;
import io.veza.edge.config.Secret;
import io.veza.edge.console.StatsPage;
import io.veza.edge.pool.ServerAddress;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Puts JSON API and console on the router of the management address. */
@ApplicationScoped
public class ManagementApi {

    private static final Logger LOG = Logger.getLogger("io.veza.edge");

    /** After {@link EdgeLifecycle}, whose observers have the default of 2500. */
    private static final int AFTER_THE_EDGE = 3000;

    private final EdgeLifecycle edge;
    private final String host;
    private final ApiAccess access;
    private final RuntimeApi.EdgeProcess process;
    private final ApiView view;
    private volatile @Nullable ApiTable table;

    ManagementApi(EdgeLifecycle edge) {
        this.edge = edge;
        SmallRyeConfig config = ConfigProvider.getConfig().unwrap(SmallRyeConfig.class);
        this.host = config.getValue("quarkus.http.host", String.class);
        EdgeSettings settings = EdgeSettings.from(config);
        this.access =
                new ApiAccess(host, isLoopback(host), settings.admin().token().map(Secret::value));
        this.process = new RuntimeApi.EdgeProcess(
                config.getValue("quarkus.application.version", String.class), settings.threads(), edge::isStopping);
        this.view = new ApiView(this::target, process, access);
    }

    void started(
            @Observes @Priority(AFTER_THE_EDGE) StartupEvent event,
            LaunchMode mode,
            @ConfigProperty(name = "quarkus.http.port") int port) {
        table = new ApiTable(edge.pools(), edge.plane(), edge.statistics(), process);
        // In production the address is known to who configured it; in dev mode it is one line to click on.
        if (mode == LaunchMode.DEVELOPMENT) {
            ServerAddress at = new ServerAddress(host, port);
            LOG.infof("console on http://%s/stats, metrics on http://%s/metrics", at, (Object) at);
        }
    }

    private String csv() {
        ApiTable made = table;
        if (made == null) {
            throw new ApiRoutes.NotRunning(new IllegalStateException("the edge has not started"));
        }
        return made.csv();
    }

    /** A name that means nothing here cannot be bound either; until that is found out, nobody may write. */
    static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    void routes(@Observes Router router) {
        ManagementHeaders.register(router);
        ApiRoutes api = new ApiRoutes(access, new ApiEndpoints(this::target, view, edge));
        api.register(router);
        StatsPage.register(router, api, this::csv);
    }

    private ApiTarget target() {
        try {
            return new ApiTarget(edge.pools().all(), edge.plane(), edge.statistics());
        } catch (IllegalStateException e) {
            throw new ApiRoutes.NotRunning(e);
        }
    }

    @Produces
    @Singleton
    ApiAccess access() {
        return access;
    }

    @Produces
    @Singleton
    ApiView view() {
        return view;
    }
}
