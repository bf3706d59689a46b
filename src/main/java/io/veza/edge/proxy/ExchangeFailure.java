package io.veza.edge.proxy;

import io.veza.edge.http1.HeadFault;
import java.util.Locale;

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
 * <tr><td>no usable server, none free in time, none reached</td><td>503 with Retry-After</td></tr>
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

    /** What a client does or fails to do. */
    enum Client implements ExchangeFailure {
        HEAD_TIMEOUT(408, "the head of the request did not arrive in time"),
        BODY_TIMEOUT(408, "the body of the request stopped arriving"),
        STOPPED_READING(0, "the client stopped reading its response"),
        ABORTED(0, "the client went away");

        private final int status;
        private final String detail;

        Client(int status, String detail) {
            this.status = status;
            this.detail = detail;
        }

        @Override
        public Side side() {
            return Side.CLIENT;
        }

        @Override
        public int status() {
            return status;
        }

        @Override
        public String reason() {
            return name().toLowerCase(Locale.ROOT);
        }

        @Override
        public String detail() {
            return detail;
        }
    }

    /** What a server does or fails to do. */
    enum Server implements ExchangeFailure {
        CONNECT_FAILED(503, "no server could be reached", false),
        CLOSED_EARLY(502, "the server closed the connection without an answer", true),
        MARKED_DOWN(502, "the server went down before it answered", true),
        RESPONSE_MALFORMED(502, "the server's answer is not valid HTTP", false),
        RESPONSE_CUT(502, "the server's answer ended early", false),
        RESPONSE_TIMEOUT(504, "the server did not answer in time", false);

        private final int status;
        private final String detail;
        private final boolean retryable;

        Server(int status, String detail, boolean retryable) {
            this.status = status;
            this.detail = detail;
            this.retryable = retryable;
        }

        @Override
        public Side side() {
            return Side.SERVER;
        }

        @Override
        public int status() {
            return status;
        }

        @Override
        public String reason() {
            return name().toLowerCase(Locale.ROOT);
        }

        @Override
        public String detail() {
            return detail;
        }

        @Override
        public boolean retryable() {
            return retryable;
        }
    }

    /** What the edge decides by itself. */
    enum Edge implements ExchangeFailure {
        NO_ROUTE(404, "no route takes this request"),
        NO_SERVER(503, "no server is available"),
        QUEUE_FULL(503, "every server is busy and the queue is full"),
        QUEUE_TIMEOUT(503, "no server became free in time");

        private final int status;
        private final String detail;

        Edge(int status, String detail) {
            this.status = status;
            this.detail = detail;
        }

        @Override
        public Side side() {
            return Side.EDGE;
        }

        @Override
        public int status() {
            return status;
        }

        @Override
        public String reason() {
            return name().toLowerCase(Locale.ROOT);
        }

        @Override
        public String detail() {
            return detail;
        }
    }
}
