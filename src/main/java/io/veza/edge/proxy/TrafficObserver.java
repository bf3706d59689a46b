package io.veza.edge.proxy;

import io.veza.edge.control.ServerEntry;
import io.veza.edge.tls.HandshakeFailure;

/**
 * Is told what the traffic plane does: the seam for metrics. Each event loop has an observer of its own and calls it on
 * itself only, so that counting needs neither locks nor atomics; implementations must not block or allocate. Listeners and
 * pools go by the small numbers that {@link TrafficPlane} gives them.
 */
public interface TrafficObserver {

    /** Stands for the pool of a request that no route took, or that was not understood. */
    int NO_POOL = -1;

    void connectionOpened(int listener);

    void connectionClosed(int listener);

    /** A TLS handshake came to its end; the connection counts as opened from here on. */
    void handshake(int listener, String version);

    /** A connection was closed in its TLS handshake; it was not told of as opened. */
    void handshakeFailed(int listener, HandshakeFailure reason);

    /** A connection was closed for what its client did; if before it could send a request, it was not told of as opened. */
    void connectionRefused(int listener, ConnectionRefusal reason);

    /** A request came, understood or not. */
    void requested(int listener, int pool);

    /** An exchange was given to a server: at first, by {@link #redispatched} or by {@link #retried}. */
    void dispatched(int pool, ServerEntry server);

    /** A connection to a server was made, taking this long. */
    void connected(ServerEntry server, long nanos);

    /** A connection to the server of this number, {@link ServerEntry#id()}, that had been made is closed. */
    void disconnected(int server);

    /** An idle connection to a server was used again. */
    void reused(ServerEntry server);

    /** The hash of a request's key chose its server, or could not. */
    void placed(int pool, HashPlacement placement);

    /** A server could not be reached. */
    void connectFailed(int pool, ServerEntry server);

    /** The TLS handshake with a server failed; {@link #connectFailed} follows. */
    void handshakeFailed(ServerEntry server);

    /** A server could not be reached and the exchange goes to another. */
    void redispatched(int pool, ServerEntry from);

    /** A server closed before its first byte and the exchange is sent once more. */
    void retried(int pool, ServerEntry server);

    void tunnelOpened(int pool, ServerEntry server);

    void tunnelClosed(int pool, ServerEntry server);

    /** The event loop looked at its clock, this much more than a tick after the last time. */
    void turned(long lateNanos);

    /** A request came to its end, one way or the other; one that became a tunnel, with the tunnel. */
    void ended(EndedExchange exchange);
}
