package io.veza.edge.faults;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.vertx.core.Vertx;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.Pools;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerIds;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.health.HealthState;
import io.veza.edge.http1.HeadLimits;
import io.veza.edge.persistence.SameSite;
import io.veza.edge.persistence.StickyCookie;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.OnMarkedDown;
import io.veza.edge.pool.Pool;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import io.veza.edge.probe.Prober;
import io.veza.edge.proxy.ClientLimits;
import io.veza.edge.proxy.Http2Limits;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficPlane;
import io.veza.edge.proxy.TrafficSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** Traffic plane, pool and checks as the product wires them, in this process, in front of {@link LabProcess}es. */
final class EdgeProcess implements AutoCloseable {

    final PoolController pool;
    final InetSocketAddress address;
    final List<ServerTransition> transitions = new CopyOnWriteArrayList<>();
    private final TrafficPlane plane;
    private final Prober prober;
    private final Vertx vertx = Vertx.vertx();
    private final EventLoopGroup group = Epoll.isAvailable() ? new EpollEventLoopGroup(2) : new NioEventLoopGroup(2);

    EdgeProcess(Duration interval, Duration timeout, int fall, Duration slowStart, LabProcess... labs)
            throws Exception {
        List<Server> servers = new ArrayList<>();
        for (LabProcess lab : labs) {
            servers.add(new Server(
                    lab.name, new ServerAddress("127.0.0.1", lab.port), Weight.DEFAULT, OptionalInt.empty(), false));
        }
        HealthPolicy health = new HealthPolicy(
                true,
                "/api/v1/health",
                OptionalInt.empty(),
                interval,
                interval,
                timeout,
                fall,
                2,
                List.of(new HealthPolicy.StatusRange(200, 399)),
                Optional.empty());
        Pool definition = new Pool(
                "api_pool",
                Balance.ROUNDROBIN,
                slowStart,
                OnMarkedDown.SHUTDOWN_SESSIONS,
                PoolTimeouts.DEFAULT,
                100,
                servers);
        StickyCookie cookie =
                new StickyCookie("VEZA_SERVERID", false, true, SameSite.NONE_GIVEN, Optional.empty(), Optional.empty());
        long start = System.nanoTime();
        InstantSource clock = () -> Instant.EPOCH.plusNanos(System.nanoTime() - start);
        pool = new PoolController(
                new PoolDefinition(definition, health, Optional.of(cookie)),
                clock,
                () -> ThreadLocalRandom.current().nextLong(),
                new ServerIds());
        pool.addListener(transitions::add);
        plane = new TrafficPlane(
                group,
                new TrafficSettings(
                        HeadLimits.DEFAULT,
                        1000,
                        ClientLimits.NONE,
                        Http2Limits.DEFAULT,
                        64,
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(4),
                        peer -> false),
                List.of(pool),
                List.of(),
                Optional.of("api_pool"),
                TrafficCounters::new,
                () -> null);
        prober = new Prober(vertx, new Pools(List.of(pool)), () -> ThreadLocalRandom.current()
                .nextLong());
        prober.start().toCompletableFuture().get(5, TimeUnit.SECONDS);
        address = plane.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), "http");
    }

    ServerEntry server(String name) {
        ServerEntry entry = pool.snapshot().entry(name);
        if (entry == null) {
            throw new AssertionError("no server " + name);
        }
        return entry;
    }

    /** Waits until the server is so, at most ten seconds; gives how long it took. */
    Duration awaitState(String name, Predicate<ServerEntry> state) {
        long start = System.nanoTime();
        while (!state.test(server(name))) {
            if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(10)) {
                throw new AssertionError(name + " is still " + server(name));
            }
            LockSupport.parkNanos(1_000_000);
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    Duration awaitHealth(String name, HealthState health) {
        return awaitState(name, entry -> entry.state().health() == health);
    }

    @Override
    public void close() {
        prober.close();
        plane.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
