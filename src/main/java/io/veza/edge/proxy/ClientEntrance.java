package io.veza.edge.proxy;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.function.LongSupplier;

/**
 * What a new client connection goes through before it speaks HTTP, one step after the other: who connects, what it is
 * secured by, which protocol it speaks. Belongs to one event loop.
 */
final class ClientEntrance {

    private final TrafficLoop loop;
    private final RouteTable<PoolTraffic> routes;
    private final Listener listener;
    private final LongSupplier ids;
    private final Channel channel;

    /** @param ids numbers sessions for operators */
    ClientEntrance(
            TrafficLoop loop, RouteTable<PoolTraffic> routes, Listener listener, LongSupplier ids, Channel channel) {
        this.loop = loop;
        this.routes = routes;
        this.listener = listener;
        this.ids = ids;
        this.channel = channel;
    }

    /** Takes a connection in. */
    void admit(InetSocketAddress peer, InetSocketAddress local) {
        secure(peer, local);
    }

    /** The client is known: sees to TLS where the listener asks for it. */
    private void secure(InetSocketAddress peer, InetSocketAddress local) {
        boolean trusted = loop.settings.trustedProxy().test(peer.getAddress());
        speak(new ClientAddress(peer, local, listener.name(), trusted));
    }

    /** The client is known and its connection as secure as it is to be: puts the protocol in. */
    private void speak(ClientAddress address) {
        if (listener.settings().http2()) {
            channel.pipeline().addLast(new Http2Preface(loop, http2 -> install(http2, address)));
        } else {
            install(false, address);
        }
    }

    private void install(boolean http2, ClientAddress address) {
        channel.pipeline()
                .addLast(
                        http2
                                ? Http2Codec.connection(loop, routes, listener, address, ids, channel)
                                : new ClientConnection(loop, routes, listener, address, channel, ids.getAsLong()));
    }
}
