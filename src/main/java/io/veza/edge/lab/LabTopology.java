package io.veza.edge.lab;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.BindException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Several lab servers in this process, each of which can be stopped and started by name: what {@code kill} and a restart
 * are to real processes. A server keeps its port over restarts and nothing else. Thread-safe.
 *
 * <p>Its control listener answers {@code GET /lab} with every server's address and whether it runs, and {@code POST
 * /lab/<name>/stop} and {@code POST /lab/<name>/start} with the same once done. Both may be repeated.
 */
public final class LabTopology {

    private static final Pattern COMMAND = Pattern.compile("/lab/([^/]+)/(stop|start)");

    /**
     * What the topology consists of.
     *
     * @param apiPorts one API server each, {@code backend-api-1} and so on; 0 for a free port
     * @param streamPorts one streamer each, {@code stream-srv-1} and so on
     * @param controlPort of the control listener
     */
    public record Layout(String host, List<Integer> apiPorts, List<Integer> streamPorts, int controlPort) {

        /** Two of each on the loopback address, as the profiles {@code dev} and {@code test} expect them. */
        public static final Layout DEFAULT = new Layout("127.0.0.1", List.of(8181, 8182), List.of(8282, 8283), 8180);

        public Layout {
            apiPorts = List.copyOf(apiPorts);
            streamPorts = List.copyOf(streamPorts);
        }
    }

    /** Makes a server that has this identity. */
    private interface Maker {
        LabServer make(LabServer.Identity identity);
    }

    /** One server's place; written on the topology's own event loop only. */
    private static final class Slot {
        private final String name;
        private final Maker maker;
        private volatile int port;
        private volatile @Nullable String deployment;
        private Future<Void> last = Future.succeededFuture();

        Slot(String name, int port, Maker maker) {
            this.name = name;
            this.port = port;
            this.maker = maker;
        }
    }

    /** The parent of all servers: undeploying it stops them, and deploying from its context is open to every caller. */
    private final class Parent extends AbstractVerticle {
        @Override
        public void start(Promise<Void> started) {
            control = vertx.createHttpServer(
                            new HttpServerOptions().setHost(layout.host()).setPort(layout.controlPort()))
                    .requestHandler(LabTopology.this::command);
            List<Future<?>> starts = new ArrayList<>();
            slots.keySet().forEach(name -> starts.add(LabTopology.this.start(name)));
            starts.add(control.listen());
            Future.join(starts).<Void>mapEmpty().onComplete(started);
        }

        Context home() {
            return context;
        }
    }

    private static final int REBINDS = 200;
    private static final long REBIND_AFTER_MS = 10;

    private final Vertx vertx;
    private final Layout layout;
    private final Map<String, Slot> slots = new LinkedHashMap<>();
    private final Parent parent = new Parent();
    private volatile @Nullable HttpServer control;

    private LabTopology(Vertx vertx, Layout layout) {
        this.vertx = vertx;
        this.layout = layout;
        add("backend-api-", layout.apiPorts(), ApiServer::new);
        add("stream-srv-", layout.streamPorts(), identity -> new StreamServer(identity, StreamServer.Shape.DEFAULT));
    }

    private void add(String prefix, List<Integer> ports, Maker maker) {
        for (int i = 0; i < ports.size(); i++) {
            String name = prefix + (i + 1);
            slots.put(name, new Slot(name, ports.get(i), maker));
        }
    }

    /** Starts all servers and the control listener; fails, with nothing left running, if one port can't be bound. */
    static Future<LabTopology> start(Vertx vertx, Layout layout) {
        LabTopology topology = new LabTopology(vertx, layout);
        return vertx.deployVerticle(topology.parent).map(topology);
    }

    /** The names of all servers, running or not. */
    public List<String> names() {
        return List.copyOf(slots.keySet());
    }

    /** The port of this server, the same over restarts. */
    public int port(String name) {
        return slot(name).port;
    }

    public int controlPort() {
        return Objects.requireNonNull(control, "not started").actualPort();
    }

    /** Whether this server takes connections. */
    public boolean running(String name) {
        return slot(name).deployment != null;
    }

    /** Starts the server unless it runs. */
    public Future<Void> start(String name) {
        return then(slot(name), slot -> {
            if (slot.deployment != null) {
                return Future.succeededFuture();
            }
            return deploy(slot, slot.port == 0 ? 0 : REBINDS);
        });
    }

    /**
     * A port that was closed just now may be taken for another moment: the JDK lets go of it only when the selector comes
     * round. So a bind that fails for that reason is repeated.
     */
    private Future<Void> deploy(Slot slot, int rebinds) {
        Consumer<LabServer> onExit = server -> stop(server.name());
        LabServer server = slot.maker.make(new LabServer.Identity(slot.name, layout.host(), slot.port, onExit));
        return vertx.deployVerticle(server)
                .<Void>map(deployment -> {
                    slot.port = server.port();
                    slot.deployment = deployment;
                    return null;
                })
                .recover(cause -> cause instanceof BindException && rebinds > 0
                        ? vertx.timer(REBIND_AFTER_MS, TimeUnit.MILLISECONDS)
                                .compose(later -> deploy(slot, rebinds - 1))
                        : Future.failedFuture(cause));
    }

    /** Stops the server unless it is stopped: its listener and all its connections close at once. */
    public Future<Void> stop(String name) {
        return then(slot(name), slot -> {
            String deployment = slot.deployment;
            if (deployment == null) {
                return Future.succeededFuture();
            }
            slot.deployment = null;
            return vertx.undeploy(deployment);
        });
    }

    /** Stops everything; the topology is of no use afterwards. */
    public Future<Void> close() {
        return vertx.undeploy(parent.deploymentID());
    }

    private interface Step {
        Future<Void> take(Slot slot);
    }

    /** Commands for one server run one after the other, in the order they were given. */
    private Future<Void> then(Slot slot, Step step) {
        Promise<Void> done = Promise.promise();
        parent.home().runOnContext(now -> {
            slot.last = slot.last.transform(before -> step.take(slot));
            slot.last.onComplete(done);
        });
        return done.future();
    }

    private Slot slot(String name) {
        Slot slot = slots.get(name);
        if (slot == null) {
            throw new IllegalArgumentException("no lab server \"" + name + "\"; there are " + slots.keySet());
        }
        return slot;
    }

    private void command(HttpServerRequest request) {
        Matcher command = COMMAND.matcher(request.path() == null ? "" : request.path());
        if (request.method().equals(HttpMethod.GET) && "/lab".equals(request.path())) {
            JsonObject all = new JsonObject();
            slots.values().forEach(slot -> all.put(slot.name, describe(slot)));
            answer(request, 200, all);
        } else if (request.method().equals(HttpMethod.POST)
                && command.matches()
                && slots.containsKey(command.group(1))) {
            String name = command.group(1);
            (command.group(2).equals("stop") ? stop(name) : start(name))
                    .onSuccess(done -> answer(request, 200, new JsonObject().put(name, describe(slot(name)))))
                    .onFailure(cause -> answer(request, 500, new JsonObject().put("error", cause.getMessage())));
        } else {
            answer(
                    request,
                    404,
                    new JsonObject().put("error", "GET /lab, POST /lab/<name>/stop|start for one of " + names()));
        }
    }

    private JsonObject describe(Slot slot) {
        return new JsonObject().put("address", layout.host() + ":" + slot.port).put("running", slot.deployment != null);
    }

    private static void answer(HttpServerRequest request, int status, JsonObject body) {
        request.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .end(body.toBuffer().appendString("\n"));
    }
}
