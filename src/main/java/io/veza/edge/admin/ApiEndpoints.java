package io.veza.edge.admin;

import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.veza.edge.admin.ApiAccess.Intent;
import io.veza.edge.admin.ApiRoutes.Answer;
import io.veza.edge.admin.ApiRoutes.Endpoint;
import io.veza.edge.control.Command;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.proxy.OpenSession;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the JSON API answers, path by path. {@code openapi.json} describes each; a test holds the two together. */
public final class ApiEndpoints {

    private static final int MOST_SESSIONS = 10_000;
    private static final String SERVERS = "/api/pools/:pool/servers";
    private static final String SERVER = SERVERS + "/:server";

    private final Supplier<ApiTarget> edge;
    private final ApiView view;
    private final ConfigReload config;
    private final Buffer description;

    /** @param edge throws {@link ApiRoutes.NotRunning} before the start */
    public ApiEndpoints(Supplier<ApiTarget> edge, ApiView view, ConfigReload config) {
        this.edge = edge;
        this.config = config;
        this.view = view;
        this.description = description();
    }

    List<Endpoint> all() {
        return List.of(
                new Endpoint(GET, "/api/openapi.json", Intent.READ, r -> new Answer(200, description, "")),
                new Endpoint(GET, "/api/info", Intent.READ, r -> Answer.of(view.info())),
                new Endpoint(GET, "/api/listeners", Intent.READ, r -> Answer.of(JsonTraffic.listeners(edge.get()))),
                new Endpoint(GET, "/api/certificates", Intent.READ, r -> Answer.of(JsonCertificates.all(edge.get()))),
                new Endpoint(
                        GET,
                        "/api/pools",
                        Intent.READ,
                        r -> Answer.of(view.pools().all(edge.get()))),
                new Endpoint(GET, "/api/pools/:pool", Intent.READ, this::pool),
                new Endpoint(GET, SERVERS, Intent.READ, this::servers),
                new Endpoint(POST, SERVERS, Intent.WRITE, this::add),
                new Endpoint(GET, SERVER, Intent.READ, this::server),
                new Endpoint(DELETE, SERVER, Intent.WRITE, this::remove),
                new Endpoint(PUT, SERVER + "/state", Intent.WRITE, r -> command(r, JsonCommands::state)),
                new Endpoint(PUT, SERVER + "/weight", Intent.WRITE, r -> command(r, JsonCommands::weight)),
                new Endpoint(PUT, SERVER + "/health", Intent.WRITE, r -> command(r, JsonCommands::health)),
                new Endpoint(PUT, SERVER + "/checks", Intent.WRITE, r -> command(r, JsonCommands::checks)),
                new Endpoint(PUT, SERVER + "/address", Intent.WRITE, r -> command(r, JsonCommands::address)),
                new Endpoint(
                        PUT, SERVER + "/max-connections", Intent.WRITE, r -> command(r, JsonCommands::maxConnections)),
                new Endpoint(DELETE, SERVER + "/sessions", Intent.WRITE, this::cutServer),
                new Endpoint(GET, "/api/transitions", Intent.READ, this::transitions),
                new Endpoint(GET, "/api/sessions", Intent.READ_CLIENTS, this::sessions),
                new Endpoint(DELETE, "/api/sessions/:session", Intent.WRITE, this::cutSession),
                new Endpoint(
                        GET,
                        "/api/errors",
                        Intent.READ_CLIENTS,
                        r -> Answer.of(JsonTraffic.errors(edge.get().plane().errors()))),
                new Endpoint(POST, "/api/counters/clear", Intent.WRITE, this::clear),
                new Endpoint(POST, "/api/reload", Intent.WRITE, this::reload));
    }

