package io.veza.edge.control;

import io.veza.edge.health.AdminState;
import io.veza.edge.health.Drain;
import io.veza.edge.health.HealthState;
import io.veza.edge.health.ServerState;
import io.veza.edge.pool.OnMarkedDown;
import java.time.Instant;
import java.util.Optional;

/**
 * One change of one server that an operator is told of.
 *
 * @param server as it is after the change
 * @param onMarkedDown what its pool does with the sessions of a server that goes down
 * @param cause a short text, such as {@code admin: DRAIN} or {@code check: status 503}
 */
public record ServerTransition(
        String pool,
        ServerEntry server,
        ServerState from,
        ServerState to,
        OnMarkedDown onMarkedDown,
        String cause,
        Instant at) {

    static ServerTransition of(PoolDefinition definition, ServerState from, ServerEntry after, Instant at) {
        ServerState to = after.state();
        boolean administered = from.admin() != to.admin() || !from.drain().equals(to.drain());
        String cause = administered ? "admin: " + to.admin() + ending(to, at) : to.cause();
        return new ServerTransition(
                definition.pool().name(), after, from, to, definition.pool().onMarkedDown(), cause, at);
    }

    private static String ending(ServerState to, Instant at) {
        return to.drain()
                .map(drain -> drain.remaining(at).isZero()
                        ? ", the deadline has come"
                        : ", deadline in " + drain.remaining(at).toSeconds() + "s")
                .orElse("");
    }

    /** The deadline of a drain that this begins, or sets anew. */
    public Optional<Instant> drainDeadline() {
        return to.drain()
                .filter(drain -> from.drain()
                        .filter(earlier -> earlier.deadline().equals(drain.deadline()))
                        .isEmpty())
                .map(Drain::deadline);
    }

    /** Whether what runs on the server is to be cut: it went into maintenance, or down where the pool says so. */
    public boolean cutsSessions() {
        boolean intoMaintenance = to.admin() == AdminState.MAINT && from.admin() != AdminState.MAINT;
        boolean down = to.health() == HealthState.DOWN && from.health() != HealthState.DOWN;
        return intoMaintenance || (down && onMarkedDown == OnMarkedDown.SHUTDOWN_SESSIONS);
    }

    /** The line for the log: {@code pool=api server=b1 from=UP to=DOWN cause="check: status 503"}. */
    public String line() {
        return "pool=" + pool
                + " server=" + server.server().name()
                + " from=" + from.label()
                + " to=" + to.label()
                + " cause=\"" + cause + '"';
    }
}
