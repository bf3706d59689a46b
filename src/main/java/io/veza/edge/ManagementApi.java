package io.veza.edge;

import io.smallrye.config.SmallRyeConfig;
import io.vertx.ext.web.Router;
import io.veza.edge.admin.ApiAccess;
import io.veza.edge.admin.ApiEndpoints;
import io.veza.edge.admin.ApiRoutes;
import io.veza.edge.admin.ApiTarget;
import io.veza.edge.admin.ApiView;
import io.veza.edge.config.EdgeSettings;
import io.veza.edge.config.Secret;
import io.veza.edge.console.StatsPage;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.eclipse.microprofile.config.ConfigProvider;

/** Puts JSON API and console on the router of the management address. */
@ApplicationScoped
public class ManagementApi {

    private final EdgeLifecycle edge;
    private final ApiAccess access;
    private final ApiView view;

    ManagementApi(EdgeLifecycle edge) {
        this.edge = edge;
        SmallRyeConfig config = ConfigProvider.getConfig().unwrap(SmallRyeConfig.class);
        String host = config.getValue("quarkus.http.host", String.class);
        this.access = new ApiAccess(
                host,
                isLoopback(host),
                EdgeSettings.from(config).admin().token().map(Secret::value));
        this.view = new ApiView(this::target, config.getValue("quarkus.application.version", String.class), access);
    }

    /** A name that means nothing here cannot be bound either; until that is found out, nobody may write. */
    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    void routes(@Observes Router router) {
        ApiRoutes api = new ApiRoutes(access, new ApiEndpoints(this::target, view));
        api.register(router);
        StatsPage.register(router, api);
    }

    private ApiTarget target() {
        try {
            return new ApiTarget(edge.pools(), edge.plane(), edge.statistics());
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
