package io.veza.edge.proxy;

import io.netty.channel.Channel;

/** Looks after what a client was sent and has not taken yet. Belongs to one event loop. */
final class UnsentWatch {

    /** {@link #taken} before anybody has looked: whatever was taken since is enough. */
    private static final long NOT_WATCHED = Long.MIN_VALUE / 2;

    /** Less than this unsent is not worth a connection when memory is short. */
    private static final long STALLED_BYTES = 16 * 1024;

    private final TrafficLoop loop;
    private final Channel channel;
    private final ClientResponse response;
    private long taken = NOT_WATCHED;
    private long takenAtLook = -1;

    UnsentWatch(TrafficLoop loop, Channel channel, ClientResponse response) {
        this.loop = loop;
        this.channel = channel;
        this.response = response;
    }

    /** From now on it counts what the client takes. */
    void begin() {
        taken = takenBytes();
    }

    /** Nobody has looked yet. */
    void forget() {
        taken = NOT_WATCHED;
    }

    /** Whether there is something to be taken, and enough of it was since the last look. */
    boolean isTaken() {
        long now = takenBytes();
        boolean enough = unsentBytes() > 0 && now - taken >= loop.leastTaken;
        if (enough) {
            taken = now;
        }
        return enough;
    }

    /** Whether much is to be taken and nothing was since this was last asked. */
    boolean isStalled() {
        long now = takenBytes();
        boolean stalled = now == takenAtLook && unsentBytes() >= STALLED_BYTES;
        takenAtLook = now;
        return stalled;
    }

    /** Bytes of answers that have left; only differences mean anything. */
    private long takenBytes() {
        return response.bytes() - unsentBytes();
    }

    private long unsentBytes() {
        var buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }
}
