package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.http1.Trailers;
import io.veza.edge.http2.HeadFields;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes the response on one HTTP/2 stream. Its head is made as for HTTP/1.1, so that both say the same, and put into
 * fields; its end goes out with the last piece of the body where that is known to be the last. Nothing is flushed here.
 * Belongs to one event loop.
 */
final class Http2Response {

    private final Http2ClientConnection connection;
    private final TrafficLoop loop;
    private final Http2Stream stream;
    private final byte @Nullable [] strictTransport;
    private boolean toHead;
    private boolean begun;
    private boolean ended;
    private boolean due;
    private long left = -1;
    private long bytes;
    private long headBytes;
    private @Nullable ChannelFuture last;

    Http2Response(Http2ClientConnection connection, Http2Stream stream) {
        this.connection = connection;
        this.loop = connection.loop;
        this.stream = stream;
        StrictTransport strict = connection.listener.settings().strictTransport();
        this.strictTransport = strict == null ? null : strict.line();
    }

    /** Whether it answers a HEAD. */
    void expect(boolean head) {
        toHead = head;
    }

    /** Whether the client has seen any of it, interim responses aside. */
    boolean hasBegun() {
        return begun;
    }

    /** Whether there is enough to be sent at once; asked once for each answer. */
    boolean isDue() {
        boolean now = due;
        due = false;
        return now;
    }

    long bytes() {
        return bytes;
    }

    long headBytes() {
        return headBytes;
    }

    void interim(ResponseHead head) {
        ResponseEncoder.encode(head, ResponseEncoder.Framing.AS_DECLARED, false, false, null, null, null, loop.writer);
        fields(head.status(), false);
    }

    void begin(ResponseHead head, Exchange exchange, long bodyLength) {
        begun = true;
        boolean body = head.mayHaveBody(toHead);
        boolean end = !body || bodyLength == 0;
        ResponseEncoder.Framing framing = ResponseEncoder.Framing.UNTIL_CLOSE;
        if (body && bodyLength >= 0) {
            framing = ResponseEncoder.Framing.LENGTH;
        } else if (!body && !head.declaresChunked()) {
            framing = ResponseEncoder.Framing.AS_DECLARED;
        }
        ResponseEncoder.encode(
                head, framing, false, false, exchange.sticky(), exchange.setCookie(), strictTransport, loop.writer);
        left = bodyLength;
        fields(head.status(), end);
    }

    /** Says that the tunnel is open: RFC 8441 section 5. */
    void switching(ResponseHead head, Exchange exchange) {
        begun = true;
        ResponseEncoder.encode(
                head,
                ResponseEncoder.Framing.AS_DECLARED,
                false,
                false,
                exchange.sticky(),
                exchange.setCookie(),
                strictTransport,
                loop.writer);
        fields(200, false);
    }

    /** Sends the client to the listener with TLS. */
    void redirect(HttpsRedirect to, RequestHead head) {
        begun = true;
        to.write(head, false, loop.writer);
        fields(HttpsRedirect.STATUS, true);
    }

    /** Writes the head that the loop's writer holds. */
    private void fields(int status, boolean end) {
        int size = loop.writer.size();
        headBytes += size;
        bytes += size;
        byte[] head = Arrays.copyOf(loop.writer.room(0), size);
        headers(connection.fields.response(head, size, status), end);
    }

    private void headers(Http2Headers headers, boolean end) {
        var ctx = connection.context();
        ChannelFuture written = connection.encoder().writeHeaders(ctx, stream.id(), headers, 0, end, ctx.newPromise());
        ended(end, written);
    }

    private void ended(boolean end, ChannelFuture written) {
        if (end) {
            ended = true;
            last = written;
        }
    }

    /** Writes an answer of the edge itself, whole. */
    void refusal(ExchangeFailure failure) {
        begun = true;
        byte[] whole = Refusals.response(failure, false, !toHead, strictTransport);
        int head = Refusals.headLength(whole);
        headBytes += head;
        bytes += head;
        boolean bodyless = whole.length == head;
        headers(connection.fields.response(Arrays.copyOf(whole, head), head, failure.status()), bodyless);
        if (!bodyless) {
            write(Unpooled.wrappedBuffer(whole, head, whole.length - head), true);
        }
    }

    /** Goes on with the body. Takes over the buffer. */
    void data(ByteBuf data) {
        if (left > 0) {
            left -= data.readableBytes();
        }
        write(data, left == 0);
    }

    /** Sends what came through the tunnel. Takes over the buffer. */
    void tunnelData(ByteBuf data) {
        write(data, false);
    }

    private void write(ByteBuf data, boolean end) {
        int length = data.readableBytes();
        bytes += length;
        var ctx = connection.context();
        ended(end, connection.encoder().writeData(ctx, stream.id(), data, 0, end, ctx.newPromise()));
        due |= connection.wrote(length);
    }

    void end(@Nullable Trailers trailers) {
        if (ended) {
            return;
        }
        if (trailers != null && trailers.fields() > 0) {
            headers(HeadFields.trailers(trailers), true);
        } else {
            write(Unpooled.EMPTY_BUFFER, true);
        }
    }

    /** Tells when the end has gone out, or never will. */
    void afterEnd(ChannelFutureListener listener) {
        ChannelFuture end = last;
        if (end != null) {
            end.addListener(listener);
        }
    }

    /** Whether the end has gone out, and not only been given up. */
    boolean hasGoneOut() {
        ChannelFuture end = last;
        return end != null && end.isSuccess();
    }

    /** Whether the end has gone out, or never will. */
    boolean isSent() {
        ChannelFuture end = last;
        return end != null && end.isDone();
    }
}
