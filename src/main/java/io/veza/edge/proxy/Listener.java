package io.veza.edge.proxy;

import java.net.InetSocketAddress;

/**
 * Where clients connect.
 *
 * @param id its number in the counters
 * @param name by which operators know it; also the scheme of what comes through it, {@code http} or {@code https}
 * @param address it is bound to
 */
public record Listener(int id, String name, InetSocketAddress address) {}
