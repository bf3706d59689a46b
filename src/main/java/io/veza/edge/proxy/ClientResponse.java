package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.http1.Trailers;
import io.veza.edge.persistence.StickyCookie;
import org.jspecify.annotations.Nullable;

/**
 * Writes the responses of one client connection, one after the other, as HTTP/1.1: which framing the client gets and what
 * goes out in one buffer. Nothing is flushed here. Belongs to one event loop.
 */
final class ClientResponse {

    /** Response bodies up to this size are copied behind their head and sent as one buffer. */
    private static final int INLINE_BODY = 8192;

    private final TrafficLoop loop;
    private final Channel channel;
    private final byte @Nullable [] strictTransport;
    private boolean toHead;
    private boolean http10;
    private boolean chunked;
    private @Nullable ByteBuf begun;
    private long bytes;
    private long headBytes;

    /** @param strict what every response carries; null for nothing */
    ClientResponse(TrafficLoop loop, Channel channel, @Nullable StrictTransport strict) {
        this.loop = loop;
        this.channel = channel;
        this.strictTransport = strict == null ? null : strict.line();
    }

    /** Turns to the next request: whether it is a HEAD, and whether its client speaks HTTP/1.0. */
    void expect(boolean head, boolean oldClient) {
        toHead = head;
        http10 = oldClient;
        bytes = 0;
        headBytes = 0;
    }

    /** What the client speaks that is being answered. */
    Protocol protocol() {
        return Protocol.ofHttp1(http10);
    }

    /** How many of {@link #bytes} are heads, interim ones included. */
    long headBytes() {
        // One that was made and never written is not among them; no body goes out before its head.
        return Math.min(headBytes, bytes);
    }

    /** Bytes written since {@link #expect}. */
    long bytes() {
        return bytes;
    }

    /** Counts bytes that were written past this. */
    void count(int written) {
        bytes += written;
    }

    void interim(ResponseHead head) {
        encode(head, ResponseEncoder.Framing.AS_DECLARED, false, null, null);
        write(loop.writer.toBuffer(channel.alloc(), 0));
    }

    void switching(ResponseHead head, Exchange exchange) {
        encode(head, ResponseEncoder.Framing.AS_DECLARED, false, exchange.sticky(), exchange.setCookie());
        write(loop.writer.toBuffer(channel.alloc(), 0));
    }

    /** Writes an answer of the edge itself, whole. */
    void refusal(ExchangeFailure failure, boolean close) {
        byte[] whole = Refusals.response(failure, close, !toHead, strictTransport);
        headBytes += Refusals.headLength(whole);
        write(Unpooled.wrappedBuffer(whole));
    }

    /** Writes what the loop's writer holds: an answer of the edge itself that has no body. */
    void own() {
        headBytes += loop.writer.size();
        write(loop.writer.toBuffer(channel.alloc(), 0));
    }

    /**
     * Begins a response.
     *
     * @param bodyLength as of {@link ResponseHead#bodyLength}
     * @param ready how many bytes of the body follow at once
     * @param close whether the connection is to end with it
     * @return whether it has to, which a body without a length makes it
     */
    boolean begin(ResponseHead head, Exchange exchange, long bodyLength, int ready, boolean close) {
        ResponseEncoder.Framing framing;
        if (!head.mayHaveBody(toHead)) {
            framing = ResponseEncoder.Framing.AS_DECLARED;
        } else if (bodyLength >= 0) {
            framing = ResponseEncoder.Framing.LENGTH;
        } else {
            framing = http10 ? ResponseEncoder.Framing.UNTIL_CLOSE : ResponseEncoder.Framing.CHUNKED;
        }
        chunked = framing == ResponseEncoder.Framing.CHUNKED;
        boolean closes = close || framing == ResponseEncoder.Framing.UNTIL_CLOSE;
        encode(head, framing, closes, exchange.sticky(), exchange.setCookie());
        begun = loop.writer.toBuffer(channel.alloc(), chunked ? 0 : Math.min(ready, INLINE_BODY));
        return closes;
    }

    private void encode(
            ResponseHead head,
            ResponseEncoder.Framing framing,
            boolean close,
            @Nullable StickyCookie sticky,
            byte @Nullable [] setCookie) {
        boolean sayKeepAlive = http10 && !close && head.status() >= 200;
        byte[] strict = head.status() < 200 && head.status() != 101 ? null : strictTransport;
        ResponseEncoder.encode(head, framing, close, sayKeepAlive, sticky, setCookie, strict, loop.writer);
        headBytes += loop.writer.size();
    }

    /** Goes on with the body. Takes over the buffer. */
    void data(ByteBuf data) {
        ByteBuf head = begun;
        if (chunked) {
            writeOut();
            bytes += Chunks.write(channel, data);
        } else if (head != null && data.readableBytes() <= head.writableBytes()) {
            head.writeBytes(data);
            data.release();
        } else {
            writeOut();
            write(data);
        }
    }

    void end(@Nullable Trailers trailers) {
        writeOut();
        if (chunked) {
            write(Chunks.last(channel, trailers, loop.writer));
            chunked = false;
        }
    }

    /** Hands on what was held back to be joined by the beginning of the body. */
    void writeOut() {
        ByteBuf head = begun;
        if (head != null) {
            begun = null;
            write(head);
        }
    }

    private void write(ByteBuf buffer) {
        bytes += buffer.readableBytes();
        channel.write(buffer, channel.voidPromise());
    }

    /** Drops what was never written; for the end of the connection. */
    void release() {
        ByteBuf head = begun;
        begun = null;
        if (head != null) {
            head.release();
        }
    }
}
