package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.veza.edge.http1.HeadFault;
import io.veza.edge.http1.HeadParser;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.http1.Trailers;
import io.veza.edge.http1.WebSocketHandshake;
import io.veza.edge.http2.HeadFields;
import io.veza.edge.http2.ResponseLines;
import io.veza.edge.http2.TrailerLines;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The server's half of one exchange, or of the tunnel it becomes, on a connection that it shares with others. Reads responses
 * as strictly as those of HTTP/1.1, by the same parser. Gives the server no more window than the client has room for.
 * Whatever happens here stays here; the connection and its other streams do not notice. Belongs to one event loop.
 */
final class Http2ServerStream implements ServerSide {

    /** DATA frames without data in a row; they cost a reader work and carry nothing, so a sender of more means harm. */
    private static final int MOST_EMPTY = 100;

    private final Http2ServerConnection connection;
    private final TrafficLoop loop;
    private final TimerWheel.Timer timer = new TimerWheel.Timer() {
        @Override
        void expired() {
            timeout();
        }
    };

    private @Nullable Http2Stream stream;
    private @Nullable Exchange exchange;
    private @Nullable Tunnel tunnel;
    private byte @Nullable [] accept;
    private boolean requestOver;
    private boolean inBody;
    private boolean paused;

    /** Data of the response that the client has not taken, so that the server is not to send as much again. */
    private int withheld;

    /** What is still to come of the body; negative if nobody said. */
    private long left;

    private int empty;

    Http2ServerStream(Http2ServerConnection connection) {
        this.connection = connection;
        this.loop = connection.loop;
    }

    // The request

    @Override
    public void begin(Exchange newExchange, ByteBuf requestHead, boolean chunked, boolean bodyless) {
        exchange = newExchange;
        byte[] head = new byte[requestHead.readableBytes()];
        requestHead.readBytes(head);
        requestHead.release();
        Http2Headers fields = connection.fields.of(head);
        boolean upgrade = connection.fields.upgrades();
        loop.wheel.arm(timer, newExchange.serverTicks());
        if (upgrade && !connection.takesExtendedConnect()) {
            later(ExchangeFailure.Cause.UPGRADE_UNSUPPORTED);
            return;
        }
        if (upgrade) {
            accept = WebSocketHandshake.accept(head, connection.fields.keyStart());
        }
        requestOver = bodyless && !upgrade;
        stream = connection.open(this, fields, requestOver);
        if (stream == null) {
            later(ExchangeFailure.Cause.STREAM_REFUSED);
        }
    }

    /** Fails, but not from within what the exchange is about to do. */
    private void later(ExchangeFailure failure) {
        loop.eventLoop.execute(() -> {
            Exchange current = exchange;
            if (current != null) {
                fail(current, failure);
            }
        });
    }

    @Override
    public boolean isWritable() {
        Http2Stream open = stream;
        return open != null && connection.encoder().flowController().isWritable(open);
    }

    @Override
    public void requestData(ByteBuf data) {
        write(data, false);
        touch();
    }

    @Override
    public void requestEnd(@Nullable Trailers trailers) {
        requestOver = true;
        Http2Stream open = stream;
        if (open != null && trailers != null && trailers.fields() > 0) {
            ChannelHandlerContext ctx = connection.context();
            connection.encoder().writeHeaders(ctx, open.id(), HeadFields.trailers(trailers), 0, true, ctx.newPromise());
        } else {
            write(Unpooled.EMPTY_BUFFER, true);
        }
        touch();
    }

    private void write(ByteBuf data, boolean end) {
        Http2Stream open = stream;
        if (open == null) {
            data.release();
        } else {
            ChannelHandlerContext ctx = connection.context();
            connection.encoder().writeData(ctx, open.id(), data, 0, end, ctx.newPromise());
        }
    }

    @Override
    public void flush() {
        connection.flushSoon();
    }

