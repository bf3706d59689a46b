package io.veza.edge.probe;

import io.netty.util.NetUtil;
import io.veza.edge.pool.ServerAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns a host name into its addresses, and may block while it does. */
@FunctionalInterface
interface NameLookup {

    /** @throws UnknownHostException if there is no such name, or nobody answered */
    List<InetAddress> addresses(String host) throws UnknownHostException;

    /**
     * The one of the machine: hosts file, search domains and all, as its other programs resolve. The process is to have
     * {@link NameCache#limit limited the JDK's cache} before its first look-up.
     */
    static NameLookup ofSystem() {
        return host -> List.of(InetAddress.getAllByName(host));
    }

    /** The address itself if the host is an IP literal, which needs no look-up; null if it is a name. */
    static @Nullable InetSocketAddress literal(ServerAddress address) {
        InetAddress literal = NetUtil.createInetAddressFromIpAddressString(address.host());
        return literal == null ? null : new InetSocketAddress(literal, address.port());
    }
}
