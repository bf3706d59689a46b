package io.veza.edge.proxy;

import io.netty.channel.Channel;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.ClientIdentity;
import java.net.InetSocketAddress;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a new client connection goes through before it speaks HTTP, one step after the other: who connects, what it is
 * secured by, which protocol it speaks. Each step may take its time; what it adds to the pipeline learns that the channel is
 * active when it is there. Belongs to one event loop.
 */
final class ClientEntrance {

    private final TrafficLoop loop;
    private final ClientGate gate;
    private final Listener listener;
    private final LongSupplier ids;
    private final Channel channel;

    /** @param ids numbers sessions for operators */
    ClientEntrance(TrafficLoop loop, ClientGate gate, Listener listener, LongSupplier ids, Channel channel) {
        this.loop = loop;
        this.gate = gate;
        this.listener = listener;
        this.ids = ids;
        this.channel = channel;
    }

    /** Takes a connection in: finds out whose it is. */
    void admit(InetSocketAddress peer, InetSocketAddress local) {
        boolean trusted = loop.settings.trustedProxy().test(peer.getAddress());
        if (!listener.settings().acceptProxy()) {
            identified(peer, local, trusted);
        } else if (trusted) {
            channel.pipeline()
                    .addLast(new ProxyHeaderReader(
                            loop, listener, channel, peer, local, ids.getAsLong(), this::identified));
        } else {
            // What it says of itself is not believed, and what it is not asked to say would get it past the proxy.
            ClientGate.refuse(loop, listener, channel, ConnectionRefusal.NOT_A_PROXY);
        }
    }

    /**
     * The client is known: sees whether it may come in.
     *
     * @param trusted whether what it says of others is believed
     */
    private void identified(InetSocketAddress client, InetSocketAddress local, boolean trusted) {
        if (gate.admits(loop, listener, channel, client.getAddress(), trusted)) {
            secure(new ClientAddress(client, local, listener.name(), trusted));
        }
    }

    /** The client may come in: sees to TLS where the listener asks for it. */
    private void secure(ClientAddress address) {
        Certificates certificates = listener.settings().certificates();
        if (certificates == null) {
            speak(address, null);
            return;
        }
        channel.pipeline()
                .addLast(certificates.newHandler(channel.alloc()))
                .addLast(new ClientHandshake(
                        loop, listener, address.peer(), channel, ids.getAsLong(), certificates.handshake(), secured -> {
                            if (certificates.asksClients()) {
                                address.certified(ClientIdentity.lines(
                                        ClientIdentity.of(secured.engine().getSession())));
                            }
                            speak(address, secured);
                        }));
    }

    /**
     * The client is known and its connection as secure as it is to be: puts the protocol in.
     *
     * @param tls after its handshake, so that it knows the protocol that was agreed on
     */
    private void speak(ClientAddress address, @Nullable SslHandler tls) {
        if (tls != null) {
            install(ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol()), address);
        } else if (listener.settings().http2()) {
            channel.pipeline().addLast(new Http2Preface(loop, http2 -> install(http2, address)));
        } else {
            install(false, address);
        }
    }

    private void install(boolean http2, ClientAddress address) {
        channel.pipeline()
                .addLast(
                        http2
                                ? Http2Codec.connection(loop, listener, address, ids, channel)
                                : new ClientConnection(loop, listener, address, channel, ids.getAsLong()));
    }
}
