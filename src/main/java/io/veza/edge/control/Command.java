package io.veza.edge.control;

import io.veza.edge.health.AdminState;
import io.veza.edge.health.HealthState;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.Weight;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.OptionalInt;

/** What an operator can have done to a pool while it runs. None of it outlives the process. */
public sealed interface Command {

    /** The name of the server it is about. */
    String server();

    /** Whether it is about what the server is, and not about the state it is in. */
    default boolean configures() {
        return !(this instanceof SetAdmin || this instanceof DrainWithin || this instanceof SetHealth);
    }

    /** Drains a server without an end, takes it into maintenance or puts it back to work. */
    record SetAdmin(String server, AdminState state) implements Command {}

    /**
     * Drains a server by a deadline: its tunnels are closed one after the other until then.
     *
     * @param within how long from now; not negative
     * @param holdersStay whether holders of its sticky cookie are served until the deadline, or move at once
     * @param thenMaintenance whether it goes into maintenance at the deadline
     */
    record DrainWithin(String server, Duration within, boolean holdersStay, boolean thenMaintenance)
            implements Command {}

    /** Has a server taken for healthy or not until checks find otherwise. */
    record SetHealth(String server, HealthState health) implements Command {}

    /** Stops the checks of one server, or goes on with them; possible only where the pool has checks. */
    record SetChecked(String server, boolean checked) implements Command {}

    /** Gives a server another weight than the configured one. */
    record SetWeight(String server, Weight weight) implements Command {}

    /** Sends new connections elsewhere; what is open stays where it is. The address is resolved. */
    record SetAddress(String server, InetSocketAddress address) implements Command {}

    /** Sets how many exchanges and tunnels a server may carry at once; empty for no bound. */
    record SetMaxConnections(String server, OptionalInt maxConnections) implements Command {}

    /**
     * Adds a server. With checks it takes traffic after the first that passes.
     *
     * @param admin what it begins with
     * @param checked whether its checks run; without effect in a pool that has none
     */
    record AddServer(Server added, AdminState admin, boolean checked) implements Command {
        /** Adds a server as if it had been in the configuration. */
        public AddServer(Server added) {
            this(added, AdminState.READY, true);
        }

        @Override
        public String server() {
            return added.name();
        }
    }

    /** Removes a server that is in maintenance and carries nothing any more. */
    record RemoveServer(String server) implements Command {}
}