    void writable() {
        touch();
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.serverWritable();
        } else if (current != null) {
            current.client().resumeUpload();
        }
    }

    private void touch() {
        Exchange current = exchange;
        if (current != null) {
            loop.wheel.arm(timer, current.serverTicks());
        }
    }

    // The response

    /** The connection's block holds a head or the trailer fields. */
    void headers(boolean end) {
        Exchange current = exchange;
        if (current == null) {
            return;
        }
        touch();
        connection.flushLater(current.client());
        if (inBody) {
            trailers(current, end);
            return;
        }
        ResponseHead head = loop.takeResponseHead();
        HeadFault fault = ResponseLines.write(connection.block, end, current.isHead(), accept, loop.writer);
        if (fault == null && head.feed(written()) != HeadParser.Progress.COMPLETE) {
            fault = head.fault();
            current.captureResponse(head);
        }
        if (fault != null) {
            fail(current, ExchangeFailure.Cause.RESPONSE_MALFORMED);
        } else if (head.isInterim()) {
            if (!current.interim(head)) {
                fail(current, ExchangeFailure.Cause.RESPONSE_MALFORMED);
            }
        } else if (head.status() == 101) {
            upgrade(head, current);
        } else {
            startBody(head, current, end);
        }
        loop.giveBack(head);
    }

    private ByteBuf written() {
        return Unpooled.wrappedBuffer(loop.writer.room(0), 0, loop.writer.size());
    }

    private void startBody(ResponseHead head, Exchange current, boolean end) {
        long length = head.bodyLength(current.isHead());
        if (end && length > 0) {
            fail(current, ExchangeFailure.Cause.RESPONSE_MALFORMED);
            return;
        }
        left = length;
        inBody = true;
        current.responseHead(head, length, 0);
        if (end) {
            finish(null);
        }
    }

    private void upgrade(ResponseHead head, Exchange current) {
        Tunnel opened = current.upgrade(head, this);
        if (opened == null) {
            fail(current, ExchangeFailure.Cause.RESPONSE_MALFORMED);
            return;
        }
        loop.wheel.remove(timer);
        exchange = null;
        tunnel = opened;
        connection.opened(opened);
    }

    private void trailers(Exchange current, boolean end) {
        Trailers trailers = new Trailers(loop.settings.limits());
        HeadFault fault = end && left <= 0 ? TrailerLines.write(connection.block, loop.writer) : HeadFault.BAD_TRAILER;
        if (fault != null || trailers.feed(written()) != HeadParser.Progress.COMPLETE) {
            fail(current, ExchangeFailure.Cause.RESPONSE_CUT);
        } else {
            finish(trailers.fields() > 0 ? trailers : null);
        }
    }

    /**
     * Takes a piece of the body, or of what comes through the tunnel.
     *
     * @param counted its length as far as windows are concerned
     * @return how much of that the server may send again
     */
    int data(ByteBuf data, int counted, boolean end) {
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            tunnelRead(through, data, end);
        } else if (current != null) {
            touch();
            connection.flushLater(current.client());
            body(current, data, end);
        }
        if (!paused || stream == null) {
            return counted;
        }
        withheld += counted;
        return 0;
    }

    private void body(Exchange current, ByteBuf data, boolean end) {
        int length = data.readableBytes();
        boolean declared = left >= 0;
        if (declared) {
            left -= length;
        }
        empty = length > 0 ? 0 : empty + 1;
        if (!inBody || empty > MOST_EMPTY || (declared && (left < 0 || (end && left > 0)))) {
            fail(current, inBody ? ExchangeFailure.Cause.RESPONSE_CUT : ExchangeFailure.Cause.RESPONSE_MALFORMED);
            return;
        }
        if (length > 0) {
            current.responseData(data.retain());
        }
        if (end && exchange != null) {
            finish(null);
        }
    }

    /** The response is whole. A server that is still owed a body has answered early, and does not get the rest. */
    private void finish(@Nullable Trailers trailers) {
        Exchange current = exchange;
        if (current != null) {
            exchange = null;
            loop.wheel.remove(timer);
            boolean early = !requestOver;
            current.responseEnd(trailers);
            if (early) {
                resetWith(Http2Error.CANCEL);
            }
        }
    }

    @Override
    public void pauseResponse() {
        paused = true;
    }

    @Override
    public void resumeResponse() {
        paused = false;
        Http2Stream open = stream;
        int length = withheld;
        withheld = 0;
        if (open != null && length > 0) {
            connection.giveWindow(open, length);
        }
    }

    // Ends

    private void resetWith(Http2Error error) {
        Http2Stream open = stream;
        stream = null;
        if (open != null) {
            connection.resetStream(open, error);
        }
    }

    private void fail(Exchange current, ExchangeFailure failure) {
        exchange = null;
        loop.wheel.remove(timer);
        resetWith(Http2Error.CANCEL);
        current.serverFailed(failure);
    }

    private void timeout() {
        Exchange current = exchange;
        if (current == null) {
            close();
        } else if (current.waitsForClient(isWritable())) {
            loop.wheel.arm(timer, current.serverTicks());
        } else {
            fail(current, inBody ? ExchangeFailure.Cause.RESPONSE_STALLED : ExchangeFailure.Cause.RESPONSE_TIMEOUT);
        }
    }

    /** What the server sent breaks the rules of HTTP/2 for streams. */
    void malformed() {
        Exchange current = exchange;
        if (current != null) {
            connection.flushLater(current.client());
            fail(current, inBody ? ExchangeFailure.Cause.RESPONSE_CUT : ExchangeFailure.Cause.RESPONSE_MALFORMED);
        }
    }

    /** The server takes the stream back. */
    void reset(long code) {
        closed(code == Http2Error.REFUSED_STREAM.code());
    }

    /**
     * The stream is gone, whether or not its exchange is over.
     *
     * @param untouched whether the server has said that it did nothing with the request
     */
    void closed(boolean untouched) {
        stream = null;
        Tunnel through = tunnel;
        Exchange current = exchange;
        exchange = null;
        loop.wheel.remove(timer);
        if (through != null) {
            through.serverClosed();
        } else if (current != null) {
            connection.flushLater(current.client());
            if (inBody) {
                current.serverFailed(ExchangeFailure.Cause.RESPONSE_CUT);
            } else {
                current.serverFailed(
                        untouched ? ExchangeFailure.Cause.STREAM_REFUSED : ExchangeFailure.Cause.CLOSED_EARLY);
            }
        }
    }

    /** The server is gone or to be left alone. */
    void cut() {
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.cut();
        } else if (current != null) {
            fail(current, inBody ? ExchangeFailure.Cause.RESPONSE_CUT : ExchangeFailure.Cause.MARKED_DOWN);
        }
    }

    void shutdown() {
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.shutdown();
        } else if (current != null) {
            current.giveUp(ExchangeFailure.Cause.SHUT_DOWN);
        }
    }

    @Override
    public void abandon() {
        exchange = null;
        close();
    }

    @Override
    public void close() {
        loop.wheel.remove(timer);
        resetWith(Http2Error.CANCEL);
    }

    // Tunnels

    private void tunnelRead(Tunnel through, ByteBuf data, boolean end) {
        if (data.isReadable()) {
            through.fromServer(data.retain());
            through.flushClient();
        }
        if (end) {
            through.serverClosed();
            requestOver = true;
            write(Unpooled.EMPTY_BUFFER, true);
            flush();
        }
    }

    @Override
    public void tunnelData(ByteBuf data) {
        write(data, false);
    }

    @Override
    public void closeAfterWrites(long ticks) {
        if (!requestOver) {
            requestOver = true;
            write(Unpooled.EMPTY_BUFFER, true);
            flush();
        }
        loop.wheel.arm(timer, ticks);
    }

    @Override
    public InetSocketAddress address() {
        return connection.address();
    }
}
