package io.veza.edge.http2;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import io.veza.edge.http1.Octets;
import java.util.Arrays;

/**
 * The head of an HTTP/1.1 request that the edge itself has written, as HTTP/2 has it: names in lower case, and no field that
 * speaks of the connection. An upgrade to a WebSocket becomes an extended CONNECT (RFC 8441). Belongs to one connection.
 */
public final class RequestFields {

    private static final AsciiString CONNECT = AsciiString.cached("CONNECT");
    private static final AsciiString PROTOCOL = AsciiString.cached(":protocol");
    private static final AsciiString WEBSOCKET = AsciiString.cached("websocket");
    private static final AsciiString HTTP = AsciiString.cached("http");
    private static final AsciiString HTTPS = AsciiString.cached("https");
    private static final byte[] CONNECTION = Octets.ascii("connection");
    private static final byte[] TRANSFER_ENCODING = Octets.ascii("transfer-encoding");
    private static final byte[] UPGRADE = Octets.ascii("upgrade");
    private static final byte[] HOST = Octets.ascii("host");
    private static final byte[] WEBSOCKET_KEY = Octets.ascii("sec-websocket-key");

    /** The length of {@code HTTP/1.1} with its line end. */
    private static final int VERSION = 10;

    private final AsciiString scheme;
    private AsciiString[] pairs = new AsciiString[64];
    private int count;
    private int keyStart = -1;
    private boolean upgrade;
    private AsciiString authority = AsciiString.EMPTY_STRING;

    /** @param secure whether the scheme is {@code https} */
    public RequestFields(boolean secure) {
        scheme = secure ? HTTPS : HTTP;
    }

    /**
     * The fields of a request's head.
     *
     * @param head from the request line to the empty line, which is the last; its bytes are changed and kept
     */
    public Http2Headers of(byte[] head) {
        count = 0;
        keyStart = -1;
        upgrade = false;
        authority = AsciiString.EMPTY_STRING;
        int methodEnd = indexOf(head, ' ', 0);
        int targetEnd = indexOf(head, ' ', methodEnd + 1);
        int line = targetEnd + 1 + VERSION;
        while (head[line] != '\r') {
            line = field(head, line);
        }
        AsciiString method = new AsciiString(head, 0, methodEnd, false);
        AsciiString path = new AsciiString(head, methodEnd + 1, targetEnd - methodEnd - 1, false);
        if (upgrade) {
            // Behind the pseudo-fields that every request has, and before all others.
            room();
            System.arraycopy(pairs, 0, pairs, 2, count);
            pairs[0] = PROTOCOL;
            pairs[1] = WEBSOCKET;
            count += 2;
        }
        return ReadOnlyHttp2Headers.clientHeaders(
                false, upgrade ? CONNECT : method, path, scheme, authority, Arrays.copyOf(pairs, count));
    }

    /** Whether the last request asked for a WebSocket. */
    public boolean upgrades() {
        return upgrade;
    }

    /** Where in its head the last request's {@code Sec-WebSocket-Key} begins; negative if it had none. */
    public int keyStart() {
        return keyStart;
    }

    private int field(byte[] head, int line) {
        int nameEnd = line;
        while (head[nameEnd] != ':') {
            head[nameEnd] = Octets.lower(head[nameEnd]);
            nameEnd++;
        }
        int end = indexOf(head, '\n', nameEnd) + 1;
        int from = Octets.skipBlanks(head, nameEnd + 1, end - 2);
        AsciiString value = new AsciiString(head, from, Octets.trimBlanks(head, from, end - 2) - from, false);
        if (Octets.equalsLower(head, line, nameEnd, HOST)) {
            authority = value;
        } else if (Octets.equalsLower(head, line, nameEnd, UPGRADE)) {
            upgrade = true;
        } else if (Octets.equalsLower(head, line, nameEnd, WEBSOCKET_KEY)) {
            keyStart = from;
        } else if (!Octets.equalsLower(head, line, nameEnd, CONNECTION)
                && !Octets.equalsLower(head, line, nameEnd, TRANSFER_ENCODING)) {
            room();
            pairs[count++] = new AsciiString(head, line, nameEnd - line, false);
            pairs[count++] = value;
        }
        return end;
    }

    private void room() {
        if (count + 2 > pairs.length) {
            pairs = Arrays.copyOf(pairs, pairs.length * 2);
        }
    }

    private static int indexOf(byte[] head, char wanted, int from) {
        int i = from;
        while (head[i] != wanted) {
            i++;
        }
        return i;
    }

    /** Whether this field's value belongs to one user and must not be kept in a table that many share. */
    public static boolean isSensitive(CharSequence name) {
        return AsciiString.contentEquals(name, "authorization") || AsciiString.contentEquals(name, "cookie");
    }
}
