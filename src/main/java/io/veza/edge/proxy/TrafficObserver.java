package io.veza.edge.proxy;

import io.veza.edge.control.ServerEntry;
import org.jspecify.annotations.Nullable;

/**
 * Is told what the traffic plane does: the seam for metrics and logs. Each event loop has an observer of its own and calls
 * it on itself only, so that counting needs neither locks nor atomics; implementations must not block or allocate.
 */
public interface TrafficObserver {

    void connectionOpened();

    void connectionClosed();

    /** A request was turned away by the edge itself or failed; with the server it was for, if one had been chosen. */
    void failed(ExchangeFailure failure, @Nullable ServerEntry server);

    /** An exchange was given to a server: at first, by {@link #redispatched} or by {@link #retried}. */
    void dispatched(ServerEntry server);

    /** A connection to a server was made, taking this long. */
    void connected(ServerEntry server, long nanos);

    /** An idle connection to a server was used again. */
    void reused(ServerEntry server);

    /** A server could not be reached. */
    void connectFailed(ServerEntry server);

    /** A server could not be reached and the exchange goes to another. */
    void redispatched(ServerEntry from);

    /** A server closed before its first byte and the exchange is sent once more. */
    void retried(ServerEntry server);

    /**
     * An exchange came to its end in good order.
     *
     * @param status of the response
     * @param nanos from the end of the request's head to the end of the response
     */
    void completed(ServerEntry server, int status, long nanos);

    void tunnelOpened(ServerEntry server);

    void tunnelClosed(ServerEntry server);
}
