package io.veza.edge.control;

import io.veza.edge.health.AdminState;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.Weight;

/** What an operator can have done to a pool while it runs. */
public sealed interface Command {

    /** The name of the server it is about. */
    String server();

    /** Drains a server, takes it into maintenance or puts it back to work. */
    record SetAdmin(String server, AdminState state) implements Command {}

    /** Gives a server another weight than the configured one. */
    record SetWeight(String server, Weight weight) implements Command {}

    /** Adds a server. With checks on it takes traffic after the first that passes. */
    record AddServer(Server added) implements Command {
        @Override
        public String server() {
            return added.name();
        }
    }

    /** Removes a server that is in maintenance, so that its sessions have been cut before. */
    record RemoveServer(String server) implements Command {}
}
