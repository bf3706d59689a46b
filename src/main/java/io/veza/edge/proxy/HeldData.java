package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Data that came and cannot be sent on yet. It is copied together: a window bounds bytes, and each byte could come in a frame
 * of its own, with an object of its own, or keep all that was read with it. Belongs to one event loop.
 */
final class HeldData {

    private static final int FIRST = 512;
    private static final int PIECE = 16 * 1024;

    private final ArrayDeque<ByteBuf> pieces = new ArrayDeque<>(0);

    boolean isEmpty() {
        return pieces.isEmpty();
    }

    /** Holds a copy. */
    void add(ByteBuf data) {
        int from = data.readerIndex();
        int left = data.readableBytes();
        while (left > 0) {
            ByteBuf last = pieces.peekLast();
            if (last == null || last.maxWritableBytes() == 0) {
                last = TrafficLoop.ALLOCATOR.buffer(Math.min(PIECE, Math.max(FIRST, left)), PIECE);
                pieces.add(last);
            }
            int part = Math.min(left, last.maxWritableBytes());
            last.writeBytes(data, from, part);
            from += part;
            left -= part;
        }
    }

    /** The oldest piece, which is the caller's then; null if there is none. */
    @Nullable
    ByteBuf poll() {
        return pieces.poll();
    }

    int pieces() {
        return pieces.size();
    }
}
