package io.veza.edge.proxy;

import io.veza.edge.http1.HeadFault;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Why an exchange did not go through: whose doing it was, what the client is told if its response has not begun, and
 * whether a repeatable request may be sent once more. Once a response has begun, every failure resets the client's
 * connection instead, so that a part never looks whole.
 *
 * <table>
 * <caption>Status by failure</caption>
 * <tr><td>the client's request is malformed</td><td>that of its {@link HeadFault}</td></tr>
 * <tr><td>the client was too slow to send</td><td>408</td></tr>
 * <tr><td>no route</td><td>404</td></tr>
 * <tr><td>no usable server, none free in time, none reached; no memory left</td><td>503 with Retry-After</td></tr>
 * <tr><td>the server answered nothing, or nothing that is HTTP</td><td>502</td></tr>
 * <tr><td>the server answered too late</td><td>504</td></tr>
 * </table>
 */
public sealed interface ExchangeFailure {

    /** Whose doing a failure was. */
    enum Side {
        CLIENT,
        SERVER,
        EDGE
    }

    Side side();

    /** The status a client gets that has not seen any of its response; 0 where nobody is left to tell. */
    int status();

    /** The failure's name in counters and logs, snake_case. */
    String reason();

    /** Every {@link #reason} there is. */
    static List<String> reasons() {
        return Stream.concat(
                        Arrays.stream(Cause.values()).map(Cause::reason),
                        Arrays.stream(HeadFault.values()).map(HeadFault::reason))
                .toList();
    }

    /** A sentence for the one who reads the answer. */
    String detail();

    /** Whether an idempotent request without a body is sent once more. */
    default boolean retryable() {
        return false;
    }

    /** Whether the framing of what the client sends next can still be trusted. */
    default boolean closes() {
        return side() == Side.CLIENT;
    }

    /** A request that is not accepted. */
    record Malformed(HeadFault fault) implements ExchangeFailure {
        @Override
        public Side side() {
            return Side.CLIENT;
        }

        @Override
        public int status() {
            return fault.status();
        }

        @Override
        public String reason() {
            return fault.reason();
        }

        @Override
        public String detail() {
            return "the request was refused: " + fault.reason().replace('_', ' ');
        }
    }

    /** Everything else that goes wrong, one row each. */
    enum Cause implements ExchangeFailure {
        HEAD_TIMEOUT(Side.CLIENT, 408, "the head of the request did not arrive in time"),
        BODY_TIMEOUT(Side.CLIENT, 408, "the body of the request stopped arriving"),
        BODY_TOO_SLOW(Side.CLIENT, 408, "the body of the request arrives too slowly"),
        SENT_TOO_MUCH(Side.CLIENT, 0, "the client sent more than is held for it, and ended its side"),
        STOPPED_READING(Side.CLIENT, 0, "the client stopped reading its response"),
        ABORTED(Side.CLIENT, 0, "the client went away"),
        NO_HOST(Side.CLIENT, 400, "the request names no host that it could be sent to with TLS"),

        CONNECT_FAILED(Side.SERVER, 503, "no server could be reached"),
        CLOSED_EARLY(Side.SERVER, 502, "the server closed the connection without an answer"),
        MARKED_DOWN(Side.SERVER, 502, "the server went down before it answered"),
        STREAM_REFUSED(Side.SERVER, 503, "the server took no new requests on its connection"),
        UPGRADE_UNSUPPORTED(Side.SERVER, 502, "the server takes no upgrades over HTTP/2"),
        RESPONSE_MALFORMED(Side.SERVER, 502, "the server's answer is not valid HTTP"),
        RESPONSE_CUT(Side.SERVER, 502, "the server's answer ended early"),
        RESPONSE_STALLED(Side.SERVER, 502, "the server stopped in the middle of its answer"),
        RESPONSE_TIMEOUT(Side.SERVER, 504, "the server did not answer in time"),

        SHUT_DOWN(Side.EDGE, 503, "the session was shut down by an operator"),
        DENIED(Side.EDGE, 403, "this client may not ask for this"),
        NO_ROUTE(Side.EDGE, 404, "no route takes this request"),
        NO_SERVER(Side.EDGE, 503, "no server is available"),
        OVERLOADED(Side.EDGE, 503, "there is no memory left for more requests"),
        QUEUE_FULL(Side.EDGE, 503, "every server is busy and the queue is full"),
        QUEUE_TIMEOUT(Side.EDGE, 503, "no server became free in time");

        private final Side side;
        private final int status;
        private final String detail;
        private final String reason;

        Cause(Side side, int status, String detail) {
            this.side = side;
            this.status = status;
            this.detail = detail;
            this.reason = name().toLowerCase(Locale.ROOT);
        }

        @Override
        public Side side() {
            return side;
        }

        @Override
        public int status() {
            return status;
        }

        @Override
        public String reason() {
            return reason;
        }

        @Override
        public String detail() {
            return detail;
        }

        @Override
        public boolean retryable() {
            return this == CLOSED_EARLY || this == MARKED_DOWN || this == STREAM_REFUSED;
        }
    }
}
