package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.health.AdminState;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop tells of an exchange that has ended, filled anew each time by those who know: the client's connection
 * and the exchange.
 */
final class ExchangeRecord implements EndedExchange {

    // Of the client's connection
    String listener = "";
    int listenerId;
    InetSocketAddress client = new InetSocketAddress(0);
    Protocol protocol = Protocol.HTTP_1_1;
    long bytesIn;
    long bytesOut;
    long headBytesOut;
    long beganNanos;
    long headNanos;
    int connections;

    // Of the exchange
    @Nullable
    PoolTraffic pool;

    @Nullable
    ServerEntry server;

    @Nullable
    ByteBuf requestHead;

    int status;
    long queueNanos;
    long connectNanos;
    long responseNanos;
    long endNanos;
    int retries;
    boolean redispatched;
    int queuePosition;

    @Nullable
    TunnelEnd tunnelEnd;

    @Nullable
    ExchangeFailure failure;

    Termination.Stage stage = Termination.Stage.REQUEST;
    Termination.Cookie cookie = Termination.Cookie.UNUSED;

    @Nullable
    String holder;

    /** Turns to an exchange of which nothing is known but that it ends now. */
    ExchangeRecord begin(long nowNanos) {
        protocol = Protocol.HTTP_1_1;
        pool = null;
        server = null;
        requestHead = null;
        status = 0;
        queueNanos = -1;
        connectNanos = -1;
        responseNanos = -1;
        endNanos = nowNanos;
        retries = 0;
        redispatched = false;
        queuePosition = 0;
        tunnelEnd = null;
        failure = null;
        stage = Termination.Stage.REQUEST;
        cookie = Termination.Cookie.UNUSED;
        holder = null;
        return this;
    }

    @Override
    public String listener() {
        return listener;
    }

    @Override
    public int listenerId() {
        return listenerId;
    }

    @Override
    public InetSocketAddress client() {
        return client;
    }

    @Override
    public @Nullable String pool() {
        return pool == null ? null : pool.name();
    }

    @Override
    public int poolId() {
        return pool == null ? TrafficObserver.NO_POOL : pool.id();
    }

    @Override
    public @Nullable ServerEntry server() {
        return server;
    }

    @Override
    public @Nullable ByteBuf requestHead() {
        return requestHead;
    }

    @Override
    public Protocol protocol() {
        return protocol;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public long bytesIn() {
        return bytesIn;
    }

    @Override
    public long bytesOut() {
        return bytesOut;
    }

    @Override
    public long headBytesOut() {
        return headBytesOut;
    }

    @Override
    public long beganEpochMillis() {
        return System.currentTimeMillis() - totalNanos() / 1_000_000;
    }

    @Override
    public long headNanos() {
        return headNanos;
    }

    @Override
    public long queueNanos() {
        return queueNanos;
    }

    @Override
    public long connectNanos() {
        return connectNanos;
    }

    @Override
    public long responseNanos() {
        return responseNanos;
    }

    @Override
    public long totalNanos() {
        return endNanos - beganNanos;
    }

    @Override
    public int retries() {
        return retries;
    }

    @Override
    public boolean redispatched() {
        return redispatched;
    }

    @Override
    public String termination() {
        TunnelEnd end = tunnelEnd;
        return end == null ? Termination.code(failure, stage, cookie) : Termination.code(end, cookie);
    }

    @Override
    public Persistence persistence() {
        return switch (cookie) {
            case UNUSED -> Persistence.UNUSED;
            case NONE, NONE_INSERTED -> Persistence.MISS;
            case VALID, VALID_UPDATED -> led();
            case INVALID, INVALID_INSERTED, DOWN, DOWN_INSERTED, EXPIRED, EXPIRED_INSERTED -> Persistence.STALE;
        };
    }

    /** Of a cookie whose server took such requests when this one came; what happened then is another matter. */
    private Persistence led() {
        ServerEntry by = server;
        boolean elsewhere = by != null && !by.server().name().equals(holder);
        boolean sent = stage == Termination.Stage.HEADERS || stage == Termination.Stage.DATA;
        if (by != null && !elsewhere && sent) {
            return by.state().admin() == AdminState.DRAIN ? Persistence.DRAINED : Persistence.HIT;
        }
        boolean gone = failure == ExchangeFailure.Cause.CONNECT_FAILED || failure == ExchangeFailure.Cause.NO_SERVER;
        return elsewhere || gone ? Persistence.STALE : Persistence.UNUSED;
    }

    @Override
    public @Nullable ExchangeFailure failure() {
        return failure;
    }

    @Override
    public @Nullable TunnelEnd tunnelEnd() {
        return tunnelEnd;
    }

    @Override
    public int connections() {
        return connections;
    }

    @Override
    public int poolInFlight() {
        return pool == null ? 0 : pool.inFlight() + (server == null ? 0 : 1);
    }

    @Override
    public int serverInFlight() {
        return server == null ? 0 : server.inFlight() + 1;
    }

    @Override
    public int queuePosition() {
        return queuePosition;
    }
}
