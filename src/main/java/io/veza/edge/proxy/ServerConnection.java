package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.veza.edge.control.ServerLink;
import io.veza.edge.http1.BodyReader;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.http1.Trailers;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One connection to one server, speaking HTTP/1.1: serves one exchange at a time, or rests, or carries a tunnel. Reads
 * responses as strictly as requests are read. Belongs to one event loop.
 */
final class ServerConnection extends ChannelInboundHandlerAdapter implements ServerSide, OpenConnection {

    private final TrafficLoop loop;
    private final ServerConnections home;
    private final InetSocketAddress address;
    private final @Nullable ProxyAnnouncement announced;
    private final BodyReader body;
    private final TimerWheel.Timer timer = new TimerWheel.Timer() {
        @Override
        void expired() {
            timeout();
        }
    };

    private Channel channel;
    private @Nullable Exchange exchange;
    private @Nullable Tunnel tunnel;
    private @Nullable ResponseHead head;
    private boolean inBody;
    private boolean anyByte;
    private boolean reusable;
    private boolean requestChunked;
    private boolean requestOver;
    private boolean broken;
    private boolean closed;
    private boolean made;

    /** Whether the connection may end a response by its own end: over TLS only behind the server's close_notify. */
    private boolean endTrusted = true;

    /** How it was made. */
    final ServerLink link;

    private long idleTicks;
    private @Nullable ClientSide unflushed;

    @SuppressWarnings("NullAway.Init") // the channel is known as soon as connecting has begun, before any event
    ServerConnection(
            TrafficLoop loop, ServerConnections home, InetSocketAddress address, ServerLink link, Exchange exchange) {
        this.loop = loop;
        this.link = link;
        this.home = home;
        this.address = address;
        this.exchange = exchange;
        this.announced = exchange.announcement();
        this.body = new BodyReader(loop.settings.limits());
        this.idleTicks = loop.serverKeepAliveTicks;
    }

    void connecting(Channel connecting) {
        channel = connecting;
    }

    /** Whether it was made for this client's connection. */
    boolean hasAnnounced(ProxyAnnouncement wanted) {
        return wanted.equals(announced);
    }

    boolean isTo(InetSocketAddress wanted) {
        return address.equals(wanted) && channel.isActive();
    }

    /** Speaks over TLS; to be told before {@link #connected}. */
    void secured() {
        endTrusted = false;
    }

    void connected() {
        made = true;
        Exchange waiting = exchange;
        if (waiting == null || !waiting.connected(this)) {
            exchange = null;
            rest();
        }
    }

    void connectFailed() {
        closed = true;
        Exchange waiting = exchange;
        exchange = null;
        if (waiting != null) {
            waiting.connectFailed();
        }
    }

    @Override
    public void begin(Exchange newExchange, ByteBuf requestHead, boolean chunked, boolean bodyless) {
        exchange = newExchange;
        anyByte = false;
        inBody = false;
        requestChunked = chunked;
        requestOver = bodyless;
        channel.write(requestHead, channel.voidPromise());
        loop.wheel.arm(timer, newExchange.serverTicks());
    }

    @Override
    public boolean isWritable() {
        return channel.isWritable();
    }

    @Override
    public void requestData(ByteBuf data) {
        if (requestChunked) {
            Chunks.write(channel, data);
        } else {
            channel.write(data, channel.voidPromise());
        }
        touch();
    }

    @Override
    public void requestEnd(@Nullable Trailers trailers) {
        requestOver = true;
        if (requestChunked) {
            channel.write(Chunks.last(channel, trailers, loop.writer), channel.voidPromise());
        }
        touch();
    }

    @Override
    public void flush() {
        channel.flush();
    }

    @Override
    public void abandon() {
        exchange = null;
        if (channel.isActive()) {
            close();
        }
    }

