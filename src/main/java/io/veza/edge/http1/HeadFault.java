package io.veza.edge.http1;

import java.util.Locale;

/**
 * Why a head, a body's framing or a trailer was refused, with the status a client gets if it was its request. A fault in
 * a response is always a 502. Each refusal is counted under {@link #reason()}.
 */
public enum HeadFault {
    BAD_REQUEST_LINE(400),
    BAD_TARGET(400),
    BAD_HOST(400),
    BARE_LINE_FEED(400),
    FOLDED_FIELD(400),
    BAD_FIELD_NAME(400),
    BAD_FIELD_VALUE(400),
    BAD_CONTENT_LENGTH(400),
    BAD_TRANSFER_ENCODING(400),
    LENGTH_AND_ENCODING(400),
    BAD_CHUNK(400),
    BAD_TRAILER(400),
    BAD_PSEUDO_FIELD(400),
    CONNECTION_FIELD(400),
    LENGTH_MISMATCH(400),
    METHOD_REFUSED(405),
    REQUEST_LINE_TOO_LONG(414),
    HEAD_TOO_LARGE(431),
    TOO_MANY_FIELDS(431),
    BAD_STATUS_LINE(502),
    UNKNOWN_PROTOCOL(501),
    UNKNOWN_VERSION(505);

    private final int status;
    private final String reason;

    HeadFault(int status) {
        this.status = status;
        this.reason = name().toLowerCase(Locale.ROOT);
    }

    /** The status of the refusal if the fault is in a request. */
    public int status() {
        return status;
    }

    /** The fault's name in counters and logs, snake_case. */
    public String reason() {
        return reason;
    }
}
