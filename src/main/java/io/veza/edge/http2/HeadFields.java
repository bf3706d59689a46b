package io.veza.edge.http2;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import io.veza.edge.http1.Octets;
import io.veza.edge.http1.Trailers;
import java.util.Arrays;

/**
 * The fields of an HTTP/1.1 head that the edge itself has written, as HTTP/2 has them: names in lower case, and none that
 * speaks of the connection. Belongs to one event loop.
 */
public final class HeadFields {

    private static final AsciiString[] CODES = new AsciiString[600];

    static {
        for (int code = 100; code < CODES.length; code++) {
            CODES[code] = AsciiString.cached(Integer.toString(code));
        }
    }

    private static final byte[] UPGRADE = Octets.ascii("upgrade");
    private static final byte[] CONNECTION = Octets.ascii("connection");
    private static final byte[] WEBSOCKET_ACCEPT = Octets.ascii("sec-websocket-accept");

    /** The blank, the code and the digits of {@code HTTP/1.1 200}. */
    private static final int CODE_AT = 9;

    private AsciiString[] pairs = new AsciiString[64];

    /**
     * The fields of a response's head, {@code :status} first.
     *
     * @param head from the status line to the empty line, which is the last; its bytes are changed and kept
     * @param status in place of the head's own
     */
    public Http2Headers response(byte[] head, int length, int status) {
        int count = 0;
        int line = next(head, CODE_AT, length);
        while (line < length && head[line] != '\r') {
            int nameEnd = line;
            while (head[nameEnd] != ':') {
                head[nameEnd] = Octets.lower(head[nameEnd]);
                nameEnd++;
            }
            int end = next(head, nameEnd, length);
            if (!isOfConnection(head, line, nameEnd)) {
                if (count + 2 > pairs.length) {
                    pairs = Arrays.copyOf(pairs, pairs.length * 2);
                }
                int from = Octets.skipBlanks(head, nameEnd + 1, end - 2);
                int to = Octets.trimBlanks(head, from, end - 2);
                pairs[count++] = new AsciiString(head, line, nameEnd - line, false);
                pairs[count++] = new AsciiString(head, from, to - from, false);
            }
            line = end;
        }
        return ReadOnlyHttp2Headers.serverHeaders(false, CODES[status], Arrays.copyOf(pairs, count));
    }

    /** Behind the next line feed. */
    private static int next(byte[] head, int from, int length) {
        int i = from;
        while (i < length && head[i] != '\n') {
            i++;
        }
        return i + 1;
    }

    private static boolean isOfConnection(byte[] head, int from, int to) {
        return Octets.equalsLower(head, from, to, CONNECTION)
                || Octets.equalsLower(head, from, to, UPGRADE)
                || Octets.equalsLower(head, from, to, WEBSOCKET_ACCEPT);
    }

    /** Trailer fields as they came, but for the case of their names. */
    public static Http2Headers trailers(Trailers trailers) {
        AsciiString[] pairs = new AsciiString[trailers.fields() * 2];
        for (int i = 0; i < trailers.fields(); i++) {
            int from = trailers.nameStart(i);
            pairs[2 * i] = new AsciiString(trailers.bytes(), from, trailers.nameEnd(i) - from, true).toLowerCase();
            from = trailers.valueStart(i);
            pairs[2 * i + 1] = new AsciiString(trailers.bytes(), from, trailers.valueEnd(i) - from, true);
        }
        return ReadOnlyHttp2Headers.trailers(false, pairs);
    }
}
