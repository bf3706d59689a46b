package io.veza.edge.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request, accepted only if it has one meaning: RFC 9112 sections 2 to 6 with every leniency they allow a
 * server left out.
 */
public final class RequestHead extends HeadParser {

    /** The request has no body. */
    public static final long NO_BODY = 0;

    /** The request's body is chunked. */
    public static final long CHUNKED = -1;

    private static final byte[] HTTP = Octets.ascii("HTTP/");
    private static final byte[] SCHEME_HTTP = Octets.ascii("http://");
    private static final byte[] SCHEME_HTTPS = Octets.ascii("https://");
    private static final byte[] WEBSOCKET = Octets.ascii("websocket");
    private static final byte[] TRAILERS = Octets.ascii("trailers");
    private static final byte[] VERSION_13 = Octets.ascii("13");

    private final HeadLimits limits;
    private Method method = Method.OTHER;
    private int methodStart;
    private int methodEnd;
    private int targetStart;
    private int targetEnd;
    private int authorityStart;
    private int authorityEnd;
    private int hostStart;
    private int hostEnd;
    private boolean http10;
    private boolean emptyLineSkipped;

    private boolean connectionUpgrade;
    private boolean websocket;
    private boolean websocketVersion;
    private boolean websocketVersion13;
    private boolean acceptsTrailers;
    private int keyStart;
    private int keyEnd;

    public RequestHead(HeadLimits limits) {
        super(limits.requestLine(), limits.head(), limits.fields());
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
        authorityStart = -1;
        hostStart = -1;
        emptyLineSkipped = false;
        connectionUpgrade = false;
        websocket = false;
        websocketVersion = false;
        websocketVersion13 = false;
        acceptsTrailers = false;
        keyStart = -1;
    }

    /** One empty line before a request is passed over: RFC 9112 section 2.2, for clients that send one after a body. */
    @Override
    boolean skipsEmptyLine(int from) {
        boolean first = !emptyLineSkipped;
        emptyLineSkipped = true;
        return first;
    }

    @Override
    @Nullable
    HeadFault startLine(int from, int to) {
        int space = from;
        while (space < to && Octets.isToken(bytes[space])) {
            space++;
        }
        if (space == from || space == to || bytes[space] != ' ') {
            return HeadFault.BAD_REQUEST_LINE;
        }
        methodStart = from;
        methodEnd = space;
        method = Method.of(bytes, from, space);
        targetStart = space + 1;
        int end = targetStart;
        while (end < to && Octets.isTarget(bytes[end])) {
            end++;
        }
        targetEnd = end;
        if (end == to || bytes[end] != ' ') {
            return end < to && bytes[end] != ' ' ? HeadFault.BAD_TARGET : HeadFault.BAD_REQUEST_LINE;
        }
        if (end == targetStart) {
            return HeadFault.BAD_REQUEST_LINE;
        }
        HeadFault fault = version(end + 1, to);
        if (fault != null) {
            return fault;
        }
        return method == Method.CONNECT || method == Method.TRACE ? HeadFault.METHOD_REFUSED : target();
    }

    private @Nullable HeadFault version(int from, int to) {
        if (to - from != 8
                || !startsWith(from, to, HTTP)
                || !isDigit(bytes[from + 5])
                || bytes[from + 6] != '.'
                || !isDigit(bytes[from + 7])) {
            return HeadFault.BAD_REQUEST_LINE;
        }
        http10 = bytes[from + 7] == '0';
        boolean known = bytes[from + 5] == '1' && (http10 || bytes[from + 7] == '1');
        return known ? null : HeadFault.UNKNOWN_VERSION;
    }

    /** Reduces the target to origin-form or {@code *}, RFC 9112 section 3.2. */
    private @Nullable HeadFault target() {
        byte first = bytes[targetStart];
        if (first == '/') {
            return null;
        }
        if (first == '*' && targetEnd == targetStart + 1) {
            return method == Method.OPTIONS ? null : HeadFault.BAD_TARGET;
        }
        int scheme = schemeLength();
        if (scheme == 0) {
            return HeadFault.BAD_TARGET;
        }
        authorityStart = targetStart + scheme;
        int end = authorityStart;
        while (end < targetEnd && bytes[end] != '/' && bytes[end] != '?') {
            end++;
        }
        authorityEnd = end;
        if (!Authority.isValid(bytes, authorityStart, authorityEnd)) {
            return HeadFault.BAD_TARGET;
        }
        if (end == targetEnd || bytes[end] == '?') {
            makeRoomForPath(end);
            end--;
        }
        targetStart = end;
        return null;
    }

    /** {@code http://a?q} means {@code /?q}: the authority moves one byte into the scheme, which nobody reads again. */
    private void makeRoomForPath(int end) {
        System.arraycopy(bytes, authorityStart, bytes, authorityStart - 1, end - authorityStart);
        authorityStart--;
        authorityEnd--;
        boolean wholeServer = method == Method.OPTIONS && end == targetEnd;
        bytes[authorityEnd] = (byte) (wholeServer ? '*' : '/');
    }

