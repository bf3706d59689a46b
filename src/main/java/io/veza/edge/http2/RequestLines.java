package io.veza.edge.http2;

import io.netty.util.AsciiString;
import io.veza.edge.http1.HeadFault;
import io.veza.edge.http1.HeadWriter;
import io.veza.edge.http1.Octets;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Writes the fields of an HTTP/2 request as the head of an HTTP/1.1 one, after checking what only HTTP/2 can get wrong:
 * RFC 9113 sections 8.2 and 8.3. What the two have in common is left to the parser that reads the head afterwards; but no
 * byte gets into it that could end a line.
 *
 * <p>{@code :method GET, :scheme https, :authority a, :path /x, cookie b=1, cookie c=2} becomes {@code GET /x HTTP/1.1},
 * {@code Host: a}, {@code Cookie: b=1; c=2}. A request whose end is not known yet and that has no {@code content-length}
 * becomes a chunked one. An extended CONNECT for {@code websocket} (RFC 8441) becomes an upgrade, with a key of our own.
 * Belongs to one event loop.
 */
public final class RequestLines {

    private static final AsciiString METHOD = AsciiString.cached(":method");
    private static final AsciiString SCHEME = AsciiString.cached(":scheme");
    private static final AsciiString AUTHORITY = AsciiString.cached(":authority");
    private static final AsciiString PATH = AsciiString.cached(":path");
    private static final AsciiString PROTOCOL = AsciiString.cached(":protocol");
    private static final AsciiString CONNECT = AsciiString.cached("CONNECT");
    private static final AsciiString WEBSOCKET = AsciiString.cached("websocket");
    private static final AsciiString TRAILERS = AsciiString.cached("trailers");
    private static final AsciiString COOKIE = AsciiString.cached("cookie");
    private static final AsciiString HOST = AsciiString.cached("host");
    private static final AsciiString TE = AsciiString.cached("te");
    private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
    private static final AsciiString WEBSOCKET_KEY = AsciiString.cached("sec-websocket-key");

    /** RFC 9113 section 8.2.2: they speak of a connection, which a stream is not. */
    private static final AsciiString[] OF_CONNECTIONS = {
        AsciiString.cached("connection"),
        AsciiString.cached("keep-alive"),
        AsciiString.cached("proxy-connection"),
        AsciiString.cached("transfer-encoding"),
        AsciiString.cached("upgrade")
    };

    private static final byte[] GET = Octets.ascii("GET");
    private static final byte[] VERSION_HOST = Octets.ascii(" HTTP/1.1\r\nHost: ");
    private static final byte[] COOKIE_NAME = Octets.ascii("cookie: ");
    private static final byte[] NEXT_COOKIE = Octets.ascii("; ");
    private static final byte[] COLON = Octets.ascii(": ");
    private static final byte[] UPGRADE =
            Octets.ascii("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ");

    private @Nullable AsciiString method;
    private @Nullable AsciiString scheme;
    private @Nullable AsciiString authority;
    private @Nullable AsciiString path;
    private @Nullable AsciiString protocol;

    /**
     * Leaves the head in {@code out}.
     *
     * @param end whether the request ends with its fields
     * @return why the request is refused; null if it is not
     */
    public @Nullable HeadFault write(FieldBlock fields, boolean end, HeadWriter out) {
        out.reset();
        method = null;
        scheme = null;
        authority = null;
        path = null;
        protocol = null;
        int first = 0;
        for (; first < fields.size() && isPseudo(fields.name(first)); first++) {
            if (!take(fields.name(first), fields.value(first))) {
                return HeadFault.BAD_PSEUDO_FIELD;
            }
        }
        HeadFault fault = startLine(end, out);
        return fault != null ? fault : fieldLines(fields, first, end, out);
    }

    private static boolean isPseudo(AsciiString name) {
        return name.length() > 0 && name.byteAt(0) == ':';
    }

    /** False if the field is unknown or repeated. */
    private boolean take(AsciiString name, AsciiString value) {
        boolean first;
        if (name.equals(METHOD)) {
            first = method == null;
            method = value;
        } else if (name.equals(SCHEME)) {
            first = scheme == null;
            scheme = value;
        } else if (name.equals(AUTHORITY)) {
            first = authority == null;
            authority = value;
        } else if (name.equals(PATH)) {
            first = path == null;
            path = value;
        } else if (name.equals(PROTOCOL)) {
            first = protocol == null;
            protocol = value;
        } else {
            return false;
        }
        return first;
    }

    private @Nullable HeadFault startLine(boolean end, HeadWriter out) {
        AsciiString verb = method;
        AsciiString target = path;
        AsciiString by = scheme;
        if (verb == null || !isToken(verb)) {
            return HeadFault.BAD_PSEUDO_FIELD;
        }
        boolean connect = verb.equals(CONNECT);
        if (connect && protocol == null) {
            return HeadFault.METHOD_REFUSED;
        }
        if (connect == (protocol == null) || target == null || by == null || !isHttp(by)) {
            return HeadFault.BAD_PSEUDO_FIELD;
        }
        if (connect && (end || !WEBSOCKET.equals(protocol))) {
            return HeadFault.UNKNOWN_PROTOCOL;
        }
        if (!isTarget(target)) {
            return HeadFault.BAD_TARGET;
        }
        if (connect) {
            out.put(GET);
        } else {
            put(verb, out);
        }
        out.put((byte) ' ');
        put(target, out);
        return null;
    }

