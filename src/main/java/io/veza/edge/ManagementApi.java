package io.veza.edge;

import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.veza.edge.admin.ApiAccess;
import io.veza.edge.admin.ApiEndpoints;
import io.veza.edge.admin.ApiRoutes;
import io.veza.edge.admin.ApiTarget;
import io.veza.edge.admin.ApiView;
import io.veza.edge.admin.RuntimeApi;
import io.veza.edge.config.EdgeSettings;
import io.veza.edge.config.Secret;
import io.veza.edge.console.StatsPage;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.eclipse.microprofile.config.ConfigProvider;

/** Puts JSON API and console on the router of the management address. */
@ApplicationScoped
public class ManagementApi {

    /** Under the name that HAProxy's statistics page has it by. */
    private static final String CSV = "/stats;csv";

    private final EdgeLifecycle edge;
    private final RuntimeApiLifecycle runtime;
    private final ApiAccess access;
    private final ApiView view;

    ManagementApi(EdgeLifecycle edge, RuntimeApiLifecycle runtime) {
        this.edge = edge;
        this.runtime = runtime;
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
        api.guard(router, CSV);
        // Counting connections waits for the event loops, and this would be one of them.
        router.get(CSV).blockingHandler(this::csv, false);
    }

    private void csv(RoutingContext request) {
        Optional<String> rows = runtime.api().map(RuntimeApi::csv);
        request.response()
                .setStatusCode(rows.isPresent() ? 200 : 503)
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
                .end(rows.orElse("the edge does not run\n"));
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
