package io.veza.edge.console;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.veza.edge.admin.ApiRoutes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.function.Supplier;

/** The page's files on the router. They ask for nothing from elsewhere, and the policy sent with them forbids it. */
public final class StatsPage {

    /**
     * Nothing but its own files and its own address; no script or style within the page; nobody may frame it, and nothing
     * that it shows can become markup.
     */
    static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
            + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            + " require-trusted-types-for 'script'; trusted-types 'none'";

    /** As HAProxy's page has it, with the suffix that some pollers add. */
    private static final String CSV = "/stats;csv(;norefresh)?";

    private StatsPage() {}

    /**
     * Adds {@code /stats}, its files and {@code /stats;csv}.
     *
     * @param csv makes the table, on a worker thread
     */
    public static void register(Router router, ApiRoutes guard, Supplier<String> csv) {
        guard.guard(router.routeWithRegex(CSV));
        router.routeWithRegex(HttpMethod.GET, CSV)
                .blockingHandler(
                        request -> request.response()
                                .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
                                .end(csv.get()),
                        false);
        guard.guard(router.route("/stats/*"));
        serve(router, "/stats", "stats.html", "text/html; charset=utf-8");
        serve(router, "/stats/stats.css", "stats.css", "text/css; charset=utf-8");
        serve(router, "/stats/stats.js", "stats.js", "text/javascript; charset=utf-8");
        serve(router, "/stats/icon.svg", "icon.svg", "image/svg+xml");
    }

    private static void serve(Router router, String path, String file, String type) {
        Buffer content = read(file);
        router.route(path)
                .method(HttpMethod.GET)
                .method(HttpMethod.HEAD)
                .handler(request -> answer(request, content, type));
    }

    private static void answer(RoutingContext request, Buffer content, String type) {
        HttpServerResponse response = request.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, type)
                .putHeader("Content-Security-Policy", POLICY)
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("X-Frame-Options", "DENY");
        response.end(content);
    }

    private static Buffer read(String file) {
        try (InputStream in = Objects.requireNonNull(StatsPage.class.getResourceAsStream(file))) {
            return Buffer.buffer(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
