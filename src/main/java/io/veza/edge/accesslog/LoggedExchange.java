package io.veza.edge.accesslog;

import io.veza.edge.control.ServerEntry;
import io.veza.edge.proxy.EndedExchange;
import io.veza.edge.proxy.ExchangeFailure;
import io.veza.edge.proxy.Protocol;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The facts of one exchange in a slot of a {@link FactsRing}: what {@link EndedExchange} tells, and where in the ring its
 * head was copied to. Written by an event loop, read by the writer, handed over by the ring.
 */
final class LoggedExchange {

    private static final InetSocketAddress NOBODY = new InetSocketAddress(0);

    String listener = "";
    InetSocketAddress client = NOBODY;

    @Nullable
    String pool;

    @Nullable
    String server;

    @Nullable
    String failure;

    String termination = "";
    Protocol protocol = Protocol.HTTP_1_1;
    boolean redispatched;
    boolean tunnel;
    int status;
    int retries;
    int connections;
    int poolInFlight;
    int serverInFlight;
    int queuePosition;
    long bytesIn;
    long bytesOut;
    long headBytesOut;
    long beganEpochMillis;
    long headNanos;
    long queueNanos;
    long connectNanos;
    long responseNanos;
    long totalNanos;

    /** Where the head begins in the ring's bytes, and its length; -1 if the request was not understood. */
    int headStart;

    int headLength;

    /** Whether not all of the head had room. */
    boolean cut;

    /** The ring's count of bytes behind this head. */
    long bytesEnd;

    /** Takes everything but the head. */
    void take(EndedExchange exchange) {
        listener = exchange.listener();
        client = exchange.client();
        pool = exchange.pool();
        ServerEntry entry = exchange.server();
        server = entry == null ? null : entry.server().name();
        ExchangeFailure cause = exchange.failure();
        failure = cause == null ? null : cause.reason();
        termination = exchange.termination();
        protocol = exchange.protocol();
        redispatched = exchange.redispatched();
        tunnel = exchange.tunnelEnd() != null;
        status = exchange.status();
        retries = exchange.retries();
        connections = exchange.connections();
        poolInFlight = exchange.poolInFlight();
        serverInFlight = exchange.serverInFlight();
        queuePosition = exchange.queuePosition();
        bytesIn = exchange.bytesIn();
        bytesOut = exchange.bytesOut();
        headBytesOut = exchange.headBytesOut();
        beganEpochMillis = exchange.beganEpochMillis();
        headNanos = exchange.headNanos();
        queueNanos = exchange.queueNanos();
        connectNanos = exchange.connectNanos();
        responseNanos = exchange.responseNanos();
        totalNanos = exchange.totalNanos();
    }
}
