package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.http1.HeadFault;
import io.veza.edge.http1.Method;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.http1.Trailers;
import io.veza.edge.http2.FieldBlock;
import io.veza.edge.http2.TrailerLines;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One request of an HTTP/2 client and its response, or the tunnel it opens (RFC 8441). Takes no more from the client than
 * the server does: what cannot be sent on is held, and its window not given back. Whatever happens here stays here; the
 * connection and its other streams do not notice. Belongs to one event loop.
 */
final class Http2ClientStream implements ClientSide {

    /** How often a client that takes its response ever so slowly may do so for the whole client timeout. */
    private static final int MOST_SLOW_SPANS = 4;

    private static final long LINGER_TICKS = TimerWheel.ticks(Duration.ofSeconds(2));

    private final Http2ClientConnection connection;
    private final TrafficLoop loop;
    private final Http2Stream stream;
    private final long id;
    private final long beganNanos = System.nanoTime();
    private final Http2Response response;
    private final HeldData held = new HeldData();
    private final TimerWheel.Timer timer = new TimerWheel.Timer() {
        @Override
        void expired() {
            timeout();
        }
    };

    private @Nullable Exchange exchange;
    private @Nullable Tunnel tunnel;
    private @Nullable Trailers trailers;
    private boolean requestRead;
    private boolean requestOver;
    private boolean upgrade;
    private boolean bodyless;
    private boolean reading = true;
    private boolean gone;
    private boolean resetting;
    private Http2Error resetWith = Http2Error.INTERNAL_ERROR;
    private long expected = -1;
    private long bodyIn;
    private long bytesIn;
    private final BodyPace pace;
    private long progress;
    private int slowSpans;
    private long stateAtLook = -1;

    /** @param end whether the request has no body */
    Http2ClientStream(Http2ClientConnection connection, Http2Stream stream, long id, boolean end) {
        this.connection = connection;
        this.loop = connection.loop;
        this.pace = new BodyPace(loop);
        this.stream = stream;
        this.id = id;
        this.requestRead = end;
        this.requestOver = end;
        this.response = new Http2Response(connection, stream);
    }

    long id() {
        return id;
    }

    // The request

    void request(RequestHead head) {
        bytesIn = head.length();
        upgrade = head.upgradesToWebSocket();
        expected = head.hasContentLength() ? head.bodyLength() : -1;
        bodyless = head.bodyLength() == RequestHead.NO_BODY;
        response.expect(head.method() == Method.HEAD);
        if (requestRead && expected > 0) {
            refuse(HeadFault.LENGTH_MISMATCH, head);
            return;
        }
        HttpsRedirect redirect = connection.listener.settings().redirect();
        if (redirect != null && redirect.takes(head, connection.address)) {
            response.redirect(redirect, head);
            refused(HttpsRedirect.STATUS, null, head);
            return;
        }
        PoolTraffic pool = loop.routes.find(head, connection.address);
        if (pool == null) {
            refuse(loop.routes.refusal(head), head);
            return;
        }
        loop.observer.requested(connection.listener.id(), pool.id());
        if (!requestOver && !upgrade) {
            pace.begin();
            loop.wheel.arm(timer, loop.clientTicks);
        }
        Exchange begun = new Exchange(loop, this, connection.address, pool, head, beganNanos);
        exchange = begun;
        begun.start();
        begun.flushServer();
    }

    /** Refuses what is not a request; one that RFC 9113 calls malformed ends as its section 8.1.1 has it. */
    void refuse(HeadFault fault, @Nullable RequestHead head) {
        refuse(new ExchangeFailure.Malformed(fault), head);
    }

    private void refuse(ExchangeFailure failure, @Nullable RequestHead head) {
        failed(failure);
        refused(failure.status(), failure, head);
    }

    /** Tells of a request that never became an exchange and has its answer. */
    private void refused(int status, @Nullable ExchangeFailure failure, @Nullable RequestHead head) {
        loop.observer.requested(connection.listener.id(), TrafficObserver.NO_POOL);
        ExchangeRecord record = loop.record.begin(System.nanoTime());
        describe(record);
        record.failure = failure;
        record.status = status;
        if (head == null) {
            record.headNanos = -1;
        } else if (!(failure instanceof ExchangeFailure.Malformed)) {
            record.requestHead = head.received();
        }
        loop.tell(record);
        exchangeOver();
        flush();
    }

    /**
     * Takes a piece of the body, or of what goes through the tunnel.
     *
     * @return how much of it is done with, so that the client may send as much again
     */
    int data(ByteBuf data, boolean end) {
        int length = data.readableBytes();
        bytesIn += length;
        requestRead |= end;
        if (tunnel == null && exchange == null) {
            return length;
        }
        if (!upgrade && breaksLength(length, end)) {
            return length;
        }
        Exchange current = exchange;
        if (current != null && !upgrade && pace.isTooSlow(length) && !end) {
            current.giveUp(ExchangeFailure.Cause.BODY_TOO_SLOW);
            return length;
        }
        boolean hold = length > 0 && (!held.isEmpty() || !takes());
        if (hold) {
            pace.rest();
            held.add(data);
            watchServerOnly();
        } else if (length > 0) {
            pass(data.retain());
        }
        if (end && held.isEmpty()) {
            requestEnds();
        }
        flushServer();
        return hold ? 0 : length;
    }

