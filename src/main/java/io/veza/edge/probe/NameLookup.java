package io.veza.edge.probe;

import io.netty.util.NetUtil;
import io.veza.edge.pool.ServerAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns a host name into its addresses, and may block while it does. */
@FunctionalInterface
interface NameLookup {

    /** @throws UnknownHostException if there is no such name, or nobody answered */
    List<InetAddress> addresses(String host) throws UnknownHostException;

    /**
     * The one of the machine: hosts file, search domains and all, as its other programs resolve. The JDK keeps a found
     * name 30 s and a missing one 10 s by itself; here the schedule decides how old an answer gets.
     */
    static NameLookup ofSystem() {
        Security.setProperty("networkaddress.cache.ttl", "1");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        return host -> List.of(InetAddress.getAllByName(host));
    }

    /** The address itself if the host is an IP literal, which needs no look-up; null if it is a name. */
    static @Nullable InetSocketAddress literal(ServerAddress address) {
        InetAddress literal = NetUtil.createInetAddressFromIpAddressString(address.host());
        return literal == null ? null : new InetSocketAddress(literal, address.port());
    }
}
