package io.veza.edge.pool;

import java.time.Duration;

/**
 * How long a pool's exchanges may wait, each positive.
 *
 * @param connect for one TCP connection to one server
 * @param server between two reads from a server that owes a response
 * @param tunnel without a byte either way on an upgraded connection
 * @param queue for a free place when every server is at its {@code max-connections}
 */
public record PoolTimeouts(Duration connect, Duration server, Duration tunnel, Duration queue) {

    public static final PoolTimeouts DEFAULT =
            new PoolTimeouts(Duration.ofSeconds(2), Duration.ofSeconds(30), Duration.ofHours(1), Duration.ofSeconds(5));

    public PoolTimeouts {
        positive("connect", connect);
        positive("server", server);
        positive("tunnel", tunnel);
        positive("queue", queue);
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " timeout " + value + " is not positive");
        }
    }
}
