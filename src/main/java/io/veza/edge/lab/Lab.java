package io.veza.edge.lab;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/** The lab's command line, and its way into another process. */
public final class Lab {

    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;

    /** What a process ended by SIGKILL leaves behind, which the fault {@code exit} stands for. */
    private static final int KILLED = 137;

    private static final String HELP =
            """
            usage: lab api     [--name backend-api-1] [--host 127.0.0.1] [--port 8080]
                   lab stream  [--name stream-srv-1] [--host 127.0.0.1] [--port 8082]
                               [--segments 60] [--segment-size 64k] [--cache-size 64m]
                   lab load    --target http://127.0.0.1:8080 [--duration 30s] [--connections 20]
                               [--rate <steps a second>] [--max-errors <number>]
            """;

    private static final Set<String> API_OPTIONS = Set.of("name", "host", "port");
    private static final Set<String> STREAM_OPTIONS =
            Set.of("name", "host", "port", "segments", "segment-size", "cache-size");
    private static final Set<String> LOAD_OPTIONS = Set.of("target", "duration", "connections", "rate", "max-errors");

    private Lab() {}

    /**
     * Runs one lab command; a word {@code lab} before it is skipped. A server runs until the process is ended. Exit
     * status: 0, 1 (port in use, more errors than {@code --max-errors}), or 2 (bad arguments).
     */
    public static void main(String[] args) {
        int status = run(List.of(args), System.out, System.err);
        if (status != OK) {
            System.exit(status);
        }
    }

    /** Starts a whole topology on this Vert.x instance, for development and for tests. */
    public static Future<LabTopology> embedded(Vertx vertx, LabTopology.Layout layout) {
        return LabTopology.start(vertx, layout);
    }

    /** As {@link #main}, with the exit status as the result; returns from a server once it listens. */
    static int run(List<String> args, PrintStream out, PrintStream err) {
        List<String> words = !args.isEmpty() && args.get(0).equals("lab") ? args.subList(1, args.size()) : args;
        try {
            if (words.isEmpty()) {
                throw new Arguments.UsageException("which command?");
            }
            List<String> options = words.subList(1, words.size());
            return switch (words.get(0)) {
                case "api" -> serve(api(Arguments.parse(options, API_OPTIONS)), out, err);
                case "stream" -> serve(stream(Arguments.parse(options, STREAM_OPTIONS)), out, err);
                case "load" -> load(Arguments.parse(options, LOAD_OPTIONS), out);
                default -> throw new Arguments.UsageException("unknown command \"" + words.get(0) + "\"");
            };
        } catch (Arguments.UsageException e) {
            err.println(e.getMessage());
            err.print(HELP);
            return USAGE;
        }
    }

    private static LabServer api(Arguments arguments) {
        return new ApiServer(identity(arguments, "backend-api-1", 8080));
    }

    private static LabServer stream(Arguments arguments) {
        StreamServer.Shape standard = StreamServer.Shape.DEFAULT;
        return new StreamServer(
                identity(arguments, "stream-srv-1", 8082),
                new StreamServer.Shape(
                        arguments.number("segments", standard.segments(), 1, 1_000),
                        (int) arguments.bytes("segment-size", standard.segmentBytes(), 64L << 20),
                        arguments.bytes("cache-size", standard.cacheBytes(), 16L << 30)));
    }

    private static LabServer.Identity identity(Arguments arguments, String name, int port) {
        // No shutdown hooks: a server that dies does not say goodbye.
        Consumer<LabServer> onExit = server -> Runtime.getRuntime().halt(KILLED);
        return new LabServer.Identity(
                arguments.text("name", name),
                arguments.text("host", "127.0.0.1"),
                arguments.number("port", port, 0, 65_535),
                onExit);
    }

    private static int serve(LabServer server, PrintStream out, PrintStream err) {
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        try {
            await(vertx.deployVerticle(server));
        } catch (CompletionException e) {
            await(vertx.close());
            err.println(server.name() + " can't start: " + e.getCause());
            return FAILED;
        }
        out.println(server.name() + " listens on port " + server.port());
        return OK;
    }

    private static int load(Arguments arguments, PrintStream out) {
        URI target = arguments.origin("target");
        LoadOptions options = new LoadOptions(
                target,
                arguments.duration("duration", Duration.ofSeconds(30), Duration.ofHours(24)),
                arguments.number("connections", 20, 1, 20_000),
                optional(arguments, "rate", 1),
                optional(arguments, "max-errors", 0));
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        LoadReport report;
        try {
            report = await(LoadGenerator.run(vertx, options, out));
        } finally {
            await(vertx.close());
        }
        boolean tooMany = options.maxErrors().isPresent()
                && report.errors() > options.maxErrors().getAsInt();
        return tooMany ? FAILED : OK;
    }

    private static <T> T await(Future<T> future) {
        return future.toCompletionStage().toCompletableFuture().join();
    }

    private static OptionalInt optional(Arguments arguments, String name, int least) {
        return arguments.has(name)
                ? OptionalInt.of(arguments.number(name, least, least, 1_000_000))
                : OptionalInt.empty();
    }
}
