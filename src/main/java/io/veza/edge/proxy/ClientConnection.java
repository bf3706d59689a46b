package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.http1.HeadFault;
import io.veza.edge.http1.Method;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.http1.Trailers;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, speaking HTTP/1.1: reads requests one after the other, answers them in order, and becomes the
 * client's end of a tunnel after an upgrade. Belongs to one event loop.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter
        implements ClientSide, ClientSession, RequestReader.Requests {

    /**
     * A client that ends its sending side this soon after a request has half-closed and waits for the answer, as {@code nc
     * -N} does; one that does so later has gone away. TCP shows no difference.
     */
    private static final long HALF_CLOSE_WINDOW = TimeUnit.MILLISECONDS.toNanos(250);

    /** How long a connection that is closed by us goes on reading, so that its last answer is not lost to a reset. */
    private static final long LINGER_TICKS = TimerWheel.ticks(Duration.ofSeconds(2));

    private final TrafficLoop loop;
    private final Listener listener;
    private final ClientAddress address;
    private final Channel channel;
    private final long id;
    private final long acceptedNanos;
    private final ClientResponse response;
    private final RequestReader reader;
    private final UnsentWatch unsent;
    private final TimerWheel.Timer timer = new TimerWheel.Timer() {
        @Override
        void expired() {
            timeout();
        }
    };

    private @Nullable Exchange exchange;
    private @Nullable Tunnel tunnel;
    private boolean keepAlive;
    private boolean responding;
    private boolean closeAfterResponse;
    private boolean halfClosed;
    private boolean resetting;
    private boolean closing;
    private boolean closed;
    private long endedNanos;

    ClientConnection(TrafficLoop loop, Listener listener, ClientAddress address, Channel channel, long id) {
        this.loop = loop;
        this.listener = listener;
        this.address = address;
        this.channel = channel;
        this.id = id;
        this.acceptedNanos = System.nanoTime();
        this.endedNanos = acceptedNanos;
        this.response = new ClientResponse(loop, channel, listener.settings().strictTransport());
        this.unsent = new UnsentWatch(loop, channel, response);
        this.reader = new RequestReader(loop, channel, timer, this);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        loop.add(this);
        loop.observer.connectionOpened(listener.id());
        loop.wheel.arm(timer, loop.requestHeadTicks);
    }

    // Reading requests

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        ByteBuf in = (ByteBuf) msg;
        Tunnel through = tunnel;
        if (through != null) {
            reader.count(in.readableBytes());
            through.fromClient(in);
        } else if (closing) {
            in.release();
        } else {
            reader.read(in);
        }
    }

    @Override
    public boolean areRead() {
        return !closing && tunnel == null;
    }

    @Override
    public @Nullable Exchange exchange() {
        return exchange;
    }

    /** What follows the request for an upgrade, or the last one that was answered. */
    @Override
    public boolean takeRest(ByteBuf in) {
        Tunnel through = tunnel;
        if (closing) {
            in.release();
            allRead();
        } else if (through != null) {
            reader.count(in.readableBytes());
            through.fromClient(in);
            through.flushServer();
        }
        return closing || through != null;
    }

    @Override
    public void malformed(RequestHead head, HeadFault fault) {
        response.expect(false, false);
        loop.errors.request(listener.name(), address.peer(), head, fault);
        refuse(new ExchangeFailure.Malformed(fault), null);
    }

    @Override
    public void headWithoutRoom() {
        keepAlive = false;
        response.expect(false, false);
        refuse(ExchangeFailure.Cause.OVERLOADED, null);
    }

    @Override
    public void request(RequestHead request) {
        keepAlive = request.keepsAlive() && !halfClosed;
        response.expect(request.method() == Method.HEAD, request.http10());
        unsent.forget();
        responding = false;
        HttpsRedirect redirect = listener.settings().redirect();
        if (redirect != null && redirect.takes(request, address)) {
            redirect(redirect, request);
            return;
        }
        PoolTraffic pool = loop.routes.find(request, address);
        if (pool == null) {
            refuse(loop.routes.refusal(request), request);
            return;
        }
        loop.observer.requested(listener.id(), pool.id());
        Exchange begun = new Exchange(loop, this, address, pool, request, reader.headEndNanos());
        exchange = begun;
        begun.start();
    }

    /** The client may still have to take its response. */
    @Override
    public void watchServerOnly() {
        timer.cancel();
        if (responding && !channel.isWritable()) {
            watchUnsent();
        }
    }

    @Override
    public void pauseReading() {
        channel.config().setAutoRead(false);
    }

    @Override
    public void resumeReading() {
        channel.config().setAutoRead(true);
    }

    @Override
    public void resumeUpload() {
        reader.resumeUpload();
        readOn();
    }

    private void readOn() {
        if (!closed) {
            reader.readOn();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.flushServer();
        } else if (current != null) {
            current.flushServer();
        }
    }

    // Answering

    /** Answers what never became an exchange; the head is at hand if it was understood. */
    private void refuse(ExchangeFailure failure, @Nullable RequestHead request) {
        failed(failure);
        tell(failure, request);
        exchangeOver();
        flush();
    }

    private void redirect(HttpsRedirect to, RequestHead request) {
        if (request.hostStart() < 0) {
            refuse(ExchangeFailure.Cause.NO_HOST, request);
            return;
        }
        closeAfterResponse = !keepAlive || loop.stopping || !reader.bodyIsOver();
        to.write(request, closeAfterResponse, loop.writer);
        response.own();
        tell(HttpsRedirect.STATUS, null, request);
        exchangeOver();
        flush();
    }

    private void tell(ExchangeFailure failure, @Nullable RequestHead request) {
        tell(failure.status(), failure, request);
    }

    /** Tells of a request that never became an exchange. */
    private void tell(int status, @Nullable ExchangeFailure failure, @Nullable RequestHead request) {
        loop.observer.requested(listener.id(), TrafficObserver.NO_POOL);
        ExchangeRecord record = loop.record.begin(System.nanoTime());
        describe(record);
        record.failure = failure;
        record.status = status;
        if (request == null) {
            record.headNanos = -1;
        } else {
            record.requestHead = request.received();
        }
        loop.tell(record);
    }

    @Override
    public void failed(ExchangeFailure failure) {
        if (responding || failure.status() == 0) {
            // Once it is told of, so that who sees the reset finds it counted.
            resetting = true;
            return;
        }
        closeAfterResponse = failure.closes() || !keepAlive || loop.stopping || !reader.bodyIsOver();
        response.refusal(failure, closeAfterResponse);
    }

    @Override
    public void describe(ExchangeRecord record) {
        record.listener = listener.name();
        record.listenerId = listener.id();
        record.client = address.peer();
        record.protocol = response.protocol();
        record.bytesOut = response.bytes();
        record.headBytesOut = response.headBytes();
        reader.describe(record);
        record.connections = loop.connections.getAsInt();
        endedNanos = record.endNanos;
    }

    @Override
    public void captureResponse(String pool, ServerEntry server, ResponseHead head) {
        loop.errors.response(listener.name(), address.peer(), pool, server, head);
    }

    @Override
    public void exchangeOver() {
        exchange = null;
        if (resetting) {
            reset();
        } else if (!closing) {
            responded(closeAfterResponse);
        }
    }

    @Override
    public void interim(ResponseHead interim) {
        response.interim(interim);
    }

    @Override
    public void responseHead(ResponseHead head, Exchange current, long bodyLength, int ready) {
        responding = true;
        // A response that begins before the request has ended may end before it too; what comes then is not a request.
        boolean close = !keepAlive || halfClosed || loop.stopping || !reader.bodyIsOver();
        closeAfterResponse = response.begin(head, current, bodyLength, ready, close);
    }

    @Override
    public void responseData(ByteBuf data) {
        response.data(data);
        if (!channel.isWritable()) {
            watchUnsent();
        }
    }

    @Override
    public void responseEnd(@Nullable Trailers trailers) {
        response.end(trailers);
    }

    /** After the last byte of an answer was written: closes, or turns to the next request. */
    private void responded(boolean close) {
        responding = false;
        if (close || halfClosed) {
            closeAfterWrites();
        } else {
            // What is not sent yet gets its own time before the connection counts as idle.
            unsent.forget();
            loop.wheel.arm(timer, loop.keepAliveTicks);
            readOn();
        }
    }

    @Override
    public void flush() {
        response.writeOut();
        channel.flush();
    }

    @Override
    public boolean isWritable() {
        return channel.isWritable();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (channel.isWritable()) {
            Tunnel through = tunnel;
            Exchange current = exchange;
            if (through != null) {
                through.clientWritable();
            } else if (current != null) {
                if (reader.bodyIsOver()) {
                    timer.cancel();
                }
                current.clientWritable();
            }
        }
    }

    // Tunnels

    @Override
    public void switchTo(Tunnel opened, ResponseHead head, Exchange current) {
        response.switching(head, current);
        loop.wheel.remove(timer);
        exchange = null;
        tunnel = opened;
        opened.open(this);
        readOn();
    }

    @Override
    public void tunnelData(ByteBuf data) {
        response.count(data.readableBytes());
        channel.write(data, channel.voidPromise());
    }

    @Override
    public void tunnelOver() {
        tunnel = null;
    }

    @Override
    public void closeTunnel() {
        closeAfterWrites();
    }

    // Ends

    /**
     * Ends our side once all is sent, then goes on reading for a moment: a client that is still sending would otherwise
     * have its answer destroyed by a reset (RFC 9112 section 9.6).
     */
    private void closeAfterWrites() {
        closing = true;
        loop.wheel.arm(timer, loop.clientTicks);
        unsent.begin();
        resumeReading();
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
            if (!written.isSuccess()) {
                ClientEnding.cut(channel);
            } else if (halfClosed) {
                channel.close();
            } else {
                ClientEnding.endOutput(channel);
                loop.wheel.arm(timer, LINGER_TICKS);
            }
        });
    }

    /** Ends the connection so that nothing cut short looks whole. */
    private void reset() {
        closing = true;
        if (!channel.isOpen()) {
            return;
        }
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        ClientEnding.cut(channel);
    }

    /** Begins to watch that a client which does not keep up takes enough within its timeout. */
    private void watchUnsent() {
        if (!timer.isArmed()) {
            unsent.begin();
            loop.wheel.arm(timer, loop.clientTicks);
        }
    }

    @Override
    public void shedStalled() {
        boolean stalled = unsent.isStalled();
        Exchange current = exchange;
        if (stalled && current != null) {
            current.giveUp(ExchangeFailure.Cause.STOPPED_READING);
        } else if (stalled) {
            ClientEnding.cut(channel);
        }
    }

    private void timeout() {
        Exchange current = exchange;
        if (unsent.isTaken()) {
            loop.wheel.arm(timer, loop.clientTicks);
        } else if (closing) {
            ClientEnding.cut(channel);
        } else if (current != null) {
            current.giveUp(responding ? ExchangeFailure.Cause.STOPPED_READING : ExchangeFailure.Cause.BODY_TIMEOUT);
        } else if (reader.isInHead()) {
            response.expect(false, false);
            reader.dropHead();
            refuse(ExchangeFailure.Cause.HEAD_TIMEOUT, null);
        } else {
            // Not a byte was sent: browsers open connections ahead, and would show an unasked 408 as the answer to
            // whatever they send next.
            ClientEnding.close(channel);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            inputEnded();
        } else if (event == SslCloseCompletionEvent.SUCCESS) {
            tlsEnded();
        }
    }

    /**
     * The client has said that it ends. OpenSSL sends nothing after that, not even to one that ended only its own side, so
     * that there is no half-closing as over TCP.
     */
    private void tlsEnded() {
        Exchange current = exchange;
        if (tunnel != null) {
            inputEnded();
        } else if (!closing && current != null) {
            abandon(current);
        } else if (!closing) {
            closing = true;
            channel.close();
        }
    }

    private void inputEnded() {
        halfClosed = true;
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.clientClosed();
            channel.close();
        } else if (current == null || closing) {
            // Nothing is owed but what was already written.
            closeAfterWrites();
        } else if (!reader.bodyIsOver()) {
            allRead();
        } else if (System.nanoTime() - reader.requestEndNanos() > HALF_CLOSE_WINDOW) {
            abandon(current);
        }
    }

    /** Ends an exchange whose client will send no more, and what it sent before is read, but for the rest of a body. */
    @Override
    public void allRead() {
        Exchange current = exchange;
        if (halfClosed && !reader.holdsBack() && current != null && !reader.bodyIsOver()) {
            abandon(current);
        }
    }

    private void abandon(Exchange current) {
        closing = true;
        current.abandon();
        reset();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ClientEnding.cut(channel);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (closed) {
            return;
        }
        closed = true;
        closing = true;
        loop.clients.remove(this);
        loop.observer.connectionClosed(listener.id());
        loop.wheel.remove(timer);
        if (reader.isInHead()) {
            reader.dropHead();
            response.expect(false, false);
            tell(ExchangeFailure.Cause.ABORTED, null);
        }
        reader.release();
        response.release();
        Exchange current = exchange;
        Tunnel through = tunnel;
        if (through != null) {
            through.clientClosed();
        } else if (current != null) {
            current.abandon();
        }
    }

    // What operators ask and do

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public boolean isIdle() {
        return exchange == null && tunnel == null && !reader.isInHead() && !closing;
    }

    @Override
    public boolean isIdleFor(long nanos, long nowNanos) {
        return isIdle() && nowNanos - endedNanos >= nanos;
    }

    /** A request that has no answer yet gets a refusal. */
    @Override
    public boolean shutdown(long session) {
        if (session == id) {
            shutdown();
        }
        return session == id;
    }

    private void shutdown() {
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.shutdown();
        } else if (current != null) {
            keepAlive = false;
            current.giveUp(ExchangeFailure.Cause.SHUT_DOWN);
        } else {
            ClientEnding.close(channel);
        }
    }

    /** The next answer says it. */
    @Override
    public void drain() {}

    @Override
    public void giveUp() {
        Exchange current = exchange;
        if (current != null) {
            current.giveUp(ExchangeFailure.Cause.SHUT_DOWN);
        }
    }

    @Override
    public void closeIdle() {
        closeAfterWrites();
    }

    @Override
    public void describe(long nowNanos, Consumer<OpenSession> to) {
        to.accept(describe(nowNanos));
    }

    private OpenSession describe(long nowNanos) {
        Tunnel through = tunnel;
        Exchange current = through != null ? through.exchange() : exchange;
        return OpenSession.of(
                id,
                listener,
                address.peer(),
                Duration.ofNanos(nowNanos - acceptedNanos),
                phase(),
                exchange,
                through,
                Duration.ofNanos(nowNanos - (current != null ? current.startNanos() : endedNanos)),
                current == null && !reader.isInHead() ? 0 : reader.bytes(),
                current == null ? 0 : response.bytes());
    }

    private OpenSession.Phase phase() {
        Exchange current = exchange;
        if (tunnel != null) {
            return OpenSession.Phase.TUNNEL;
        }
        if (current != null) {
            return current.phase();
        }
        if (closing) {
            return OpenSession.Phase.CLOSING;
        }
        return reader.isInHead() ? OpenSession.Phase.REQUEST : OpenSession.Phase.IDLE;
    }
}