    private void touch() {
        Exchange current = exchange;
        if (current != null) {
            loop.wheel.arm(timer, current.serverTicks());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        ByteBuf in = (ByteBuf) msg;
        Tunnel through = tunnel;
        if (through != null) {
            through.fromServer(in);
            return;
        }
        try {
            if (exchange == null) {
                // Nobody asked: what this connection says next could not be told from an answer.
                close();
            } else {
                anyByte = true;
                touch();
                read(in);
            }
        } finally {
            in.release();
        }
    }

    private void read(ByteBuf in) {
        Exchange current;
        while ((current = exchange) != null) {
            if (!inBody) {
                if (!readHead(in, current)) {
                    return;
                }
            } else if (!readBody(in, current)) {
                return;
            }
        }
    }

    /** True if reading goes on. */
    private boolean readHead(ByteBuf in, Exchange current) {
        ResponseHead reading = head != null ? head : loop.takeResponseHead();
        head = reading;
        switch (reading.feed(in)) {
            case MORE -> {
                return false;
            }
            case FAULT -> {
                current.captureResponse(reading);
                fail(current, ExchangeFailure.Cause.RESPONSE_MALFORMED);
                return false;
            }
            case COMPLETE -> {}
        }
        unflushed = current.client();
        if (reading.isInterim()) {
            boolean accepted = current.interim(reading);
            if (!accepted) {
                current.captureResponse(reading);
            }
            reading.reset();
            if (!accepted) {
                fail(current, ExchangeFailure.Cause.RESPONSE_MALFORMED);
            }
            return accepted;
        }
        head = null;
        if (reading.status() == 101) {
            upgrade(reading, in, current);
        } else {
            startBody(reading, in, current);
        }
        loop.giveBack(reading);
        return true;
    }

    private void startBody(ResponseHead reading, ByteBuf in, Exchange current) {
        long length = reading.bodyLength(current.isHead());
        if (length == ResponseHead.CHUNKED) {
            body.startChunked();
        } else if (length == ResponseHead.UNTIL_CLOSE) {
            body.startUntilClose();
        } else {
            body.startLength(length);
        }
        inBody = true;
        reusable = reading.keepsAlive() && length != ResponseHead.UNTIL_CLOSE;
        // A second less than the server says: it may be about to close when we mean to send.
        idleTicks = reading.keepAliveSeconds() < 0
                ? loop.serverKeepAliveTicks
                : Math.min(
                        loop.serverKeepAliveTicks,
                        (reading.keepAliveSeconds() - 1L) * 1000 / TimerWheel.TICK.toMillis());
        current.responseHead(reading, length, in.readableBytes());
    }

    private void upgrade(ResponseHead reading, ByteBuf in, Exchange current) {
        Tunnel opened = current.upgrade(reading, this);
        if (opened == null) {
            current.captureResponse(reading);
            fail(current, ExchangeFailure.Cause.RESPONSE_MALFORMED);
            return;
        }
        loop.wheel.remove(timer);
        exchange = null;
        tunnel = opened;
        home.opened(opened);
        if (in.isReadable()) {
            opened.fromServer(in.retainedSlice());
            opened.flushClient();
        }
    }

    /** True if reading goes on. */
    private boolean readBody(ByteBuf in, Exchange current) {
        switch (body.next(in)) {
            case MORE -> {
                return false;
            }
            case DATA -> {
                unflushed = current.client();
                current.responseData(in.retainedSlice(body.dataStart(), body.dataLength()));
                return exchange != null;
            }
            case FAULT -> {
                fail(current, ExchangeFailure.Cause.RESPONSE_CUT);
                return false;
            }
            case END -> {
                // Bytes behind the end were not asked for, and a server that is still owed a body is not in step.
                boolean inStep = !in.isReadable() && requestOver;
                exchange = null;
                inBody = false;
                unflushed = current.client();
                if (inStep && reusable) {
                    rest();
                    current.responseEnd(body.trailers());
                } else {
                    current.responseEnd(body.trailers());
                    close();
                }
                return false;
            }
        }
        throw new IllegalStateException("no such event");
    }

    private void rest() {
        if (idleTicks > 0 && home.keepIdle(this)) {
            loop.wheel.arm(timer, idleTicks);
            resumeResponse();
        } else {
            close();
        }
    }

    private void fail(Exchange current, ExchangeFailure failure) {
        exchange = null;
        close();
        unflushed = current.client();
        current.serverFailed(failure);
        flushClient();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        Tunnel through = tunnel;
        if (through != null) {
            through.flushClient();
        }
        flushClient();
    }

    private void flushClient() {
        ClientSide client = unflushed;
        if (client != null) {
            unflushed = null;
            client.flush();
        }
    }

    @Override
    public void pauseResponse() {
        channel.config().setAutoRead(false);
    }

    @Override
    public void resumeResponse() {
        channel.config().setAutoRead(true);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (channel.isWritable()) {
            touch();
            Tunnel through = tunnel;
            Exchange current = exchange;
            if (through != null) {
                through.serverWritable();
            } else if (current != null) {
                current.client().resumeUpload();
            }
        }
    }

    private void timeout() {
        Exchange current = exchange;
        if (current == null) {
            close();
        } else if (current.waitsForClient(channel.isWritable())) {
            loop.wheel.arm(timer, current.serverTicks());
        } else {
            fail(current, inBody ? ExchangeFailure.Cause.RESPONSE_STALLED : ExchangeFailure.Cause.RESPONSE_TIMEOUT);
        }
    }

    @Override
    public void cut() {
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.cut();
        } else if (current != null && made && channel.isActive()) {
            fail(current, inBody ? ExchangeFailure.Cause.RESPONSE_CUT : ExchangeFailure.Cause.MARKED_DOWN);
        } else {
            close();
        }
    }

    @Override
    public void shutdown() {
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.shutdown();
        } else if (current != null) {
            current.giveUp(ExchangeFailure.Cause.SHUT_DOWN);
        }
    }

    @Override
    public void closeAfterWrites(long ticks) {
        loop.wheel.arm(timer, ticks);
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> close());
    }

    @Override
    public void close() {
        channel.close();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslCloseCompletionEvent said && said.isSuccess()) {
            // The server has said its last; some leave the connection open behind that.
            endTrusted = true;
            close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        broken = true;
        // A server may answer and close without reading the whole request: then writing fails while the answer is still
        // to be read. Reading meets the end by itself, and the server's timeout bounds the wait.
        boolean answerMayBeWaiting = cause instanceof IOException && exchange != null;
        if (!answerMayBeWaiting) {
            close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (closed) {
            return;
        }
        closed = true;
        home.closed(this);
        loop.wheel.remove(timer);
        if (head != null) {
            loop.giveBack(head);
            head = null;
        }
        Tunnel through = tunnel;
        Exchange current = exchange;
        exchange = null;
        if (through != null) {
            through.serverClosed();
        } else if (current != null) {
            unflushed = current.client();
            if (inBody && body.endsWithConnection() && endTrusted && !broken) {
                current.responseEnd(null);
            } else if (inBody || anyByte) {
                current.serverFailed(ExchangeFailure.Cause.RESPONSE_CUT);
            } else {
                current.serverFailed(ExchangeFailure.Cause.CLOSED_EARLY);
            }
            flushClient();
        }
    }

    @Override
    public InetSocketAddress address() {
        return address;
    }

    @Override
    public void tunnelData(ByteBuf data) {
        channel.write(data, channel.voidPromise());
    }
}
