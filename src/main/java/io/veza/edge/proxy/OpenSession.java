package io.veza.edge.proxy;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * One client connection at one moment.
 *
 * @param id unique in the process, for {@link TrafficPlane#shutdownSession}
 * @param listener its name, such as {@code http}
 * @param age since it was accepted
 * @param phase what it is doing
 * @param request method and target of the exchange, or of the upgrade for a tunnel; empty between requests
 * @param pool where the exchange or tunnel is; empty between requests
 * @param server empty while none is chosen
 * @param serverAddress where it is connected to; empty while it is not
 * @param phaseAge how long the exchange or tunnel lasts already, or the pause between two
 */
public record OpenSession(
        long id,
        String listener,
        InetSocketAddress client,
        Duration age,
        Phase phase,
        Optional<String> request,
        Optional<String> pool,
        Optional<String> server,
        Optional<InetSocketAddress> serverAddress,
        Duration phaseAge,
        long bytesIn,
        long bytesOut) {

    /** What a client connection is doing. */
    public enum Phase {
        /** Between requests, or before the first. */
        IDLE,
        /** The request's head is arriving. */
        REQUEST,
        /** Waiting for a place on a server. */
        QUEUED,
        /** A connection to a server is being made. */
        CONNECTING,
        /** Sent to a server whose answer has not begun. */
        SENT,
        /** The response is under way. */
        RESPONDING,
        TUNNEL,
        /** The last bytes are on their way out. */
        CLOSING
    }
}
