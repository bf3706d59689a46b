package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.http1.BodyReader;
import io.veza.edge.http1.HeadFault;
import io.veza.edge.http1.HeadParser;
import io.veza.edge.http1.Method;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.http1.Trailers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, speaking HTTP/1.1: reads requests one after the other, answers them in order, and becomes the
 * client's end of a tunnel after an upgrade. Belongs to one event loop.
 *
 * <p>While a request is being answered, what the client sends ahead is held back unread, at most one buffer of it.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter implements ClientSide, ClientSession {

    /**
     * A client that ends its sending side this soon after a request has half-closed and waits for the answer, as {@code nc
     * -N} does; one that does so later has gone away. TCP shows no difference.
     */
    private static final long HALF_CLOSE_WINDOW = TimeUnit.MILLISECONDS.toNanos(250);

    /** How long a connection that is closed by us goes on reading, so that its last answer is not lost to a reset. */
    private static final long LINGER_TICKS = TimerWheel.ticks(Duration.ofSeconds(2));

    /** Twice what one read may bring. */
    static final int MOST_HELD = 512 * 1024;

    /** {@link #taken} before anybody has looked: whatever was taken since is enough. */
    private static final long NOT_WATCHED = Long.MIN_VALUE / 2;

    /** Less than this unsent is not worth a connection when memory is short. */
    private static final long STALLED_BYTES = 16 * 1024;

    private final TrafficLoop loop;
    private final Listener listener;
    private final ClientAddress address;
    private final Channel channel;
    private final long id;
    private final long acceptedNanos;
    private final BodyReader body;
    private final ClientResponse response;
    private final BodyPace pace;
    private final TimerWheel.Timer timer = new TimerWheel.Timer() {
        @Override
        void expired() {
            timeout();
        }
    };

    private @Nullable RequestHead head;
    private @Nullable Exchange exchange;
    private @Nullable Tunnel tunnel;
    private @Nullable ByteBuf pending;
    private long takenAtLook = -1;
    private boolean reading;
    private boolean keepAlive;
    private boolean responding;
    private boolean closeAfterResponse;
    private boolean halfClosed;
    private boolean resetting;
    private boolean closing;
    private boolean closed;
    private boolean anyRequest;
    private long beganNanos;
    private long headEndNanos;
    private long requestEndNanos;
    private long endedNanos;
    private long bytesIn;
    private long taken = NOT_WATCHED;

    ClientConnection(TrafficLoop loop, Listener listener, ClientAddress address, Channel channel, long id) {
        this.loop = loop;
        this.listener = listener;
        this.address = address;
        this.channel = channel;
        this.id = id;
        this.acceptedNanos = System.nanoTime();
        this.endedNanos = acceptedNanos;
        this.pace = new BodyPace(loop);
        this.body = new BodyReader(loop.settings.limits());
        this.response = new ClientResponse(loop, channel, listener.settings().strictTransport());
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        loop.clients.add(this);
        loop.observer.connectionOpened(listener.id());
        loop.wheel.arm(timer, loop.requestHeadTicks);
    }

    // Reading requests

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        ByteBuf in = (ByteBuf) msg;
        Tunnel through = tunnel;
        if (through != null) {
            bytesIn += in.readableBytes();
            through.fromClient(in);
        } else if (closing) {
            in.release();
        } else {
            ByteBuf earlier = pending;
            pending = null;
            read(earlier == null ? in : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(channel.alloc(), earlier, in));
        }
    }

    /** Takes over the buffer. */
    private void read(ByteBuf in) {
        reading = true;
        try {
            boolean goOn = true;
            while (goOn && in.isReadable() && !closing && tunnel == null) {
                if (exchange == null) {
                    goOn = readHead(in);
                } else {
                    goOn = !body.isOver() && readBody(in, exchange);
                }
            }
        } catch (RuntimeException | Error e) {
            in.release();
            throw e;
        } finally {
            reading = false;
        }
        Tunnel through = tunnel;
        if (!in.isReadable() || closing) {
            in.release();
            abortIfCut();
        } else if (through != null) {
            bytesIn += in.readableBytes();
            through.fromClient(in);
            through.flushServer();
        } else {
            pending = in;
            pauseReading();
            boundHeld(in);
        }
    }

    /**
     * Behind a client's end epoll reads on, paused or not, and hands over all that the system holds: megabytes for each
     * client, however slow the server is.
     */
    private void boundHeld(ByteBuf in) {
        Exchange current = exchange;
        if (in.readableBytes() > MOST_HELD && current != null) {
            current.giveUp(ExchangeFailure.Cause.SENT_TOO_MUCH);
        }
    }

    private boolean readHead(ByteBuf in) {
        RequestHead parsing = head != null ? head : loop.takeRequestHead();
        boolean begins = !parsing.started();
        head = parsing;
        if (begins) {
            beganNanos = System.nanoTime();
            bytesIn = 0;
        }
        int start = in.readerIndex();
        HeadParser.Progress progress = parsing.feed(in);
        bytesIn += in.readerIndex() - start;
        if (progress == HeadParser.Progress.MORE) {
            if (begins && anyRequest) {
                loop.wheel.arm(timer, loop.requestHeadTicks);
            }
            return false;
        }
        head = null;
        anyRequest = true;
        timer.cancel();
        headEndNanos = begins ? beganNanos : System.nanoTime();
        if (progress == HeadParser.Progress.FAULT) {
            response.expect(false, false);
            HeadFault fault = Objects.requireNonNull(parsing.fault());
            loop.errors.request(listener.name(), address.peer(), parsing, fault);
            refuse(new ExchangeFailure.Malformed(fault), null);
        } else {
            request(parsing);
        }
        loop.giveBack(parsing);
        return true;
    }

    private void request(RequestHead request) {
        keepAlive = request.keepsAlive() && !halfClosed;
        response.expect(request.method() == Method.HEAD, request.http10());
        taken = NOT_WATCHED;
        responding = false;
        long length = request.bodyLength();
        if (length == RequestHead.CHUNKED) {
            body.startChunked();
        } else {
            body.startLength(length);
        }
        if (body.isOver()) {
            requestEndNanos = headEndNanos;
        } else {
            pace.begin();
            loop.wheel.arm(timer, loop.clientTicks);
        }
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
        Exchange begun = new Exchange(loop, this, address, pool, request, headEndNanos);
        exchange = begun;
        begun.start();
    }

    /** True if reading goes on. */
    private boolean readBody(ByteBuf in, Exchange current) {
        if (!current.takesBody()) {
            // From here on it is the server that keeps everybody waiting.
            watchServerOnly();
            pace.rest();
            return false;
        }
        loop.wheel.arm(timer, loop.clientTicks);
        int start = in.readerIndex();
        BodyReader.Event event = body.next(in);
        int read = in.readerIndex() - start;
        bytesIn += read;
        if (pace.isTooSlow(read) && !body.isOver()) {
            current.giveUp(ExchangeFailure.Cause.BODY_TOO_SLOW);
            return true;
        }
        switch (event) {
            case MORE -> {
                return false;
            }
            case DATA -> {
                current.requestData(in.retainedSlice(body.dataStart(), body.dataLength()));
                if (body.isOver()) {
                    requestIsOver(current);
                }
            }
            case END -> requestIsOver(current);
            case FAULT -> {
                HeadFault fault = Objects.requireNonNull(body.fault());
                current.giveUp(new ExchangeFailure.Malformed(fault));
            }
        }
        return true;
    }

    /** The client owes nothing of its request now, but may still have to take its response. */
    private void watchServerOnly() {
        timer.cancel();
        if (responding && !channel.isWritable()) {
            watchUnsent();
        }
    }

    private void requestIsOver(Exchange current) {
        watchServerOnly();
        requestEndNanos = System.nanoTime();
        current.requestEnd(body.trailers());
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
        if (exchange != null && !body.isOver()) {
            pace.goOn();
            loop.wheel.arm(timer, loop.clientTicks);
        }
        readOn();
    }

    /** Goes on with what was held back, unless that is being done already. */
    private void readOn() {
        if (reading || closed) {
            return;
        }
        ByteBuf held = pending;
        if (held != null) {
            pending = null;
            read(held);
        }
        if (pending == null) {
            resumeReading();
        }
        Exchange current = exchange;
        if (current != null) {
            current.flushServer();
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
        closeAfterResponse = !keepAlive || loop.stopping || !body.isOver();
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

    private void dropHead() {
        RequestHead parsing = head;
        if (parsing != null) {
            head = null;
            loop.giveBack(parsing);
        }
    }

    @Override
    public void failed(ExchangeFailure failure) {
        if (responding || failure.status() == 0) {
            // Once it is told of, so that who sees the reset finds it counted.
            resetting = true;
            return;
        }
        closeAfterResponse = failure.closes() || !keepAlive || loop.stopping || !body.isOver();
        response.refusal(failure, closeAfterResponse);
    }

    @Override
    public void describe(ExchangeRecord record) {
        record.listener = listener.name();
        record.listenerId = listener.id();
        record.client = address.peer();
        record.protocol = response.protocol();
        record.bytesIn = bytesIn;
        record.bytesOut = response.bytes();
        record.headBytesOut = response.headBytes();
        record.beganNanos = beganNanos;
        record.headNanos = headEndNanos - beganNanos;
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
        boolean close = !keepAlive || halfClosed || loop.stopping || !body.isOver();
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
            taken = NOT_WATCHED;
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
                if (body.isOver()) {
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
        taken = takenBytes();
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
            taken = takenBytes();
            loop.wheel.arm(timer, loop.clientTicks);
        }
    }

    /** Bytes of answers that have left; only differences mean anything. */
    private long takenBytes() {
        return response.bytes() - unsentBytes();
    }

    private long unsentBytes() {
        var buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    @Override
    public void shedStalled() {
        long takenNow = takenBytes();
        boolean stalled = takenNow == takenAtLook && unsentBytes() >= STALLED_BYTES;
        takenAtLook = takenNow;
        Exchange current = exchange;
        if (stalled && current != null) {
            current.giveUp(ExchangeFailure.Cause.STOPPED_READING);
        } else if (stalled) {
            ClientEnding.cut(channel);
        }
    }

    private void timeout() {
        long left = unsentBytes();
        Exchange current = exchange;
        long takenNow = takenBytes();
        if (left > 0 && takenNow - taken >= loop.leastTaken) {
            taken = takenNow;
            loop.wheel.arm(timer, loop.clientTicks);
        } else if (closing) {
            ClientEnding.cut(channel);
        } else if (current != null) {
            current.giveUp(responding ? ExchangeFailure.Cause.STOPPED_READING : ExchangeFailure.Cause.BODY_TIMEOUT);
        } else if (head != null) {
            response.expect(false, false);
            dropHead();
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
        } else if (!body.isOver()) {
            abortIfCut();
        } else if (System.nanoTime() - requestEndNanos > HALF_CLOSE_WINDOW) {
            abandon(current);
        }
    }

    /** Ends an exchange whose client will send no more, and what it sent before is read, but for the rest of a body. */
    private void abortIfCut() {
        Exchange current = exchange;
        if (halfClosed && pending == null && current != null && !body.isOver()) {
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
        if (head != null) {
            dropHead();
            response.expect(false, false);
            tell(ExchangeFailure.Cause.ABORTED, null);
        }
        ByteBuf held = pending;
        pending = null;
        if (held != null) {
            held.release();
        }
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
    public boolean isIdle() {
        return exchange == null && tunnel == null && head == null && !closing;
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
                current == null && head == null ? 0 : bytesIn,
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
        return head != null ? OpenSession.Phase.REQUEST : OpenSession.Phase.IDLE;
    }
}
