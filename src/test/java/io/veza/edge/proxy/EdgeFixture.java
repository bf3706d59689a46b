package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.veza.edge.control.Command;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.Pools;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerIds;
import io.veza.edge.control.ServerLink;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.http1.HeadLimits;
import io.veza.edge.metrics.ConfigReloads;
import io.veza.edge.metrics.EdgeCollector;
import io.veza.edge.metrics.ProcessFacts;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.persistence.SameSite;
import io.veza.edge.persistence.StickyCookie;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.OnMarkedDown;
import io.veza.edge.pool.Pool;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.pool.Route;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A traffic plane in front of servers given by port, with one pool {@code api} that takes everything: real sockets, no
 * checks but those a test reports. Timeouts are short where nothing is said.
 */
final class EdgeFixture implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** What a test may change before the start. */
    static final class Setup {
        final List<Server> servers = new ArrayList<>();
        boolean sticky = true;
        Balance balance = Balance.ROUNDROBIN;
        PoolTimeouts timeouts = new PoolTimeouts(
                Duration.ofMillis(500), Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(5));
        int maxQueue = 10;
        int maxConnections = 1000;
        ClientLimits clients = ClientLimits.NONE;
        Http2Limits http2 = Http2Limits.DEFAULT;
        Duration requestHead = Duration.ofSeconds(5);
        Duration client = Duration.ofSeconds(5);
        Duration keepAlive = Duration.ofSeconds(5);
        Duration slowStart = Duration.ZERO;
        /** Whose word on others is believed. */
        Predicate<InetAddress> trusted = peer -> false;

        boolean routed = true;
        /** How clients connect. */
        ListenerSettings listener = ListenerSettings.plain("http");

        /** To the pool {@code api}; what they do not take goes there, too, if {@link #routed}. */
        List<Route> routes = List.of();

        int loops = 2;
        ServerLink link = ServerLink.PLAIN;
        /** In place of what is collected in {@link #ended}. */
        Optional<Supplier<ExchangeLog>> logs = Optional.empty();

        /** Servers named s1, s2, … on these loopback ports. */
        Setup servers(int... ports) {
            for (int port : ports) {
                server(port, OptionalInt.empty(), false);
            }
            return this;
        }

        Setup server(int port, OptionalInt maxConnections, boolean backup) {
            servers.add(new Server(
                    "s" + (servers.size() + 1),
                    new ServerAddress("127.0.0.1", port),
                    Weight.DEFAULT,
                    maxConnections,
                    backup));
            return this;
        }

        EdgeFixture start() throws Exception {
            return new EdgeFixture(this);
        }
    }

    final PoolController pool;
    final InetSocketAddress address;
    final TrafficPlane plane;
    final List<TrafficCounters> counters = new CopyOnWriteArrayList<>();
    final BlockingQueue<Ended> ended = new LinkedBlockingQueue<>();
    final Statistics statistics;
    final EdgeCollector collector;
    private final EventLoopGroup group;

    /** What outlives the call that tells of an exchange. */
    record Ended(
            @Nullable String pool,
            @Nullable String server,
            String requestLine,
            int status,
            String termination,
            long bytesIn,
            long bytesOut,
            long headBytesOut,
            List<Long> nanos,
            int retries,
            boolean redispatched,
            @Nullable TunnelEnd tunnelEnd,
            int queuePosition,
            Protocol protocol) {
        static Ended of(EndedExchange exchange) {
            ServerEntry server = exchange.server();
            ByteBuf head = exchange.requestHead();
            String text = head == null ? "" : head.toString(StandardCharsets.ISO_8859_1);
            return new Ended(
                    exchange.pool(),
                    server == null ? null : server.server().name(),
                    text.substring(0, Math.max(0, text.indexOf('\r'))),
                    exchange.status(),
                    exchange.termination(),
                    exchange.bytesIn(),
                    exchange.bytesOut(),
                    exchange.headBytesOut(),
                    List.of(
                            exchange.headNanos(),
                            exchange.queueNanos(),
                            exchange.connectNanos(),
                            exchange.responseNanos(),
                            exchange.totalNanos()),
                    exchange.retries(),
                    exchange.redispatched(),
                    exchange.tunnelEnd(),
                    exchange.queuePosition(),
                    exchange.protocol());
        }
    }

    /** The next exchange that ended. */
    Ended nextEnded() throws InterruptedException {
        Ended next = ended.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no exchange has ended");
        }
        return next;
    }

    static Setup with() {
        return new Setup();
    }

    private EdgeFixture(Setup setup) throws Exception {
        Pool definition = new Pool(
                "api",
                setup.balance,
                setup.slowStart,
                OnMarkedDown.SHUTDOWN_SESSIONS,
                setup.timeouts,
                setup.maxQueue,
                setup.servers);
        HealthPolicy health = new HealthPolicy(
                true,
                "/health",
                OptionalInt.empty(),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                1,
                1,
                List.of(new HealthPolicy.StatusRange(200, 399)),
                Optional.empty());
        Optional<StickyCookie> cookie = setup.sticky
                ? Optional.of(new StickyCookie(
                        "VEZA_SERVERID", false, true, SameSite.LAX, Optional.empty(), Optional.empty()))
                : Optional.empty();
        pool = new PoolController(
                new PoolDefinition(definition, health, cookie, setup.link),
                InstantSource.system(),
                () -> ThreadLocalRandom.current().nextLong(),
                new ServerIds());
        for (Server server : setup.servers) {
            pool.resolved(
                    server.name(),
                    new InetSocketAddress(
                            InetAddress.getLoopbackAddress(), server.address().port()));
        }
        TrafficSettings settings = new TrafficSettings(
                HeadLimits.DEFAULT,
                setup.maxConnections,
                setup.clients,
                setup.http2,
                16,
                setup.requestHead,
                setup.client,
                setup.keepAlive,
                Duration.ofSeconds(4),
                setup.trusted);
        group = Epoll.isAvailable() ? new EpollEventLoopGroup(setup.loops) : new NioEventLoopGroup(setup.loops);
        plane = new TrafficPlane(
                group,
                settings,
                List.of(pool),
                setup.routes,
                setup.routed ? Optional.of("api") : Optional.empty(),
                () -> {
                    TrafficCounters loop = new TrafficCounters();
                    counters.add(loop);
                    return loop;
                },
                setup.logs.orElse(() -> exchange -> ended.add(Ended.of(exchange))));
        statistics =
                new Statistics(new Pools(List.of(pool)), plane, () -> List.copyOf(counters), InstantSource.system());
        collector = new EdgeCollector(
                new Pools(List.of(pool)),
                plane,
                () -> List.copyOf(counters),
                InstantSource.system(),
                new ProcessFacts("test", Instant.EPOCH, () -> false, () -> 0, () -> ConfigReloads.none(Instant.EPOCH)));
        address = plane.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), setup.listener);
    }

    RawClient client() throws Exception {
        return new RawClient(address);
    }

    /** Sends one GET on a connection of its own and gives the whole response. */
    String get(String path, String... fields) throws Exception {
        try (RawClient client = client()) {
            return client.get(path, fields).response();
        }
    }

    ServerEntry server(String name) {
        ServerEntry entry = pool.snapshot().entry(name);
        if (entry == null) {
            throw new AssertionError("no server " + name);
        }
        return entry;
    }

    /** Waits until nothing is under way to a server, and fails if something stays. */
    void awaitIdle(String server) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (server(server).inFlight() > 0) {
            if (System.nanoTime() > until) {
                throw new AssertionError(server(server).inFlight() + " in flight to " + server);
            }
            Thread.onSpinWait();
        }
    }

    /** What the event loops are at is over: a client may see an answer before all that comes with it is counted. */
    private void settle() {
        group.forEach(loop -> loop.submit(() -> {}).awaitUninterruptibly(PATIENCE.toMillis()));
    }

    void markDown(String server) {
        pool.checked(server, result(CheckResult.Outcome.CONNECT));
    }

    void markUp(String server) {
        pool.checked(server, result(CheckResult.Outcome.PASSED));
    }

    private static CheckResult result(CheckResult.Outcome outcome) {
        return new CheckResult(outcome, OptionalInt.empty(), Duration.ofMillis(1), "test");
    }

    void admin(String server, AdminState state) {
        pool.apply(new Command.SetAdmin(server, state));
    }

    long count(String server, TrafficCounters.Count what) {
        settle();
        return TrafficCounters.sum(
                counters, TrafficCounters.Scope.SERVER, server(server).id(), what);
    }

    /** The event loops; the first one accepts, and gives the first client to the second. */
    List<EventExecutor> loops() {
        List<EventExecutor> loops = new ArrayList<>();
        group.forEach(loops::add);
        return loops;
    }

    /** Runs an action while no event loop does anything. */
    void whileHeld(Runnable action) throws InterruptedException {
        CountDownLatch held = new CountDownLatch(counters.size());
        CountDownLatch done = new CountDownLatch(1);
        group.forEach(loop -> loop.execute(() -> {
            held.countDown();
            try {
                done.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        held.await();
        action.run();
        done.countDown();
    }

    /** The connections to this server on all event loops, idle ones included. */
    int open(String server) {
        return plane.open(server(server));
    }

    /**
     * What a scrape says, 0 if there is no such series: {@code edge_pool_up} with the label values in the catalogue's order.
     */
    double metric(String name, String... labelValues) {
        return collector.collect().stream()
                .flatMap(family -> family.samples.stream())
                .filter(sample -> sample.name.equals(name) && sample.labelValues.equals(List.of(labelValues)))
                .mapToDouble(sample -> sample.value)
                .sum();
    }

    Map<String, Long> failures() {
        settle();
        return TrafficCounters.failures(counters);
    }

    @Override
    public void close() {
        plane.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
