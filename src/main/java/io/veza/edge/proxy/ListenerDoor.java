package io.veza.edge.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where connections of one listener come in, each on its event loop. Knows the listener before the first is accepted, since
 * accepting begins after it is set, and may be told to take later ones in otherwise. Thread-safe.
 */
final class ListenerDoor extends ChannelInitializer<Channel> {

    private final Map<EventExecutor, TrafficLoop> loops;
    private final ClientGate gate;
    private final Consumer<Channel> arrived;
    private final LongSupplier ids;
    private volatile @Nullable Listener listener;

    /** @param arrived counts the connection until it closes */
    ListenerDoor(Map<EventExecutor, TrafficLoop> loops, ClientGate gate, Consumer<Channel> arrived, LongSupplier ids) {
        this.loops = loops;
        this.gate = gate;
        this.arrived = arrived;
        this.ids = ids;
    }

    void open(Listener bound) {
        listener = bound;
    }

    /** Null until it is bound. */
    @Nullable
    Listener listener() {
        return listener;
    }

    /** Has connections from now on go by what is said of this listener, if anything is. */
    void follow(Map<String, ListenerSettings> settings) {
        Listener known = listener;
        ListenerSettings next = known == null ? null : settings.get(known.name());
        if (known != null && next != null) {
            listener = new Listener(known.id(), next, known.address());
        }
    }

    @Override
    protected void initChannel(Channel channel) {
        Listener known = listener;
        TrafficLoop loop = loops.get(channel.eventLoop());
        arrived.accept(channel);
        InetSocketAddress peer = (InetSocketAddress) channel.remoteAddress();
        InetSocketAddress local = (InetSocketAddress) channel.localAddress();
        if (known == null || peer == null || local == null || loop == null) {
            channel.close();
            return;
        }
        new ClientEntrance(loop, gate, known, ids, channel).admit(peer, local);
    }
}
