package io.veza.edge.http2;

import io.netty.util.AsciiString;
import io.veza.edge.http1.HeadFault;
import io.veza.edge.http1.HeadWriter;
import io.veza.edge.http1.Octets;
import org.jspecify.annotations.Nullable;

/**
 * Writes the fields of an HTTP/2 response as the head of an HTTP/1.1 one, after checking what only HTTP/2 can get wrong:
 * RFC 9113 sections 8.2 and 8.3. What the two have in common is left to the parser that reads the head afterwards; but no
 * byte gets into it that could end a line.
 *
 * <p>{@code :status 200, content-type text/plain} becomes {@code HTTP/1.1 200}, {@code content-type: text/plain}, with a
 * length of 0 if that is all, or chunked if a body of no known length follows.
 */
public final class ResponseLines {

    private static final AsciiString STATUS = AsciiString.cached(":status");
    private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
    private static final AsciiString WEBSOCKET_ACCEPT = AsciiString.cached("sec-websocket-accept");
    private static final byte[] VERSION = Octets.ascii("HTTP/1.1 ");
    private static final byte[] COLON = Octets.ascii(": ");
    private static final byte[] SWITCHING = Octets.ascii("HTTP/1.1 101 \r\nSec-WebSocket-Accept: ");

    private ResponseLines() {}

    /**
     * Leaves the head in {@code out}.
     *
     * @param end whether the response ends with its fields
     * @param toHead whether it answers a HEAD
     * @param accept what to grant the upgrade with that an extended CONNECT stands for (RFC 8441); null if none was sent
     * @return why the response is refused; null if it is not
     */
    public static @Nullable HeadFault write(
            FieldBlock fields, boolean end, boolean toHead, byte @Nullable [] accept, HeadWriter out) {
        int status = fields.size() == 0 || !fields.name(0).equals(STATUS) ? 0 : status(fields.value(0));
        // In HTTP/2 nothing switches, and an interim response ends nothing.
        if (status == 0 || status == 101 || (status < 200 && end)) {
            return HeadFault.BAD_STATUS_LINE;
        }
        boolean granted = accept != null && status < 300 && status >= 200;
        out.reset();
        if (accept != null && granted) {
            out.put(SWITCHING).put(accept).crlf();
        } else {
            out.put(VERSION);
            RequestLines.put(fields.value(0), out);
            out.put((byte) ' ').crlf();
        }
        boolean sized = false;
        for (int i = 1; i < fields.size(); i++) {
            AsciiString name = fields.name(i);
            AsciiString value = fields.value(i);
            if (!RequestLines.isLowerToken(name)) {
                return name.startsWith(":") ? HeadFault.BAD_PSEUDO_FIELD : HeadFault.BAD_FIELD_NAME;
            }
            if (!RequestLines.isValue(value)) {
                return HeadFault.BAD_FIELD_VALUE;
            }
            if (RequestLines.isOfConnection(name)) {
                return HeadFault.CONNECTION_FIELD;
            }
            if (granted && name.equals(WEBSOCKET_ACCEPT)) {
                continue;
            }
            sized |= name.equals(CONTENT_LENGTH);
            RequestLines.put(name, out);
            out.put(COLON);
            RequestLines.put(value, out);
            out.crlf();
        }
        boolean body = !toHead && !granted && status >= 200 && status != 204 && status != 304;
        if (body && !sized && end) {
            out.contentLength(0);
        } else if (body && !sized) {
            out.chunked();
        }
        out.crlf();
        return null;
    }

    /** Three digits from 100 to 599, else 0. */
    private static int status(AsciiString value) {
        if (value.length() != 3) {
            return 0;
        }
        int status = 0;
        for (int i = 0; i < 3; i++) {
            int digit = value.byteAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return 0;
            }
            status = status * 10 + digit;
        }
        return status >= 100 && status <= 599 ? status : 0;
    }
}