    private static boolean isHttp(AsciiString scheme) {
        return scheme.contentEqualsIgnoreCase("https") || scheme.contentEqualsIgnoreCase("http");
    }

    /** Origin-form or {@code *}: with an authority of its own beside the target, absolute-form has no place here. */
    private static boolean isTarget(AsciiString target) {
        byte[] bytes = target.array();
        int from = target.arrayOffset();
        int to = from + target.length();
        if (to == from || (bytes[from] != '/' && !(bytes[from] == '*' && to == from + 1))) {
            return false;
        }
        return Octets.isTarget(bytes, from, to);
    }

    private @Nullable HeadFault fieldLines(FieldBlock fields, int first, boolean end, HeadWriter out) {
        int host = find(fields, first, HOST);
        AsciiString named = authority != null ? authority : host < 0 ? null : fields.value(host);
        if (named == null || (host >= 0 && !named.contentEqualsIgnoreCase(fields.value(host)))) {
            return HeadFault.BAD_HOST;
        }
        if (!isValue(named)) {
            return HeadFault.BAD_HOST;
        }
        out.put(VERSION_HOST);
        put(named, out);
        out.crlf();
        boolean upgrade = protocol != null;
        boolean sized = false;
        int cookie = -1;
        for (int i = first; i < fields.size(); i++) {
            AsciiString name = fields.name(i);
            AsciiString value = fields.value(i);
            if (!isLowerToken(name)) {
                return isPseudo(name) ? HeadFault.BAD_PSEUDO_FIELD : HeadFault.BAD_FIELD_NAME;
            }
            if (!isValue(value)) {
                return HeadFault.BAD_FIELD_VALUE;
            }
            if (isOfConnection(name) || (name.equals(TE) && !value.contentEqualsIgnoreCase(TRAILERS))) {
                return HeadFault.CONNECTION_FIELD;
            }
            if (name.equals(COOKIE)) {
                cookie = cookie < 0 ? i : cookie;
                continue;
            }
            if (i == host || (upgrade && name.equals(WEBSOCKET_KEY))) {
                continue;
            }
            if (name.equals(CONTENT_LENGTH)) {
                if (upgrade) {
                    return HeadFault.BAD_CONTENT_LENGTH;
                }
                sized = true;
            }
            put(name, out);
            out.put(COLON);
            put(value, out);
            out.crlf();
        }
        if (cookie >= 0) {
            cookies(fields, cookie, out);
        }
        if (upgrade) {
            out.put(UPGRADE).put(newKey()).crlf();
        } else if (!end && !sized) {
            out.chunked();
        }
        out.crlf();
        return null;
    }

    private static int find(FieldBlock fields, int first, AsciiString name) {
        for (int i = first; i < fields.size(); i++) {
            if (fields.name(i).equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /** RFC 9113 section 8.2.3: what a client cut up for the sake of compression is one field again. */
    private static void cookies(FieldBlock fields, int first, HeadWriter out) {
        out.put(COOKIE_NAME);
        for (int i = first; i < fields.size(); i++) {
            if (fields.name(i).equals(COOKIE)) {
                if (i > first) {
                    out.put(NEXT_COOKIE);
                }
                put(fields.value(i), out);
            }
        }
        out.crlf();
    }

    /** The key is between the edge and the server: over HTTP/2 the client has none. */
    private static byte[] newKey() {
        byte[] random = new byte[16];
        ThreadLocalRandom.current().nextBytes(random);
        return Base64.getEncoder().encode(random);
    }

    static boolean isOfConnection(AsciiString name) {
        for (AsciiString forbidden : OF_CONNECTIONS) {
            if (name.equals(forbidden)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isToken(AsciiString text) {
        int from = text.arrayOffset();
        return Octets.isToken(text.array(), from, from + text.length());
    }

    /** RFC 9113 section 8.2.1: a name with a capital letter is malformed. */
    static boolean isLowerToken(AsciiString name) {
        byte[] bytes = name.array();
        int from = name.arrayOffset();
        int to = from + name.length();
        for (int i = from; i < to; i++) {
            if (bytes[i] >= 'A' && bytes[i] <= 'Z') {
                return false;
            }
        }
        return Octets.isToken(bytes, from, to);
    }

    /** RFC 9113 section 8.2.1: no control, and no blank at either end. */
    static boolean isValue(AsciiString value) {
        byte[] bytes = value.array();
        int from = value.arrayOffset();
        int to = from + value.length();
        if (to > from && (isBlank(bytes[from]) || isBlank(bytes[to - 1]))) {
            return false;
        }
        return Octets.isFieldValue(bytes, from, to);
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    static void put(AsciiString text, HeadWriter out) {
        int from = text.arrayOffset();
        out.put(text.array(), from, from + text.length());
    }
}
