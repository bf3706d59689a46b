package io.veza.edge;

import io.vertx.core.MultiMap;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/**
 * What every answer of the management address tells browsers: that it is no page, that no page may show it or read it, and
 * that it is what its type says. The console's own pages say what they need in place of that.
 */
final class ManagementHeaders {

    private static final String NO_PAGE =
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /** Before all routes: what fails and what is not there is answered too. */
    private static final int FIRST = Integer.MIN_VALUE;

    /** Quarkus' own pages for developers, which are there in dev mode alone. */
    private static final String DEV_PAGES = "/q/dev";

    private ManagementHeaders() {}

    static void register(Router router) {
        router.route().order(FIRST).handler(ManagementHeaders::add);
    }

    private static void add(RoutingContext request) {
        MultiMap headers = request.response()
                .headers()
                .set("X-Content-Type-Options", "nosniff")
                .set("Referrer-Policy", "no-referrer")
                .set("Cross-Origin-Resource-Policy", "same-origin");
        if (!request.normalizedPath().startsWith(DEV_PAGES)) {
            headers.set("Content-Security-Policy", NO_PAGE).set("X-Frame-Options", "DENY");
        }
        request.next();
    }
}
