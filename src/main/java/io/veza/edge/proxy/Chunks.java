package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.veza.edge.http1.HeadWriter;
import io.veza.edge.http1.Octets;
import io.veza.edge.http1.Trailers;
import org.jspecify.annotations.Nullable;

/** Writes chunked bodies, RFC 9112 section 7.1: each piece of data a chunk of its own. */
final class Chunks {

    /** Pieces up to this size are copied behind their chunk size: one buffer is cheaper to send than three. */
    private static final int COPIED = 4096;

    private static final byte[] CRLF = Octets.ascii("\r\n");
    private static final byte[] LAST = Octets.ascii("0\r\n");
    private static final byte[] DIGITS = Octets.ascii("0123456789abcdef");
    private static final ByteBuf CRLF_BUFFER = Unpooled.unreleasableBuffer(
            Unpooled.directBuffer(2, 2).writeBytes(CRLF).asReadOnly());

    private Chunks() {}

    /**
     * Takes over {@code data}, which is not empty.
     *
     * @return how many bytes the chunk has in all
     */
    static int write(Channel channel, ByteBuf data) {
        int length = data.readableBytes();
        boolean copied = length <= COPIED;
        ByteBuf chunk = channel.alloc().ioBuffer(10 + (copied ? length + 2 : 0));
        int shift = (31 - Integer.numberOfLeadingZeros(length)) & ~3;
        for (; shift >= 0; shift -= 4) {
            chunk.writeByte(DIGITS[length >>> shift & 15]);
        }
        chunk.writeBytes(CRLF);
        int size = chunk.readableBytes() + length + CRLF.length;
        if (copied) {
            chunk.writeBytes(data).writeBytes(CRLF);
            data.release();
            channel.write(chunk, channel.voidPromise());
        } else {
            channel.write(chunk, channel.voidPromise());
            channel.write(data, channel.voidPromise());
            channel.write(CRLF_BUFFER.duplicate(), channel.voidPromise());
        }
        return size;
    }

    /** The last chunk with the trailer fields as they came. */
    static ByteBuf last(Channel channel, @Nullable Trailers trailers, HeadWriter writer) {
        writer.reset().put(LAST);
        if (trailers != null) {
            for (int i = 0; i < trailers.fields(); i++) {
                writer.keep(trailers, i);
            }
            writer.endRun(trailers);
        }
        return writer.crlf().toBuffer(channel.alloc(), 0);
    }
}
