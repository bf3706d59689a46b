package io.veza.edge.proxy;

import io.veza.edge.http1.HeadWriter;
import io.veza.edge.http1.KnownField;
import io.veza.edge.http1.Octets;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.persistence.StickyCookie;
import org.jspecify.annotations.Nullable;

/**
 * Writes a request's head as its server gets it: hop-by-hop fields and the sticky cookie gone, framing and forwarding
 * fields ours, everything else byte for byte in its order. The result fits any server of the pool, so that a redispatch
 * sends it again as it is.
 */
final class RequestEncoder {

    private static final byte[] HTTP_11_HOST = Octets.ascii(" HTTP/1.1\r\nHost: ");
    private static final byte[] UPGRADE = Octets.ascii("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    private static final byte[] TRAILERS = Octets.ascii("Connection: TE\r\nTE: trailers\r\n");
    private static final byte[] REQUEST_ID = Octets.ascii("X-Request-Id: ");

    private RequestEncoder() {}

    /** Leaves the encoded head in {@code out}. */
    static void encode(
            RequestHead head, ClientAddress client, @Nullable StickyCookie sticky, RequestIds ids, HeadWriter out) {
        byte[] buf = head.bytes();
        boolean upgrade = head.upgradesToWebSocket();
        out.reset()
                .put(buf, head.methodStart(), head.methodEnd())
                .put((byte) ' ')
                .put(buf, head.targetStart(), head.targetEnd())
                .put(HTTP_11_HOST);
        if (head.hostStart() >= 0) {
            out.put(buf, head.hostStart(), head.hostEnd());
        } else {
            out.put(client.localAuthority());
        }
        out.crlf();
        boolean idKept = false;
        for (int i = 0; i < head.fields(); i++) {
            KnownField field = head.known(i);
            switch (field) {
                case CONNECTION,
                        CONTENT_LENGTH,
                        HOST,
                        KEEP_ALIVE,
                        PROXY_CONNECTION,
                        TE,
                        TRANSFER_ENCODING,
                        UPGRADE,
                        X_SSL_CLIENT_DN,
                        X_SSL_CLIENT_SERIAL,
                        X_SSL_CLIENT_SHA256,
                        X_SSL_CLIENT_VERIFY -> {}
                case FORWARDED, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PORT, X_FORWARDED_PROTO -> {
                    if (!client.replaces(field)) {
                        out.keep(head, i);
                    }
                }
                case COOKIE -> {
                    if (sticky == null || !sticky.presentIn(buf, head.valueStart(i), head.valueEnd(i))) {
                        out.keep(head, i);
                    } else {
                        withoutCookie(head, i, sticky, out);
                    }
                }
                case X_REQUEST_ID -> {
                    if (!idKept && Octets.isRequestId(buf, head.valueStart(i), head.valueEnd(i))) {
                        idKept = true;
                        out.keep(head, i);
                    }
                }
                default -> {
                    if (!head.nominated(i)) {
                        out.keep(head, i);
                    }
                }
            }
        }
        out.endRun(head);
        if (head.bodyLength() == RequestHead.CHUNKED) {
            out.chunked();
        } else if (head.hasContentLength()) {
            out.contentLength(head.bodyLength());
        }
        client.write(head, out);
        if (!idKept) {
            out.put(REQUEST_ID);
            ids.write(out);
            out.crlf();
        }
        if (upgrade) {
            out.put(UPGRADE);
        } else if (head.acceptsTrailers()) {
            out.put(TRAILERS);
        }
        out.crlf();
    }

    private static void withoutCookie(RequestHead head, int field, StickyCookie sticky, HeadWriter out) {
        int from = head.valueStart(field);
        int to = head.valueEnd(field);
        int nameLength = from - head.nameStart(field);
        out.endRun(head);
        byte[] target = out.room(nameLength + to - from + 2);
        int at = out.size();
        int left = sticky.strip(head.bytes(), from, to, target, at + nameLength);
        if (left > 0) {
            System.arraycopy(head.bytes(), head.nameStart(field), target, at, nameLength);
            out.advance(nameLength + left);
            out.crlf();
        }
    }
}
