package io.veza.edge.admin;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * The JSON API on the management address's router: checks who asks, bounds the body, has the endpoint answer on a worker
 * thread, never on the event loops, which carry traffic, and answers everything that went wrong with a problem document.
 */
public final class ApiRoutes {

    /** No body of the API comes near it. */
    static final int LARGEST_BODY = 64 * 1024;

    private static final Logger LOG = Logger.getLogger(ApiRoutes.class);
    private static final String ALLOW = "api.allow";

    /** One method of one path. */
    record Endpoint(HttpMethod method, String path, ApiAccess.Intent intent, Call call) {}

    /** Answers, on a worker thread, or throws an {@link ApiProblem}. */
    @FunctionalInterface
    interface Call {
        Answer answer(RoutingContext request);
    }

    /** @param location of what was made, or empty */
    record Answer(int status, Buffer body, String location) {
        static Answer of(JsonObject body) {
            return new Answer(200, body.toBuffer(), "");
        }

        static Answer of(JsonArray body) {
            return new Answer(200, body.toBuffer(), "");
        }

        static Answer none(int status) {
            return new Answer(status, Buffer.buffer(), "");
        }
    }

    private final ApiAccess access;
    private final List<Endpoint> endpoints;

    public ApiRoutes(ApiAccess access, ApiEndpoints endpoints) {
        this.access = access;
        this.endpoints = endpoints.all();
    }

    /** Adds the routes below {@code /api}. */
    public void register(Router router) {
        guard(router.route("/api/*"));
        Map<String, List<String>> allowed = new LinkedHashMap<>();
        for (Endpoint endpoint : endpoints) {
            allowed.computeIfAbsent(endpoint.path(), path -> new ArrayList<>()).addAll(methods(endpoint));
            register(router, endpoint);
        }
        allowed.forEach((path, methods) -> router.route(path).handler(context -> {
            context.put(ALLOW, String.join(", ", methods));
            throw ApiProblem.method(context.request().method().name(), methods);
        }));
        router.route("/api/*").handler(context -> {
            throw new ApiProblem(404, "there is nothing at this path; GET /api/openapi.json says what there is");
        });
    }

    /** Has a route answer those only who may read, and refuse with problem documents. */
    public void guard(Route route) {
        route.handler(this::guarded).failureHandler(ApiRoutes::failed);
    }

    /** Each step is a route of its own: Vert.x wants a body's handler to be the first of its route. */
    private void register(Router router, Endpoint endpoint) {
        Supplier<Route> step = () -> {
            Route route = router.route(endpoint.path());
            methods(endpoint).forEach(method -> route.method(HttpMethod.valueOf(method)));
            return route;
        };
        step.get().handler(context -> check(context, endpoint.intent()));
        if (takesBody(endpoint)) {
            step.get().handler(ApiRoutes::checkType);
            step.get().handler(BodyHandler.create(false).setBodyLimit(LARGEST_BODY));
        }
        step.get().blockingHandler(answering(endpoint), false);
    }

    private static List<String> methods(Endpoint endpoint) {
        return endpoint.method().equals(HttpMethod.GET)
                ? List.of("GET", "HEAD")
                : List.of(endpoint.method().name());
    }

    private static boolean takesBody(Endpoint endpoint) {
        return endpoint.method().equals(HttpMethod.PUT) || endpoint.method().equals(HttpMethod.POST);
    }

    private void guarded(RoutingContext context) {
        context.response()
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .putHeader("X-Content-Type-Options", "nosniff");
        check(context, ApiAccess.Intent.READ);
    }

    private void check(RoutingContext context, ApiAccess.Intent intent) {
        access.check(intent, context.request().authority(), context.request().headers());
        context.next();
    }

    private static void checkType(RoutingContext context) {
        String type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        String media = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (!media.equals("application/json")) {
            throw new ApiProblem(415, "the body must come with \"Content-Type: application/json\"");
        }
        context.next();
    }

    private static Handler<RoutingContext> answering(Endpoint endpoint) {
        return context -> {
            Answer answer = endpoint.call().answer(context);
            HttpServerResponse response = context.response().setStatusCode(answer.status());
            if (!answer.location().isEmpty()) {
                response.putHeader(HttpHeaders.LOCATION, answer.location());
            }
            if (answer.body().length() > 0) {
                response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
            }
            response.end(answer.body());
        };
    }

    private static void failed(RoutingContext context) {
        if (context.response().ended()) {
            return;
        }
        ApiProblem problem = problem(context);
        HttpServerResponse response = context.response()
                .setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, ApiProblem.CONTENT_TYPE);
        String allow = context.get(ALLOW);
        if (allow != null) {
            response.putHeader(HttpHeaders.ALLOW, allow);
        }
        if (problem.status() == 401) {
            response.putHeader("WWW-Authenticate", "Bearer realm=\"veza-edge\"");
        }
        if (!context.request().isEnded()) {
            // What is left of the body was never asked for.
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        response.end(problem.document().toBuffer());
    }

    private static ApiProblem problem(RoutingContext context) {
        Throwable failure = context.failure();
        if (failure instanceof ApiProblem problem) {
            return problem;
        }
        if (context.statusCode() == 413) {
            return new ApiProblem(413, "the body is longer than " + LARGEST_BODY + " bytes");
        }
        if (context.statusCode() == 400) {
            return new ApiProblem(400, "the request is not well formed");
        }
        if (failure instanceof NotRunning || failure instanceof RejectedExecutionException) {
            return new ApiProblem(503, "the edge is starting or stopping");
        }
        LOG.errorf(
                failure,
                "%s %s failed",
                context.request().method(),
                context.request().path());
        return new ApiProblem(500, "the edge failed to answer; its log says why");
    }

    /** There is nothing to ask: the edge has not started. */
    public static final class NotRunning extends RuntimeException {
        public NotRunning(Throwable cause) {
            super(cause);
        }
    }
}
