package io.veza.edge.admin;

import io.netty.channel.nio.NioEventLoopGroup;
import io.veza.edge.control.Definitions;
import io.veza.edge.control.ManualClock;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.Pools;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerIds;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.health.HealthPolicy.StatusRange;
import io.veza.edge.http1.HeadLimits;
import io.veza.edge.metrics.ConfigReloads;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.persistence.SameSite;
import io.veza.edge.persistence.StickyCookie;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.OnMarkedDown;
import io.veza.edge.pool.Pool;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import io.veza.edge.proxy.ClientLimits;
import io.veza.edge.proxy.Http2Limits;
import io.veza.edge.proxy.ListenerSettings;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficPlane;
import io.veza.edge.proxy.TrafficSettings;
import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.ClientTrust;
import io.veza.edge.tls.TlsOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The runtime API over real pools, with a clock set by hand: {@code api_pool} with checks (fall 3, rise 2), a cookie and a
 * slow start of 10 s, {@code stream_pool} with neither. Every server's name is resolved, and all are settled and up.
 */
final class RuntimeFixture implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    final ManualClock clock = new ManualClock();
    final PoolController api;
    final PoolController stream;
    final RuntimeApi runtime;
    final RuntimeSession session = new RuntimeSession();
    private final NioEventLoopGroup loops = new NioEventLoopGroup(1);
    private final TrafficPlane plane;
    private final Statistics statistics;
    private @Nullable Certificates secured;
    boolean stopping;

    RuntimeFixture() {
        ServerIds ids = new ServerIds();
        api = controller(apiPool(), ids);
        stream = controller(streamPool(), ids);
        List<TrafficCounters> counters = new ArrayList<>();
        plane = new TrafficPlane(
                loops,
                new TrafficSettings(
                        new HeadLimits(8192, 32_768, 100),
                        20_000,
                        ClientLimits.NONE,
                        Http2Limits.DEFAULT,
                        16,
                        TIMEOUT,
                        TIMEOUT,
                        TIMEOUT,
                        TIMEOUT,
                        peer -> false),
                List.of(api, stream),
                List.of(),
                Optional.of("api_pool"),
                () -> {
                    TrafficCounters loop = new TrafficCounters();
                    counters.add(loop);
                    return loop;
                },
                () -> null);
        statistics = new Statistics(new Pools(List.of(api, stream)), plane, () -> counters, clock);
        listen();
        runtime = new RuntimeApi(
                new Pools(List.of(api, stream)),
                plane,
                statistics,
                new RuntimeApi.EdgeProcess("9.8.7", 2, () -> stopping, () -> ConfigReloads.none(clock.instant())),
                by -> reloaded);
    }

    /** What comes of a reload. */
    ConfigReload.Outcome reloaded = new ConfigReload.Outcome(List.of(), List.of());

    private void listen() {
        try {
            plane.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), "http");
        } catch (Exception e) {
            throw new AssertionError("a free port can be bound", e);
        }
    }

    /** Adds an HTTPS listener. */
    void listenSecured(Path certificate) throws Exception {
        listenSecured(certificate, ClientTrust.NONE);
    }

    void listenSecured(Path certificate, ClientTrust clients) throws Exception {
        TlsOptions options = new TlsOptions(
                certificate,
                TlsOptions.Provider.AUTO,
                TlsOptions.Version.TLS_1_2,
                false,
                false,
                TIMEOUT,
                Optional.empty(),
                false,
                clients);
        Certificates read = new Certificates(options, clock);
        secured = read;
        plane.listen(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                new ListenerSettings("https", false).withCertificates(read));
    }

    /** The certificates of the HTTPS listener that was added last. */
    Certificates secured() {
        return Objects.requireNonNull(secured);
    }

    ApiTarget target() {
        return new ApiTarget(List.of(api, stream), plane, statistics);
    }

    private PoolController controller(PoolDefinition definition, ServerIds ids) {
        PoolController pool = new PoolController(definition, clock, () -> 0, ids);
        for (Server server : definition.pool().servers()) {
            pool.resolved(
                    server.name(),
                    new InetSocketAddress(
                            server.address().host(), server.address().port()));
            pool.checked(server.name(), Definitions.PASSED);
        }
        return pool;
    }

    private static PoolDefinition apiPool() {
        return new PoolDefinition(
                pool("api_pool", Algorithm.ROUNDROBIN, server("api-1", 1), server("api-2", 2), server("api-3", 3)),
                health(true),
                Optional.of(new StickyCookie(
                        "VEZA_SERVERID", false, false, SameSite.NONE_GIVEN, Optional.empty(), Optional.empty())));
    }

    private static PoolDefinition streamPool() {
        return new PoolDefinition(
                pool("stream_pool", Algorithm.URI, server("stream-1", 4), server("stream-2", 5)),
                health(false),
                Optional.empty());
    }

    private static Pool pool(String name, Algorithm algorithm, Server... servers) {
        return new Pool(
                name,
                Balance.of(algorithm),
                Duration.ofSeconds(10),
                OnMarkedDown.SHUTDOWN_SESSIONS,
                PoolTimeouts.DEFAULT,
                100,
                Arrays.asList(servers));
    }

    private static Server server(String name, int last) {
        return new Server(name, new ServerAddress("127.0.0." + last, 8080), new Weight(10), OptionalInt.empty(), false);
    }

    private static HealthPolicy health(boolean enabled) {
        return new HealthPolicy(
                enabled,
                "/health",
                OptionalInt.empty(),
                Duration.ofSeconds(5),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                3,
                2,
                List.of(new StatusRange(200, 399)),
                Optional.empty());
    }

    /** What one line is answered, without the empty line after it. */
    String ask(String line) {
        return session.rendered(runtime.answer(session, RuntimeLine.words(line)));
    }

    ServerEntry entry(PoolController pool, String server) {
        return Objects.requireNonNull(pool.snapshot().entry(server));
    }

    ServerEntry entry(String apiServer) {
        return entry(api, apiServer);
    }

    /** One field of one server's row in {@code show stat}. */
    String stat(String pool, String server, StatColumn column) {
        List<String> lines = ask("show stat").lines().toList();
        List<String> header = List.of(lines.get(0).substring(2).split(",", -1));
        String row = lines.stream()
                .filter(line -> line.startsWith(pool + "," + server + ","))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no row of " + pool + "/" + server));
        return row.split(",", -1)[header.indexOf(column.label())];
    }

    @Override
    public void close() {
        plane.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
