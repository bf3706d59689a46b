package io.veza.edge.proxy;

import io.netty.channel.Channel;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Whose connection it is that the edge makes to a server, as the PROXY protocol's header says it. A connection that has said
 * so is used again only for the same client's connection.
 *
 * @param from the client
 * @param to where it connected
 */
record ProxyAnnouncement(HAProxyProtocolVersion version, InetSocketAddress from, InetSocketAddress to) {

    /** Writes the header, which is to be the first that is written. */
    void write(Channel channel) {
        InetAddress source = from.getAddress();
        InetAddress destination = to.getAddress();
        boolean v4 = source instanceof Inet4Address && destination instanceof Inet4Address;
        HAProxyMessage message = new HAProxyMessage(
                version,
                HAProxyCommand.PROXY,
                v4 ? HAProxyProxiedProtocol.TCP4 : HAProxyProxiedProtocol.TCP6,
                text(source, v4),
                text(destination, v4),
                from.getPort(),
                to.getPort());
        channel.pipeline().addFirst(HAProxyMessageEncoder.INSTANCE);
        channel.write(message);
        channel.pipeline().remove(HAProxyMessageEncoder.INSTANCE);
    }

    /** In digits; an IPv4 address beside one of IPv6 as IPv6 has it. */
    private static String text(InetAddress address, boolean v4) {
        String digits = NetUtil.toAddressString(address);
        return !v4 && address instanceof Inet4Address ? "::ffff:" + digits : digits;
    }
}
