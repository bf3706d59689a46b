package io.veza.edge.admin;

import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.health.HealthState;
import io.veza.edge.health.Reason;
import io.veza.edge.health.ServerState;
import java.net.InetSocketAddress;

/**
 * A server's state in HAProxy's words and numbers.
 *
 * @param words what the column {@code status} says, such as {@code UP 1/3}
 * @param checked whether checks are on for it
 * @param paused whether checks wait, in maintenance or without an address
 * @param serves whether it serves anybody, be it holders of its cookie
 * @param position between 0, down for good, and rise + fall - 1, up for good
 */
record ServerStatus(String words, boolean checked, boolean paused, boolean serves, int position) {

    static ServerStatus of(PoolSnapshot pool, ServerEntry entry) {
        HealthPolicy policy = pool.definition().health();
        ServerState state = entry.state();
        boolean maintenance = state.admin() == AdminState.MAINT;
        boolean unresolved = state.reason() == Reason.DNS;
        boolean checked = policy.enabled() && entry.checked();
        boolean up = state.health() != HealthState.DOWN;
        int position = up ? policy.rise() + policy.fall() - 1 - state.streak() : state.streak();
        return new ServerStatus(
                unresolved ? "MAINT (resolution)" : maintenance ? "MAINT" : words(state, policy, checked),
                checked,
                maintenance || unresolved,
                up && !maintenance && !unresolved,
                maintenance || unresolved ? 0 : position);
    }

    private static String words(ServerState state, HealthPolicy policy, boolean checked) {
        boolean moving = checked && !state.settled();
        return switch (state.health()) {
            case DOWN -> moving ? "DOWN " + state.streak() + "/" + policy.rise() : "DOWN";
            case STOPPING -> "NOLB" + (moving ? left(state, policy) : "");
            case UP -> {
                if (state.admin() == AdminState.DRAIN) {
                    yield "DRAIN" + (moving ? left(state, policy) : "");
                }
                yield checked ? "UP" + (moving ? left(state, policy) : "") : "no check";
            }
        };
    }

    /** How many failures it can still take, of how many. */
    private static String left(ServerState state, HealthPolicy policy) {
        return " " + (policy.fall() - state.streak()) + "/" + policy.fall();
    }

    /** {@code 127.0.0.1:80} or {@code [::1]:80}. */
    static String address(InetSocketAddress address) {
        String host = host(address);
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    /** The IP address without a zone. */
    static String host(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        int zone = host.indexOf('%');
        return zone < 0 ? host : host.substring(0, zone);
    }
}