    private int schemeLength() {
        if (beginsWithScheme(SCHEME_HTTP)) {
            return SCHEME_HTTP.length;
        }
        return beginsWithScheme(SCHEME_HTTPS) ? SCHEME_HTTPS.length : 0;
    }

    /** Schemes compare without case, RFC 9110 section 4.2.3. */
    private boolean beginsWithScheme(byte[] scheme) {
        int end = targetStart + scheme.length;
        return end <= targetEnd && Octets.equalsLower(bytes, targetStart, end, scheme);
    }

    private boolean startsWith(int from, int to, byte[] prefix) {
        if (to - from < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (bytes[from + i] != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    @Override
    @Nullable
    HeadFault knownField(KnownField field, int from, int to) {
        switch (field) {
            case HOST -> {
                if (hostStart >= 0 || !Authority.isValid(bytes, from, to)) {
                    return HeadFault.BAD_HOST;
                }
                hostStart = from;
                hostEnd = to;
            }
            case CONNECTION -> connectionUpgrade |= Octets.listContains(bytes, from, to, UPGRADE);
            case UPGRADE -> websocket |= Octets.listContains(bytes, from, to, WEBSOCKET);
            case TE -> acceptsTrailers |= Octets.listContains(bytes, from, to, TRAILERS);
            case SEC_WEBSOCKET_VERSION -> {
                websocketVersion13 = !websocketVersion && Octets.equalsLower(bytes, from, to, VERSION_13);
                websocketVersion = true;
            }
            case SEC_WEBSOCKET_KEY -> {
                keyEnd = keyStart < 0 ? to : -1;
                keyStart = from;
            }
            default -> {}
        }
        return framingField(field, from, to, http10);
    }

    @Override
    @Nullable
    HeadFault complete() {
        HeadFault fault = framing();
        if (fault != null) {
            return fault;
        }
        if (hostStart < 0 && !http10) {
            return HeadFault.BAD_HOST;
        }
        if (authorityStart >= 0) {
            if (hostStart < 0) {
                hostStart = authorityStart;
                hostEnd = authorityEnd;
            } else if (!Octets.equalsIgnoreCase(bytes, authorityStart, authorityEnd, bytes, hostStart, hostEnd)) {
                return HeadFault.BAD_HOST;
            }
        }
        return null;
    }

    public Method method() {
        return method;
    }

    public int methodStart() {
        return methodStart;
    }

    public int methodEnd() {
        return methodEnd;
    }

    /** Where the target in origin-form (or {@code *}) begins; an absolute-form has been reduced to it. */
    public int targetStart() {
        return targetStart;
    }

    public int targetEnd() {
        return targetEnd;
    }

    /** Where the path ends and the query, if any, begins. */
    public int pathEnd() {
        int i = targetStart;
        while (i < targetEnd && bytes[i] != '?') {
            i++;
        }
        return i;
    }

    /** Where the authority begins, of {@code Host} or the absolute-form; -1 where an HTTP/1.0 request has none. */
    public int hostStart() {
        return hostStart;
    }

    /** Behind the authority, its port included. */
    public int hostEnd() {
        return hostStart < 0 ? -1 : hostEnd;
    }

    /** Behind the host without its port; -1 where there is none. */
    public int hostNameEnd() {
        return hostStart < 0 ? -1 : Authority.hostEnd(bytes, hostStart, hostEnd);
    }

    public boolean http10() {
        return http10;
    }

    /** The length of the body, {@link #NO_BODY} or {@link #CHUNKED}. */
    public long bodyLength() {
        return chunked ? CHUNKED : Math.max(length, NO_BODY);
    }

    /** Whether the request says how long its body is, be it 0. */
    public boolean hasContentLength() {
        return length != NO_LENGTH;
    }

    /** Whether the client means to send another request on this connection, RFC 9112 section 9.3. */
    public boolean keepsAlive() {
        return keepsAlive(http10);
    }

    public boolean acceptsTrailers() {
        return acceptsTrailers;
    }

    /** Whether this opens a WebSocket: RFC 6455 section 4.2.1, items 1 to 6. */
    public boolean upgradesToWebSocket() {
        return connectionUpgrade
                && websocket
                && websocketVersion13
                && method == Method.GET
                && !http10
                && bodyLength() == NO_BODY
                && keyStart >= 0
                && keyEnd - keyStart == WebSocketHandshake.KEY_LENGTH;
    }

    public int keyStart() {
        return keyStart;
    }

    /** The head as it came, from the method on. Valid until the next {@link #reset()}; not to be written to. */
    public ByteBuf received() {
        return Unpooled.wrappedBuffer(bytes(), methodStart(), length() - methodStart());
    }
}
