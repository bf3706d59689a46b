package io.veza.edge.proxy;

import java.net.InetSocketAddress;

/**
 * Where clients connect.
 *
 * @param id its number in the counters
 * @param address it is bound to
 */
public record Listener(int id, ListenerSettings settings, InetSocketAddress address) {

    /** By which operators know it; also the scheme of what comes through it, {@code http} or {@code https}. */
    public String name() {
        return settings.scheme();
    }
}
