package io.veza.edge.pool;

import java.util.OptionalInt;

/**
 * One server of a pool as configured. The name is its identity: the sticky cookie and the hash ring know it by name, so
 * it may change its address without moving anybody.
 *
 * @param name letters, digits, {@code . _ - :}, at most 64 of them
 * @param maxConnections how many exchanges and tunnels it may carry at once; empty for no bound
 * @param backup used only while no other server of the pool can be
 */
public record Server(String name, ServerAddress address, Weight weight, OptionalInt maxConnections, boolean backup) {

    public Server {
        Names.check("server", name);
        if (maxConnections.isPresent() && maxConnections.getAsInt() < 1) {
            throw new IllegalArgumentException("max-connections " + maxConnections.getAsInt() + " is below 1");
        }
    }

    /** The same at another address. */
    public Server at(ServerAddress other) {
        return new Server(name, other, weight, maxConnections, backup);
    }

    /** The same with another bound, or none. */
    public Server bounded(OptionalInt most) {
        return new Server(name, address, weight, most, backup);
    }
}