    private static Buffer description() {
        try (InputStream in = Objects.requireNonNull(ApiEndpoints.class.getResourceAsStream("openapi.json"))) {
            return Buffer.buffer(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the path has in the place of {@code :name}. */
    private static String part(RoutingContext request, String name) {
        return Objects.requireNonNull(request.pathParam(name));
    }

    private PoolController poolOf(RoutingContext request) {
        return edge.get().pool(part(request, "pool"));
    }

    private static ServerEntry serverOf(RoutingContext request, PoolSnapshot snapshot) {
        return ApiTarget.server(snapshot, part(request, "server"));
    }

    private Answer pool(RoutingContext request) {
        return Answer.of(view.pools().pool(edge.get(), poolOf(request)));
    }

    private Answer servers(RoutingContext request) {
        return Answer.of(view.pools().servers(edge.get(), poolOf(request).snapshot()));
    }

    private Answer server(RoutingContext request) {
        PoolSnapshot snapshot = poolOf(request).snapshot();
        return Answer.of(view.pools().server(edge.get(), snapshot, serverOf(request, snapshot)));
    }

    private Answer command(RoutingContext request, BiFunction<String, @Nullable Buffer, Command> reading) {
        PoolController pool = poolOf(request);
        String server = serverOf(request, pool.snapshot()).server().name();
        return resulting(pool, JsonCommands.apply(pool, reading.apply(server, body(request))));
    }

    private static @Nullable Buffer body(RoutingContext request) {
        return request.body().buffer();
    }

    private Answer resulting(PoolController pool, ServerEntry entry) {
        return Answer.of(view.pools().server(edge.get(), pool.snapshot(), entry));
    }

    private Answer add(RoutingContext request) {
        PoolController pool = poolOf(request);
        Command.AddServer add = JsonCommands.server(body(request));
        Answer made = resulting(pool, JsonCommands.apply(pool, add));
        return new Answer(201, made.body(), "/api/pools/" + pool.name() + "/servers/" + add.server());
    }

    private Answer remove(RoutingContext request) {
        JsonCommands.remove(poolOf(request), part(request, "server"));
        return Answer.none(204);
    }

    /** 202: the event loops cut what runs on the server when it is their turn. */
    private Answer cutServer(RoutingContext request) {
        edge.get().plane().shutdownSessions(serverOf(request, poolOf(request).snapshot()));
        return Answer.none(202);
    }

    private Answer cutSession(RoutingContext request) {
        String id = part(request, "session");
        if (!id.matches("[0-9]{1,18}") || !edge.get().plane().shutdownSession(Long.parseLong(id))) {
            throw new ApiProblem(404, "there is no session of that id");
        }
        return Answer.none(204);
    }

    private Answer transitions(RoutingContext request) {
        String pool = request.request().getParam("pool");
        String server = request.request().getParam("server");
        List<ServerTransition> wanted = edge.get().statistics().transitions().stream()
                .filter(t -> pool == null || pool.equals(t.pool()))
                .filter(t -> server == null || server.equals(t.server().server().name()))
                .toList();
        return Answer.of(JsonTraffic.transitions(wanted));
    }

    private Answer sessions(RoutingContext request) {
        String pool = request.request().getParam("pool");
        String server = request.request().getParam("server");
        String limit = request.request().getParam("limit", "1000");
        if (!limit.matches("[1-9][0-9]{0,4}") || Integer.parseInt(limit) > MOST_SESSIONS) {
            throw ApiProblem.value("limit", limit, "must be a whole number in 1.." + MOST_SESSIONS);
        }
        JsonArray sessions = new JsonArray();
        edge.get().plane().sessions().stream()
                .filter(s -> pool == null || s.pool().filter(pool::equals).isPresent())
                .filter(s -> server == null || s.server().filter(server::equals).isPresent())
                .sorted((one, other) -> other.phaseAge().compareTo(one.phaseAge()))
                .limit(Integer.parseInt(limit))
                .map((OpenSession session) -> JsonTraffic.session(session))
                .forEach(sessions::add);
        return Answer.of(sessions);
    }

    private Answer clear(RoutingContext request) {
        boolean all = JsonFields.read(body(request), "all").flag("all", false);
        edge.get().statistics().clear(all);
        return Answer.none(204);
    }

    private Answer reload(RoutingContext request) {
        JsonFields.read(body(request));
        ConfigReload.Outcome outcome;
        try {
            outcome = config.reload("the JSON API");
        } catch (IllegalStateException e) {
            throw new ApiRoutes.NotRunning(e);
        }
        if (!outcome.isTaken()) {
            throw ApiProblem.configuration(outcome.wrong());
        }
        return Answer.of(new JsonObject().put("changes", new JsonArray(outcome.changes())));
    }
}
