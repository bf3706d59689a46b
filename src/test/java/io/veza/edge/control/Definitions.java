package io.veza.edge.control;

import io.veza.edge.health.CheckResult;
import io.veza.edge.health.CheckResult.Outcome;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.health.HealthPolicy.StatusRange;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.OnMarkedDown;
import io.veza.edge.pool.Pool;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Pools, servers and events as tests need them: fall 3, rise 2, slow start 10 s. */
public final class Definitions {

    public static final CheckResult PASSED =
            new CheckResult(Outcome.PASSED, OptionalInt.of(200), Duration.ofMillis(2), "status 200");
    public static final CheckResult FAILED =
            new CheckResult(Outcome.STATUS, OptionalInt.of(503), Duration.ofMillis(2), "status 503");
    public static final Duration SLOW_START = Duration.ofSeconds(10);

    private Definitions() {}

    public static PoolDefinition pool(Balance balance, Server... servers) {
        return pool(balance, SLOW_START, OnMarkedDown.SHUTDOWN_SESSIONS, true, servers);
    }

    public static PoolDefinition pool(
            Balance balance, Duration slowStart, OnMarkedDown onMarkedDown, boolean checked, Server... servers) {
        HealthPolicy health = new HealthPolicy(
                checked,
                "/health",
                OptionalInt.empty(),
                Duration.ofSeconds(5),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                3,
                2,
                List.of(new StatusRange(200, 399)),
                Optional.empty());
        return new PoolDefinition(
                new Pool("api", balance, slowStart, onMarkedDown, PoolTimeouts.DEFAULT, 100, List.of(servers)),
                health,
                Optional.empty());
    }

    public static Server server(String name) {
        return server(name, 1);
    }

    public static Server server(String name, int weight) {
        return new Server(name, new ServerAddress(name, 8080), new Weight(weight), OptionalInt.empty(), false);
    }

    public static Server bounded(String name, int maxConnections) {
        return new Server(name, new ServerAddress(name, 8080), new Weight(1), OptionalInt.of(maxConnections), false);
    }

    public static Server backup(String name) {
        return new Server(name, new ServerAddress(name, 8080), new Weight(1), OptionalInt.empty(), true);
    }

    public static InetSocketAddress address(int last) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last}), 8080);
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }

    /** A controller whose servers all have an address. */
    public static PoolController controller(PoolDefinition definition, ManualClock clock) {
        PoolController controller = new PoolController(definition, clock, () -> 0, new ServerIds());
        for (Server server : definition.pool().servers()) {
            controller.resolved(server.name(), address(1));
        }
        return controller;
    }
}
