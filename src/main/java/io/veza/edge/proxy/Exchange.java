package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.http1.Method;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.http1.Trailers;
import io.veza.edge.http1.WebSocketHandshake;
import io.veza.edge.persistence.StickyCookie;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response: finds a server, goes to another one if it cannot be reached, and relays both ways. Knows
 * neither the client's protocol nor sockets. Belongs to one event loop; only {@link #wake} may be called from others.
 *
 * <p>Course: queued (only if every server is full) → connecting (only without an idle connection) → sent → responding →
 * ended. A failed connect goes back to choosing with that server excluded; a server that closes before its first byte is
 * tried once more. From the first byte of the response on, nothing is repeated.
 */
final class Exchange {

    private enum Phase {
        CHOOSING,
        QUEUED,
        CONNECTING,
        SENT,
        RESPONDING,
        ENDED
    }

    /** Interim responses to one request; more are a server gone wild. */
    private static final int MOST_INTERIM = 16;

    private final TrafficLoop loop;
    private final ClientSide client;
    private final ClientAddress address;
    private final PoolTraffic pool;
    private final boolean isHead;
    private final boolean http10;
    private final boolean idempotent;
    private final boolean chunked;
    private final boolean bodyless;
    private final ExchangeCourse course;
    private final byte @Nullable [] expectedAccept;
    private final ByteBuf requestHead;
    private final ServerChoice choice;

    private Phase phase = Phase.CHOOSING;
    private @Nullable ServerEntry server;

    /** The last server it was given to. */
    private @Nullable ServerEntry tried;

    /** The server whose place another one is to take. */
    private @Nullable ServerEntry unreachable;

    /** How the server is spoken to that was chosen: as the pool, or what has taken its place since. */
    private PoolTraffic way;

    private @Nullable ProxyAnnouncement announcement;

    private @Nullable ServerSide connection;
    private @Nullable String awaited;
    private boolean requestOver;
    private boolean bodySent;
    private boolean reused;
    private boolean staleRetried;
    private boolean retried;
    private boolean connectFailed;
    private long connectDeadline;
    private int interims;
    private boolean responsePaused;
    private final TimerWheel.Timer queueTimer = new TimerWheel.Timer() {
        @Override
        void expired() {
            pool.queue.leave(Exchange.this);
            fail(ExchangeFailure.Cause.QUEUE_TIMEOUT);
        }
    };

    /**
     * Reads all it needs of the head, which the caller may reuse afterwards.
     *
     * @param headEndNanos when the head was complete, by the monotonic clock
     */
    Exchange(
            TrafficLoop loop,
            ClientSide client,
            ClientAddress address,
            PoolTraffic pool,
            RequestHead head,
            long headEndNanos) {
        this.loop = loop;
        this.client = client;
        this.pool = pool;
        this.way = pool;
        this.address = address;
        this.announcement = pool.announcement(address);
        this.course = new ExchangeCourse(headEndNanos);
        this.isHead = head.method() == Method.HEAD;
        this.http10 = head.http10();
        this.chunked = head.bodyLength() == RequestHead.CHUNKED;
        this.bodyless = head.bodyLength() == RequestHead.NO_BODY;
        this.requestOver = bodyless;
        this.idempotent = head.method().isIdempotent();
        this.expectedAccept =
                head.upgradesToWebSocket() ? WebSocketHandshake.accept(head.bytes(), head.keyStart()) : null;
        this.choice = new ServerChoice(pool, head);
        RequestEncoder.encode(head, address, pool.sticky, loop.ids, loop.writer);
        this.requestHead = loop.writer.toBuffer(TrafficLoop.ALLOCATOR, 0);
    }

    // Finding a server

    /** Chooses a server and sends the request, if there is memory for it; to be called once. */
    void start() {
        if (loop.memory.compareTo(MemoryWatch.Level.SHORT) < 0) {
            dispatch();
        } else {
            course.unplaceable();
            fail(ExchangeFailure.Cause.OVERLOADED);
        }
    }

