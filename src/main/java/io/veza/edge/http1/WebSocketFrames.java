package io.veza.edge.http1;

import io.netty.buffer.ByteBuf;

/**
 * Follows the frames of one direction of a WebSocket, RFC 6455 section 5.2, without looking into them: only to know
 * whether the next byte would begin a frame, since only there may the edge put in a Close frame of its own.
 */
public final class WebSocketFrames {

    private static final int OPCODE_CLOSE = 8;

    private final byte[] header = new byte[14];
    private int headerBytes;
    private long payloadLeft;
    private boolean closeSeen;

    /** Passes over {@code [readerIndex, writerIndex)} of the buffer without moving its indices. */
    public void follow(ByteBuf in) {
        int at = in.readerIndex();
        int to = in.writerIndex();
        while (at < to) {
            if (payloadLeft > 0) {
                long skipped = Math.min(payloadLeft, to - at);
                payloadLeft -= skipped;
                at += (int) skipped;
                continue;
            }
            header[headerBytes++] = in.getByte(at++);
            if (headerBytes >= 2 && headerBytes == headerLength()) {
                payloadLeft = payloadLength();
                closeSeen |= (header[0] & 0x0f) == OPCODE_CLOSE;
                headerBytes = 0;
            }
        }
    }

    /** Whether all frames that began have ended, and no Close frame was among them. */
    public boolean atBoundary() {
        return headerBytes == 0 && payloadLeft == 0 && !closeSeen;
    }

    private int headerLength() {
        int length = header[1] & 0x7f;
        int extended = length == 126 ? 2 : length == 127 ? 8 : 0;
        int mask = (header[1] & 0x80) != 0 ? 4 : 0;
        return 2 + extended + mask;
    }

    private long payloadLength() {
        int length = header[1] & 0x7f;
        if (length < 126) {
            return length;
        }
        int bytes = length == 126 ? 2 : 8;
        long extended = 0;
        for (int i = 0; i < bytes; i++) {
            extended = (extended << 8) | (header[2 + i] & 0xff);
        }
        // A length with its top bit set breaks the protocol; taken as endless, so that no boundary is ever claimed.
        return extended < 0 ? Long.MAX_VALUE : extended;
    }

    /** An unmasked Close frame with this status code and no reason, RFC 6455 section 5.5.1. */
    public static byte[] close(int code) {
        return new byte[] {(byte) 0x88, 2, (byte) (code >>> 8), (byte) code};
    }
}