    private boolean breaksLength(int length, boolean end) {
        bodyIn += length;
        Exchange current = exchange;
        boolean wrong = expected >= 0 && (bodyIn > expected || (end && bodyIn < expected));
        if (wrong && current != null) {
            current.giveUp(new ExchangeFailure.Malformed(HeadFault.LENGTH_MISMATCH));
        }
        return wrong;
    }

    private boolean takes() {
        Exchange current = exchange;
        return tunnel != null ? reading : current != null && !upgrade && current.takesBody();
    }

    private void pass(ByteBuf data) {
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.fromClient(data);
        } else if (current != null) {
            loop.wheel.arm(timer, loop.clientTicks);
            current.requestData(data);
        } else {
            data.release();
        }
    }

    void trailers(FieldBlock block) {
        requestRead = true;
        Exchange current = exchange;
        if (current == null) {
            if (held.isEmpty()) {
                requestEnds();
            }
            return;
        }
        Trailers read = new Trailers(loop.settings.limits());
        HeadFault fault = TrailerLines.write(block, loop.writer);
        if (fault == null) {
            read.feed(Unpooled.wrappedBuffer(loop.writer.room(0), 0, loop.writer.size()));
            fault = read.fault();
        }
        if (fault != null) {
            current.giveUp(new ExchangeFailure.Malformed(fault));
        } else if (!breaksLength(0, true)) {
            trailers = read;
            if (held.isEmpty()) {
                requestEnds();
                current.flushServer();
            }
        }
    }

    private void requestEnds() {
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.clientClosed();
            closeTunnel();
        } else if (current != null && !requestOver && !upgrade) {
            watchServerOnly();
            if (!bodyless && current.connection() == null) {
                // Nobody is there who could be told; whoever comes asks for what there is.
                return;
            }
            requestOver = true;
            if (!bodyless) {
                current.requestEnd(trailers);
            }
        }
    }

    /** The client owes nothing of its request now, but may still have to take its response. */
    private void watchServerOnly() {
        timer.cancel();
        if (response.hasBegun() && !isWritable()) {
            watchUnsent();
        }
    }

    @Override
    public void resumeUpload() {
        drainHeld();
        if (exchange != null && !requestRead && !upgrade && held.isEmpty()) {
            pace.goOn();
            loop.wheel.arm(timer, loop.clientTicks);
        }
        flushServer();
    }

    /** Passes on what was held back, as far as it is taken. */
    private void drainHeld() {
        ByteBuf next;
        while (!held.isEmpty() && takes() && (next = held.poll()) != null) {
            int length = next.readableBytes();
            pass(next);
            giveWindow(length);
        }
        if (held.isEmpty() && requestRead) {
            requestEnds();
        }
    }

    private void giveWindow(int length) {
        try {
            if (connection.decoder().flowController().consumeBytes(stream, length)) {
                connection.flushSoon(false);
            }
        } catch (Http2Exception e) {
            throw new IllegalStateException("the window of a stream is not as it was", e);
        }
    }

    private void flushServer() {
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.flushServer();
        } else if (current != null) {
            current.flushServer();
        }
    }

    // The response

    @Override
    public void interim(ResponseHead head) {
        response.interim(head);
    }

    @Override
    public void responseHead(ResponseHead head, Exchange current, long bodyLength, int ready) {
        if (upgrade && head.status() < 300) {
            // To the client it would mean that its tunnel is open.
            current.captureResponse(head);
            current.giveUp(ExchangeFailure.Cause.RESPONSE_MALFORMED);
            return;
        }
        response.begin(head, current, bodyLength);
    }

    @Override
    public void responseData(ByteBuf data) {
        response.data(data);
        if (!isWritable()) {
            watchUnsent();
        }
    }

    @Override
    public void responseEnd(@Nullable Trailers last) {
        response.end(last);
    }

    @Override
    public boolean isWritable() {
        return connection.encoder().flowController().isWritable(stream);
    }

    void writable() {
        slowSpans = 0;
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.clientWritable();
        } else if (current != null) {
            if (requestOver) {
                timer.cancel();
            }
            current.clientWritable();
        }
    }

    @Override
    public void flush() {
        connection.flushSoon(response.isDue());
    }

    // Ends

    @Override
    public void failed(ExchangeFailure failure) {
        boolean malformed = failure instanceof ExchangeFailure.Malformed && failure.status() == 400;
        if (malformed) {
            connection.broken();
            resetWith = Http2Error.PROTOCOL_ERROR;
        } else if (failure.side() == ExchangeFailure.Side.CLIENT) {
            resetWith = Http2Error.CANCEL;
        }
        if (malformed || response.hasBegun() || failure.status() == 0) {
            resetting = true;
        } else {
            response.refusal(failure);
        }
    }

    @Override
    public void exchangeOver() {
        exchange = null;
        releaseHeld();
        loop.wheel.remove(timer);
        if (gone) {
            return;
        }
        if (resetting) {
            reset(resetWith);
        } else {
            response.afterEnd(this::responseSent);
            if (!response.isSent()) {
                watchUnsent();
            }
        }
    }

    /** RFC 9113 section 8.1: a client that is still sending is told that nobody wants the rest. */
    private void responseSent(ChannelFuture sent) {
        loop.wheel.remove(timer);
        if (!gone && !requestRead) {
            reset(Http2Error.NO_ERROR);
        }
    }

    private void reset(Http2Error error) {
        connection.resetStream(
                connection.context(),
                stream.id(),
                error.code(),
                connection.context().newPromise());
        connection.flushSoon(false);
    }

    /** The client took the stream back, or its connection is gone. */
    void gone() {
        if (gone) {
            return;
        }
        gone = true;
        loop.wheel.remove(timer);
        releaseHeld();
        Tunnel through = tunnel;
        Exchange current = exchange;
        if (through != null) {
            through.clientClosed();
        } else if (current != null && !(requestOver && response.hasGoneOut())) {
            // A client that has all of its response is none that goes away, though its server may be yet to say the
            // end.
            current.abandon();
        }
    }

    /** What is thrown away counts as read: the window is the whole connection's. */
    private void releaseHeld() {
        ByteBuf next;
        while ((next = held.poll()) != null) {
            int length = next.readableBytes();
            next.release();
            if (!gone) {
                giveWindow(length);
            }
        }
    }

    private void watchUnsent() {
        progress = sendingState();
        if (!timer.isArmed()) {
            loop.wheel.arm(timer, loop.clientTicks);
        }
    }

    /** Some number that changes whenever the client has taken anything, or let us send more. */
    private long sendingState() {
        return connection.unsentBytes() * 31
                + connection.encoder().flowController().windowSize(stream);
    }

    void shedStalled() {
        long now = sendingState();
        if (!gone && now == stateAtLook && response.hasBegun() && !isWritable()) {
            slowSpans = MOST_SLOW_SPANS;
            progress = now;
            timeout();
        }
        stateAtLook = now;
    }

    private void timeout() {
        Exchange current = exchange;
        boolean sending = (response.hasBegun() && !isWritable()) || current == null;
        if (sending && progress != sendingState() && ++slowSpans < MOST_SLOW_SPANS) {
            watchUnsent();
        } else if (current != null) {
            current.giveUp(
                    response.hasBegun() ? ExchangeFailure.Cause.STOPPED_READING : ExchangeFailure.Cause.BODY_TIMEOUT);
        } else if (!gone) {
            reset(Http2Error.CANCEL);
        }
    }

    void giveUp() {
        Exchange current = exchange;
        if (current != null) {
            current.giveUp(ExchangeFailure.Cause.SHUT_DOWN);
        }
    }

    void shutdown() {
        Tunnel through = tunnel;
        if (through != null) {
            through.shutdown();
        } else {
            giveUp();
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
        drainHeld();
        flushServer();
        flush();
    }

    @Override
    public void tunnelData(ByteBuf data) {
        response.tunnelData(data);
    }

    @Override
    public void pauseReading() {
        reading = false;
    }

    @Override
    public void resumeReading() {
        reading = true;
        drainHeld();
        flushServer();
    }

    @Override
    public void tunnelOver() {
        tunnel = null;
        releaseHeld();
    }

    @Override
    public void closeTunnel() {
        if (gone) {
            return;
        }
        response.end(null);
        response.afterEnd(sent -> {
            if (!gone) {
                // The client has a moment to say its end too.
                loop.wheel.arm(timer, LINGER_TICKS);
            }
        });
        slowSpans = MOST_SLOW_SPANS;
        loop.wheel.arm(timer, loop.clientTicks);
        flush();
    }

    // What others ask

    @Override
    public void describe(ExchangeRecord record) {
        record.listener = connection.listener.name();
        record.listenerId = connection.listener.id();
        record.client = connection.address.peer();
        record.protocol = Protocol.HTTP_2;
        record.bytesIn = bytesIn;
        record.bytesOut = response.bytes();
        record.headBytesOut = response.headBytes();
        record.beganNanos = beganNanos;
        record.headNanos = 0;
        record.connections = loop.connections.getAsInt();
    }

    @Override
    public void captureResponse(String pool, ServerEntry server, ResponseHead head) {
        loop.errors.response(connection.listener.name(), connection.address.peer(), pool, server, head);
    }

    OpenSession describe(long nowNanos, Duration age) {
        return OpenSession.of(
                id,
                connection.listener,
                connection.address.peer(),
                age,
                phase(),
                exchange,
                tunnel,
                Duration.ofNanos(nowNanos - beganNanos),
                bytesIn,
                response.bytes());
    }

    private OpenSession.Phase phase() {
        Exchange current = exchange;
        if (tunnel != null) {
            return OpenSession.Phase.TUNNEL;
        }
        return current != null ? current.phase() : OpenSession.Phase.CLOSING;
    }
}