    private void dispatch() {
        PoolSnapshot snapshot = pool.snapshot();
        ServerEntry chosen = choice.in(snapshot);
        if (chosen != null && chosen.tryAcquire()) {
            course.placed(phase == Phase.QUEUED);
            if (phase == Phase.QUEUED) {
                leaveQueue();
            }
            phase = Phase.CHOOSING;
            server = chosen;
            goBy(pool.wayTo(snapshot));
            ServerEntry from = unreachable;
            if (from != null) {
                unreachable = null;
                course.redispatched();
                loop.observer.redispatched(pool.id(), from);
            }
            tried = chosen;
            loop.observer.dispatched(pool.id(), chosen);
            HashPlacement placement = choice.placement();
            if (placement != null) {
                loop.observer.placed(pool.id(), placement);
            }
            connectTo(chosen);
        } else if (chosen != null || choice.saturated(snapshot)) {
            joinQueue(snapshot);
        } else {
            if (phase == Phase.QUEUED) {
                leaveQueue();
            }
            course.unplaceable();
            fail(connectFailed ? ExchangeFailure.Cause.CONNECT_FAILED : ExchangeFailure.Cause.NO_SERVER);
        }
    }

    /** The chosen server may be there by a later configuration than the one that this exchange began with. */
    @SuppressWarnings("ReferenceEquality") // each is there once
    private void goBy(PoolTraffic present) {
        if (present != way) {
            way = present;
            announcement = present.announcement(address);
        }
    }

    private void joinQueue(PoolSnapshot snapshot) {
        String bound = choice.bound(snapshot);
        boolean first = phase != Phase.QUEUED;
        if (!first && Objects.equals(bound, awaited)) {
            return;
        }
        phase = Phase.QUEUED;
        awaited = bound;
        if (!pool.queue.join(this, bound)) {
            fail(ExchangeFailure.Cause.QUEUE_FULL);
            return;
        }
        if (first) {
            course.queued(pool.queue.size());
            loop.wheel.arm(queueTimer, pool.queueTicks);
        }
        // Whoever left in between saw no waiter: look once more.
        dispatch();
    }

    private void leaveQueue() {
        pool.queue.leave(this);
        loop.wheel.remove(queueTimer);
    }

    /** Has a waiting exchange look for a place again. From any thread. */
    void wake() {
        loop.eventLoop.execute(() -> {
            if (phase == Phase.QUEUED) {
                dispatchAgain();
            }
        });
    }

    /** Dispatches outside of the client's own turn, so that nobody else would send what is written. */
    private void dispatchAgain() {
        dispatch();
        if (connection != null) {
            client.resumeUpload();
            flushServer();
        }
    }

    private void connectTo(ServerEntry chosen) {
        InetSocketAddress at = chosen.address();
        if (at == null) {
            connectFailed();
            return;
        }
        ServerConnections connections = loop.connections(chosen);
        ServerSide idle = staleRetried || retried ? null : connections.take(at, way, announcement);
        reused = idle != null;
        if (idle != null) {
            loop.observer.reused(chosen);
            course.reuses();
            send(idle);
            return;
        }
        if (connectDeadline == 0) {
            connectDeadline = System.nanoTime() + pool.connectBudget.toNanos();
        }
        phase = Phase.CONNECTING;
        connections.connect(chosen, at, way, this);
    }

    /** False if the exchange has ended meanwhile and the connection is free for another. */
    boolean connected(ServerSide to) {
        if (phase != Phase.CONNECTING) {
            return false;
        }
        course.connected();
        send(to);
        client.resumeUpload();
        to.flush();
        return true;
    }

    void connectFailed() {
        if (phase == Phase.ENDED) {
            return;
        }
        ServerEntry failed = giveUpServer();
        connectFailed = true;
        if (failed != null) {
            choice.exclude(failed);
            loop.observer.connectFailed(pool.id(), failed);
            if (connectDeadline == 0 || System.nanoTime() - connectDeadline < 0) {
                unreachable = failed;
                phase = Phase.CHOOSING;
                dispatchAgain();
                return;
            }
        }
        fail(ExchangeFailure.Cause.CONNECT_FAILED);
    }

