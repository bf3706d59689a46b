package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.veza.edge.control.ServerEntry;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One exchange that has come to its end, a tunnel with it if it became one, as the event loop tells of it. Valid during that
 * call only: what is to be kept must be copied. Times are nanoseconds, -1 for what was not reached; they follow each other,
 * as HAProxy's timers do (configuration manual 2.6, section 8.4).
 */
public interface EndedExchange {

    /** The name of the listener, such as {@code http}. */
    String listener();

    /** The listener's number in the counters. */
    int listenerId();

    /** Who connected. */
    InetSocketAddress client();

    /** The pool's name; null if no route took the request, or it was not understood. */
    @Nullable
    String pool();

    /** The pool's number in the counters, or {@link TrafficObserver#NO_POOL}. */
    int poolId();

    /** The server that answered or was tried last; null if none was chosen. */
    @Nullable
    ServerEntry server();

    /**
     * The head as it was sent to the server, from the request line on: without the sticky cookie and hop-by-hop fields, with
     * forwarding fields; others, {@code Cookie} and {@code Authorization} among them, as the client sent them. Null if the
     * request was not understood. The reader's index may not be moved.
     */
    @Nullable
    ByteBuf requestHead();

    /** What the client spoke. */
    Protocol protocol();

    /** The status the client got, 101 for a tunnel; 0 if it got none, or none but interim ones. */
    int status();

    /** Bytes from the client, head included. */
    long bytesIn();

    /** Bytes to the client, head included. */
    long bytesOut();

    /** How many of {@link #bytesOut} are heads, those of interim responses included. */
    long headBytesOut();

    /** When the first byte of the request came, milliseconds since 1970. */
    long beganEpochMillis();

    /** From the first byte of the request to the end of its head: HAProxy's TR. */
    long headNanos();

    /** From the end of the head until a server had a place: HAProxy's Tw. */
    long queueNanos();

    /** From the choice of the server until a connection to it stood: HAProxy's Tc. */
    long connectNanos();

    /** From the connection to the end of the response's head: HAProxy's Tr. */
    long responseNanos();

    /** From the first byte of the request to the end of everything: HAProxy's Ta, or Tt for a tunnel. */
    long totalNanos();

    /** How often the request was sent once more. */
    int retries();

    /** Whether it went to another server than the first chosen. */
    boolean redispatched();

    /** Four characters: who ended it and when, what the sticky cookie was and what became of it (same manual, section 8.5). */
    String termination();

    /** What the sticky cookie came to. */
    Persistence persistence();

    /** What went wrong; null if it ended in good order. */
    @Nullable
    ExchangeFailure failure();

    /** What ended the tunnel it had become; null if it became none. */
    @Nullable
    TunnelEnd tunnelEnd();

    /** Client connections of all listeners now open. */
    int connections();

    /** Exchanges and tunnels now on the pool, this one included; 0 without a pool. */
    int poolInFlight();

    /** Exchanges and tunnels now on the server, this one included; 0 without a server. */
    int serverInFlight();

    /** How many exchanges waited in the pool when this one did; 0 if it did not wait. */
    int queuePosition();
}
