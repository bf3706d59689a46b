package io.veza.edge.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.veza.edge.pool.AddressRule;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Decides by a client's address whether its connection is let in, before a byte of it is read: by the listener's lists, then
 * by how many the address has and how fast it comes; by nothing but memory while that is at its end. Trusted proxies bring the clients of others and this machine's own
 * processes are no strangers: neither is limited. Belongs to the plane; thread-safe.
 */
final class ClientGate {

    private volatile @Nullable AddressLimits limits;

    /** @param limits null for none */
    ClientGate(@Nullable AddressLimits limits) {
        this.limits = limits;
    }

    /** New connections are counted by these from now on, those counted before until they close by the old ones. */
    void limit(@Nullable AddressLimits next) {
        AddressLimits present = limits;
        boolean same = next == null ? present == null : present != null && present.isLike(next);
        if (!same) {
            limits = next;
        }
    }

    /**
     * Whether the connection is let in; if not, it is closed and counted.
     *
     * @param trusted whether the client is a trusted proxy
     */
    boolean admits(TrafficLoop loop, Listener listener, Channel channel, InetAddress client, boolean trusted) {
        if (loop.memory == MemoryWatch.Level.EXHAUSTED) {
            refuse(loop, listener, channel, ConnectionRefusal.OVERLOADED);
            return false;
        }
        AddressRule rule = listener.settings().clients();
        AddressLimits limits = this.limits;
        if (rule.isOpen() && limits == null) {
            return true;
        }
        byte[] address = client.getAddress();
        ConnectionRefusal refusal = rule.admits(address) ? null : ConnectionRefusal.DENIED;
        if (refusal == null && limits != null && !trusted && !client.isLoopbackAddress()) {
            refusal = count(limits, address, channel);
        }
        if (refusal == null) {
            return true;
        }
        refuse(loop, listener, channel, refusal);
        return false;
    }

    /** Counts it and closes it. */
    static void refuse(TrafficLoop loop, Listener listener, Channel channel, ConnectionRefusal refusal) {
        loop.observer.connectionRefused(listener.id(), refusal);
        // With a reset nothing of it is left: a flood of closed connections would fill the system's table of those that
        // wait for late packets.
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.close();
    }

    private static @Nullable ConnectionRefusal count(AddressLimits limits, byte[] address, Channel channel) {
        int number = limits.open(address, System.nanoTime());
        switch (number) {
            case AddressLimits.TOO_MANY -> {
                return ConnectionRefusal.ADDRESS_CONNECTIONS;
            }
            case AddressLimits.TOO_FAST -> {
                return ConnectionRefusal.ADDRESS_RATE;
            }
            case AddressLimits.UNCOUNTED -> {}
            default -> channel.closeFuture().addListener(closed -> limits.closed(number));
        }
        return null;
    }
}
