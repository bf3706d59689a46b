package io.veza.edge.lab;

import io.netty.channel.Channel;
import io.netty.channel.socket.SocketChannelConfig;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One lab server: a listener, its fault and its counters; what it serves is the subclass's. It is a verticle, so all of
 * its state belongs to one event loop, and a server that is started again is a new one with nothing remembered.
 *
 * <p>Every answer carries {@code X-Served-By: <name>}. Besides what the subclass serves there are {@code GET /metrics}
 * (Prometheus text) and {@code /fault}: {@code POST /fault?kind=slow&ms=800} switches a {@link Fault} on, {@code
 * DELETE} off, {@code GET} tells it. Faults never strike {@code /fault} itself.
 */
abstract class LabServer extends AbstractVerticle {

    /**
     * Who a server is and where it listens.
     *
     * @param port 0 for a free one
     * @param onExit what the fault {@code exit} does, given the server
     */
    record Identity(String name, String host, int port, Consumer<LabServer> onExit) {}

    static final String SERVED_BY = "X-Served-By";

    private final Identity identity;
    private volatile int boundPort;
    private @Nullable Channel listener;
    private Fault fault = Fault.NONE;
    private long requests;

    LabServer(Identity identity) {
        this.identity = identity;
    }

    final String name() {
        return identity.name();
    }

    /** The port it listens on, once deployed. */
    final int port() {
        return boundPort;
    }

    /** The path of the health check; the only one that {@link Fault.Kind#UNHEALTHY} strikes. */
    abstract String healthPath();

    /** Answers a request that is neither for health, faults nor metrics. */
    abstract void serve(HttpServerRequest request, String path);

    /** What the subclass counts. */
    abstract List<Sample> samples();

    @Override
    public final void start(Promise<Void> started) {
        vertx.createHttpServer(new HttpServerOptions().setHost(identity.host()).setPort(identity.port()))
                .connectionHandler(connection -> listener = channel(connection).parent())
                .requestHandler(this::accept)
                .listen()
                .<Void>map(listening -> {
                    boundPort = listening.actualPort();
                    return null;
                })
                .onComplete(started);
    }

    /**
     * Closes the listener before Vert.x closes the connections. Vert.x does it the other way round: who lost a connection
     * and came straight back would be let in once more and lose that too, as with no server that was killed.
     */
    @Override
    public final void stop(Promise<Void> stopped) {
        if (listener == null) {
            stopped.complete();
        } else {
            listener.close().addListener(closed -> context.runOnContext(then -> stopped.complete()));
        }
    }

    private static Channel channel(HttpConnection connection) {
        return ((ConnectionBase) connection).channel();
    }

    private void accept(HttpServerRequest request) {
        requests++;
        request.response().putHeader(SERVED_BY, name());
        String path = request.path() == null ? "" : request.path();
        if (path.equals("/fault")) {
            switchFault(request);
            return;
        }
        boolean health = path.equals(healthPath());
        switch (fault.kind()) {
            case NONE, EXIT -> answer(request, path);
            case SLOW -> answerLate(request, path);
            case HANG -> request.pause();
            case ERROR -> {
                if (health) {
                    answer(request, path);
                } else {
                    json(request, 500, new JsonObject().put("error", "fault 500 is switched on"));
                }
            }
            case RESET -> reset(request);
            case UNHEALTHY -> {
                if (health) {
                    json(request, 503, new JsonObject().put("status", "unhealthy"));
                } else {
                    answer(request, path);
                }
            }
        }
    }

    private void answer(HttpServerRequest request, String path) {
        if (path.equals(healthPath())) {
            json(request, 200, new JsonObject().put("status", "up"));
        } else if (path.equals("/metrics")) {
            List<Sample> all = new ArrayList<>();
            all.add(new Sample("lab_requests_total", "counter", "Requests taken, of any kind.", requests));
            all.addAll(samples());
            request.response()
                    .putHeader("Content-Type", "text/plain; version=0.0.4")
                    .end(Sample.text(name(), all));
        } else {
            serve(request, path);
        }
    }

    private void answerLate(HttpServerRequest request, String path) {
        request.pause();
        // Vert.x has no timer of 0 ms.
        vertx.setTimer(Math.max(1, fault.delay().toMillis()), timer -> {
            request.resume();
            answer(request, path);
        });
    }

    /** Linger 0 makes the close a RST, which is what a client of a crashed server sees. */
    private static void reset(HttpServerRequest request) {
        ((SocketChannelConfig) channel(request.connection()).config()).setSoLinger(0);
        request.connection().close();
    }

    private void switchFault(HttpServerRequest request) {
        if (request.method().equals(HttpMethod.POST)) {
            try {
                fault = Fault.parse(
                        Objects.requireNonNullElse(request.getParam("kind"), ""),
                        Objects.requireNonNullElse(request.getParam("ms"), ""));
            } catch (IllegalArgumentException e) {
                json(request, 400, new JsonObject().put("error", e.getMessage()));
                return;
            }
        } else if (request.method().equals(HttpMethod.DELETE)) {
            fault = Fault.NONE;
        } else if (!request.method().equals(HttpMethod.GET)) {
            refuse(request, 405);
            return;
        }
        JsonObject state = new JsonObject().put("fault", fault.kind().word());
        if (fault.kind() == Fault.Kind.SLOW) {
            state.put("ms", fault.delay().toMillis());
        }
        boolean exit = fault.kind() == Fault.Kind.EXIT;
        json(request, 200, state).onComplete(written -> {
            if (exit) {
                identity.onExit().accept(this);
            }
        });
    }

    /** Answers with the object, to which the server's name is added. */
    final Future<Void> json(HttpServerRequest request, int status, JsonObject body) {
        return request.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .end(body.put("server", name()).toBuffer().appendString("\n"));
    }

    /** Answers with a status that needs no further explanation. */
    final void refuse(HttpServerRequest request, int status) {
        json(request, status, new JsonObject().put("status", status));
    }

    /** Answers a GET or HEAD with bytes. */
    static void bytes(HttpServerRequest request, String contentType, Buffer body) {
        request.response().putHeader("Content-Type", contentType).end(body);
    }
}
