package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Says how large a buffer is that a connection reads into: small for heads, large for bodies, since what a big body costs is
 * decided by bytes per system call. While buffers take much of their memory it is no larger than {@link #NARROW}. Thread-safe.
 */
final class ReceiveBuffers implements RecvByteBufAllocator {

    /** Bytes; what the connections of all hold is bounded by the number of connections times a few of these. */
    static final int NARROW = 16 * 1024;

    private static final int LEAST = 1024;
    private static final int FIRST = 2048;
    private static final int MOST = 256 * 1024;

    private final RecvByteBufAllocator adaptive = new AdaptiveRecvByteBufAllocator(LEAST, FIRST, MOST);
    private final TrafficAllocator buffers;

    ReceiveBuffers(TrafficAllocator buffers) {
        this.buffers = buffers;
    }

    @SuppressWarnings("deprecation") // Of the interface, which has no other way.
    @Override
    public ExtendedHandle newHandle() {
        return new Bounded((ExtendedHandle) adaptive.newHandle(), buffers);
    }

    private static final class Bounded extends DelegatingHandle implements ExtendedHandle {

        private final ExtendedHandle adaptive;
        private final TrafficAllocator buffers;

        Bounded(ExtendedHandle adaptive, TrafficAllocator buffers) {
            super(adaptive);
            this.adaptive = adaptive;
            this.buffers = buffers;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator from) {
            return from.ioBuffer(guess());
        }

        @Override
        public int guess() {
            int wanted = adaptive.guess();
            return wanted > NARROW && buffers.isNarrow() ? NARROW : wanted;
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier more) {
            return adaptive.continueReading(more);
        }
    }
}