    private @Nullable ServerEntry giveUpServer() {
        ServerEntry left = server;
        server = null;
        connection = null;
        if (left != null) {
            pool.release(left);
        }
        return left;
    }

    private void send(ServerSide to) {
        connection = to;
        phase = Phase.SENT;
        course.sent();
        to.begin(this, requestHead.retainedDuplicate(), chunked, bodyless);
    }

    // The request's body

    /** Whether a piece of the body can be sent on now; if not, {@link ClientSide#resumeUpload} will be called. */
    boolean takesBody() {
        ServerSide to = connection;
        if (to != null && !to.isWritable()) {
            to.flush();
        }
        return to != null && to.isWritable();
    }

    /** Sends a piece of the request's body. Takes over the buffer. */
    void requestData(ByteBuf data) {
        ServerSide to = connection;
        if (to == null) {
            data.release();
        } else {
            bodySent = true;
            to.requestData(data);
        }
    }

    void requestEnd(@Nullable Trailers trailers) {
        requestOver = true;
        ServerSide to = connection;
        if (to != null) {
            bodySent = true;
            to.requestEnd(trailers);
        }
    }

    /** Sends what is buffered towards the server. */
    void flushServer() {
        ServerSide to = connection;
        if (to != null) {
            to.flush();
        }
    }

    // The response

    /** False if the server has sent enough of these. */
    boolean interim(ResponseHead head) {
        if (!http10) {
            client.interim(head);
        }
        return ++interims <= MOST_INTERIM;
    }

    void responseHead(ResponseHead head, long bodyLength, int ready) {
        phase = Phase.RESPONDING;
        course.responding(head.status());
        client.responseHead(head, this, bodyLength, ready);
    }

    /** Relays a piece of the response's body. Takes over the buffer. */
    void responseData(ByteBuf data) {
        client.responseData(data);
        ServerSide from = connection;
        if (from != null && !client.isWritable()) {
            // Sending now is often enough, and cheaper than to stop reading and begin again.
            client.flush();
            if (!client.isWritable()) {
                responsePaused = true;
                from.pauseResponse();
            }
        }
    }

    /** The client has taken what it was given. */
    void clientWritable() {
        ServerSide from = connection;
        if (responsePaused && from != null) {
            responsePaused = false;
            from.resumeResponse();
        }
    }

    void responseEnd(@Nullable Trailers trailers) {
        ServerEntry served = server;
        end();
        client.responseEnd(trailers);
        over(served, null, System.nanoTime());
    }

    /** Turns into a tunnel; null if this is not the answer to an upgrade that was asked for. */
    @Nullable
    Tunnel upgrade(ResponseHead head, ServerSide with) {
        byte[] expected = expectedAccept;
        ServerEntry chosen = server;
        if (expected == null || chosen == null || !head.accepts(expected)) {
            return null;
        }
        course.responding(head.status());
        Tunnel tunnel = new Tunnel(loop, pool, chosen, with, this);
        client.switchTo(tunnel, head, this);
        // The place on the server passes to the tunnel, which ends what begins here.
        server = null;
        end();
        return tunnel;
    }

    /** The cookie line this response must carry, or null. */
    byte @Nullable [] setCookie() {
        ServerEntry served = server;
        return served == null ? null : choice.setCookie(served);
    }

    // Ends

    /** The connection to the server came to nothing. */
    void serverFailed(ExchangeFailure failure) {
        ServerEntry failed = giveUpServer();
        if (failed != null && failure.retryable() && mayRepeat(failure) && repeat(failed)) {
            loop.observer.retried(pool.id(), failed);
            course.retried();
            phase = Phase.CHOOSING;
            dispatchAgain();
        } else {
            endWith(failure, failed);
        }
    }

    private boolean mayRepeat(ExchangeFailure failure) {
        return (idempotent || failure == ExchangeFailure.Cause.STREAM_REFUSED)
                && !bodySent
                && phase == Phase.SENT
                && interims == 0;
    }

