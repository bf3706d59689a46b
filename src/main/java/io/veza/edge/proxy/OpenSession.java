package io.veza.edge.proxy;

import io.veza.edge.control.ServerEntry;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

    /** A connection without a request. */
    static OpenSession idle(
            long id, Listener listener, InetSocketAddress client, Duration age, Phase phase, Duration phaseAge) {
        return new OpenSession(
                id,
                listener.name(),
                client,
                age,
                phase,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                phaseAge,
                0,
                0);
    }

    /** A connection, or one of its streams, with the exchange or the tunnel that is under way on it, if there is one. */
    static OpenSession of(
            long id,
            Listener listener,
            InetSocketAddress client,
            Duration age,
            Phase phase,
            @Nullable Exchange exchange,
            @Nullable Tunnel tunnel,
            Duration phaseAge,
            long bytesIn,
            long bytesOut) {
        Exchange current = tunnel != null ? tunnel.exchange() : exchange;
        ServerEntry server = tunnel != null ? tunnel.server() : current == null ? null : current.server();
        ServerSide to = tunnel != null ? tunnel.serverSide() : current == null ? null : current.connection();
        return new OpenSession(
                id,
                listener.name(),
                client,
                age,
                phase,
                Optional.ofNullable(current).map(Exchange::request),
                Optional.ofNullable(current).map(Exchange::pool),
                Optional.ofNullable(server).map(entry -> entry.server().name()),
                Optional.ofNullable(to).map(ServerSide::address),
                phaseAge,
                bytesIn,
                bytesOut);
    }
}
