package io.veza.edge.pool;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A named group of interchangeable servers and the rules for choosing among them. Servers have distinct names and
 * distinct addresses; their order is the configured one.
 *
 * @param slowStart how long a recovered server ramps up to its weight; zero for at once
 * @param maxQueue how many requests may wait for a place at once; further ones get 503
 */
public record Pool(
        String name,
        Balance balance,
        Duration slowStart,
        OnMarkedDown onMarkedDown,
        PoolTimeouts timeouts,
        int maxQueue,
        List<Server> servers) {

    public Pool {
        Names.check("pool", name);
        servers = List.copyOf(servers);
        if (slowStart.isNegative()) {
            throw new IllegalArgumentException("slow-start " + slowStart + " is negative");
        }
        if (maxQueue < 0) {
            throw new IllegalArgumentException("max-queue " + maxQueue + " is negative");
        }
        Set<String> names = new HashSet<>();
        Set<ServerAddress> addresses = new HashSet<>();
        for (Server server : servers) {
            if (!names.add(server.name())) {
                throw new IllegalArgumentException("server name " + server.name() + " is used twice");
            }
            if (!addresses.add(server.address())) {
                throw new IllegalArgumentException("server address " + server.address() + " is used twice");
            }
        }
    }
}