    /**
     * Each of two reasons counts once: an idle connection may have been closed by a server that is well, which is tried
     * again; a new one that closes is a server that is dying, and its port may take connections for a moment yet.
     */
    private boolean repeat(ServerEntry failed) {
        if (reused && !staleRetried) {
            staleRetried = true;
            choice.again(failed);
            return true;
        }
        boolean first = !retried;
        retried = true;
        choice.avoid(failed);
        return first;
    }

    /** The client went away: nobody is left to be told. */
    void abandon() {
        if (phase != Phase.ENDED) {
            ServerEntry left = server;
            ServerSide to = connection;
            end();
            over(left, ExchangeFailure.Cause.ABORTED, System.nanoTime());
            if (to != null) {
                to.abandon();
            }
        }
    }

    /** Ends at once, and with an answer if none has begun. */
    void giveUp(ExchangeFailure failure) {
        if (phase != Phase.ENDED) {
            ServerEntry left = server;
            ServerSide to = connection;
            endWith(failure, left);
            if (to != null) {
                to.abandon();
            }
        }
    }

    private void fail(ExchangeFailure failure) {
        endWith(failure, tried);
    }

    private void endWith(ExchangeFailure failure, @Nullable ServerEntry failed) {
        end();
        client.failed(failure);
        over(failed, failure, System.nanoTime());
        client.flush();
    }

    private void end() {
        if (phase == Phase.QUEUED) {
            leaveQueue();
        }
        phase = Phase.ENDED;
        giveUpServer();
    }

    private void over(@Nullable ServerEntry last, @Nullable ExchangeFailure failure, long nowNanos) {
        ExchangeRecord record = loop.record.begin(nowNanos);
        record.failure = failure;
        tell(last, record);
        client.exchangeOver();
    }

    /** Tells of this exchange when the tunnel it has become is over. */
    void tunnelOver(ServerEntry held, TunnelEnd end) {
        ExchangeRecord record = loop.record.begin(System.nanoTime());
        record.tunnelEnd = end;
        tell(held, record);
    }

    private void tell(@Nullable ServerEntry last, ExchangeRecord record) {
        client.describe(record);
        record.pool = pool;
        record.server = last;
        record.requestHead = requestHead;
        record.cookie = choice.cookie(course.hasResponse() ? last : null);
        record.holder = choice.holder();
        course.fill(record, requestOver);
        loop.tell(record);
        requestHead.release();
    }

    // What others ask

    /** What its server is told before all else; null if nothing. */
    @Nullable
    ProxyAnnouncement announcement() {
        return announcement;
    }

    void captureResponse(ResponseHead head) {
        ServerEntry from = server;
        if (from != null) {
            client.captureResponse(pool.name(), from, head);
        }
    }

    /** The request line without the version, for an operator. */
    String request() {
        int end = requestHead.bytesBefore((byte) '\r');
        String line = requestHead.toString(requestHead.readerIndex(), Math.max(0, end), StandardCharsets.US_ASCII);
        return line.substring(0, Math.max(0, line.lastIndexOf(' ')));
    }

    OpenSession.Phase phase() {
        return switch (phase) {
            case CHOOSING, CONNECTING -> OpenSession.Phase.CONNECTING;
            case QUEUED -> OpenSession.Phase.QUEUED;
            case SENT -> OpenSession.Phase.SENT;
            case RESPONDING -> OpenSession.Phase.RESPONDING;
            case ENDED -> OpenSession.Phase.CLOSING;
        };
    }

    String pool() {
        return pool.name();
    }

    @Nullable
    ServerEntry server() {
        return server;
    }

    @Nullable
    ServerSide connection() {
        return connection;
    }

    long startNanos() {
        return course.startNanos();
    }

    ClientSide client() {
        return client;
    }

    boolean isHead() {
        return isHead;
    }

    long serverTicks() {
        return pool.serverTicks;
    }

    /** Whether it is the client that keeps the server waiting, so that the server's timeout means nothing. */
    boolean waitsForClient(boolean serverWritable) {
        return (!requestOver && serverWritable) || (responsePaused && !client.isWritable());
    }

    @Nullable
    StickyCookie sticky() {
        return pool.sticky;
    }
}
