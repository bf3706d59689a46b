package io.veza.edge.http1;

import org.jspecify.annotations.Nullable;

/** The head of a response, read as strictly as a request: what a server muddles up is not passed on. */
public final class ResponseHead extends HeadParser {

    /** The response has a body that ends with the connection. */
    public static final long UNTIL_CLOSE = -2;

    /** The response has a chunked body. */
    public static final long CHUNKED = -1;

    private static final byte[] HTTP_1 = Octets.ascii("HTTP/1.");
    private static final byte[] TIMEOUT = Octets.ascii("timeout=");

    private final HeadLimits limits;
    private int status;
    private int reasonStart;
    private int reasonEnd;
    private boolean http10;
    private int keepAliveSeconds;
    private int acceptStart;
    private int acceptEnd;

    public ResponseHead(HeadLimits limits) {
        super(Integer.MAX_VALUE - 2, limits.head(), limits.fields());
        this.limits = limits;
        clear();
    }

    /** What it was made for. */
    public HeadLimits limits() {
        return limits;
    }

    @Override
    public void reset() {
        super.reset();
        clear();
    }

    private void clear() {
        keepAliveSeconds = -1;
        acceptStart = -1;
    }

    @Override
    @Nullable
    HeadFault startLine(int from, int to) {
        if (to - from < 12 || bytes[from + 8] != ' ') {
            return HeadFault.BAD_STATUS_LINE;
        }
        for (int i = 0; i < HTTP_1.length; i++) {
            if (bytes[from + i] != HTTP_1[i]) {
                return HeadFault.BAD_STATUS_LINE;
            }
        }
        byte minor = bytes[from + 7];
        if (minor != '0' && minor != '1') {
            return HeadFault.BAD_STATUS_LINE;
        }
        http10 = minor == '0';
        status = (int) contentLength(from + 9, from + 12);
        if (status < 100 || status > 599 || (to > from + 12 && bytes[from + 12] != ' ')) {
            return HeadFault.BAD_STATUS_LINE;
        }
        reasonStart = Math.min(from + 13, to);
        reasonEnd = to;
        return Octets.isFieldValue(bytes, reasonStart, reasonEnd) ? null : HeadFault.BAD_STATUS_LINE;
    }

    @Override
    @Nullable
    HeadFault knownField(KnownField field, int from, int to) {
        switch (field) {
            case KEEP_ALIVE -> keepAliveSeconds = timeout(from, to);
            case SEC_WEBSOCKET_ACCEPT -> {
                acceptEnd = acceptStart < 0 ? to : -1;
                acceptStart = from;
            }
            default -> {}
        }
        return framingField(field, from, to, http10);
    }

    private int timeout(int from, int to) {
        int i = from;
        while (i < to) {
            int comma = i;
            while (comma < to && bytes[comma] != ',') {
                comma++;
            }
            int start = Octets.skipBlanks(bytes, i, comma);
            int digits = start + TIMEOUT.length;
            if (digits < comma && Octets.equalsLower(bytes, start, digits, TIMEOUT)) {
                long seconds = contentLength(digits, Octets.trimBlanks(bytes, digits, comma));
                return (int) Math.min(seconds, Integer.MAX_VALUE);
            }
            i = comma + 1;
        }
        return -1;
    }

    @Override
    @Nullable
    HeadFault complete() {
        return framing();
    }

    public int status() {
        return status;
    }

    public int reasonStart() {
        return reasonStart;
    }

    public int reasonEnd() {
        return reasonEnd;
    }

    /** Whether this answer is only an interim one (1xx but for 101, which ends HTTP on the connection). */
    public boolean isInterim() {
        return status < 200 && status != 101;
    }

    /**
     * How long the body is: a length, {@link #CHUNKED} or {@link #UNTIL_CLOSE}; RFC 9112 section 6.3.
     *
     * @param toHead whether it answers a HEAD request
     */
    public long bodyLength(boolean toHead) {
        if (!mayHaveBody(toHead)) {
            return 0;
        }
        if (chunked) {
            return CHUNKED;
        }
        return length == NO_LENGTH ? UNTIL_CLOSE : length;
    }

    /** Whether a body may follow this head at all. */
    public boolean mayHaveBody(boolean toHead) {
        return !toHead && status >= 200 && status != 204 && status != 304;
    }

    /** What {@code Content-Length} said, or a negative number. */
    public long declaredLength() {
        return length;
    }

    public boolean declaresChunked() {
        return chunked;
    }

    /** Whether the server lets the connection be used again, RFC 9112 section 9.3. */
    public boolean keepsAlive() {
        return keepsAlive(http10);
    }

    /** The {@code timeout} of a {@code Keep-Alive} field in seconds, or -1. */
    public int keepAliveSeconds() {
        return keepAliveSeconds;
    }

    /** Whether the one {@code Sec-WebSocket-Accept} is this. */
    public boolean accepts(byte[] expected) {
        if (acceptStart < 0 || acceptEnd - acceptStart != expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if (bytes[acceptStart + i] != expected[i]) {
                return false;
            }
        }
        return true;
    }
}
