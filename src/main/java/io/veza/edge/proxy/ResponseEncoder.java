package io.veza.edge.proxy;

import io.veza.edge.http1.HeadWriter;
import io.veza.edge.http1.KnownField;
import io.veza.edge.http1.Octets;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.persistence.StickyCookie;
import org.jspecify.annotations.Nullable;

/**
 * Writes a response's head as an HTTP/1.1 client gets it: hop-by-hop fields gone, framing ours, the sticky cookie added
 * where one is due.
 */
final class ResponseEncoder {

    /** How the client learns where the body ends. */
    enum Framing {
        /** As the server declared it, for a response that has no body. */
        AS_DECLARED,
        LENGTH,
        CHUNKED,
        UNTIL_CLOSE
    }

    private static final byte[] HTTP_11 = Octets.ascii("HTTP/1.1 ");
    private static final byte[] CLOSE = Octets.ascii("Connection: close\r\n");
    private static final byte[] KEEP_ALIVE = Octets.ascii("Connection: keep-alive\r\n");
    private static final byte[] UPGRADE = Octets.ascii("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    private static final byte[] NOT_CACHED = Octets.ascii("Cache-Control: no-cache, private\r\n");
    private static final byte[] NO_STORE = Octets.ascii("no-store");
    private static final byte[] PRIVATE = Octets.ascii("private");
    private static final byte[] NO_CACHE = Octets.ascii("no-cache");

    private ResponseEncoder() {}

    /**
     * Leaves the encoded head in {@code out}.
     *
     * @param sticky the pool's cookie, whose settings by the server are dropped; null for none
     * @param setCookie the whole field line to add; null for none
     * @param strictTransport the whole field line to add, in place of the server's own; null for none
     */
    static void encode(
            ResponseHead head,
            Framing framing,
            boolean close,
            boolean sayKeepAlive,
            @Nullable StickyCookie sticky,
            byte @Nullable [] setCookie,
            byte @Nullable [] strictTransport,
            HeadWriter out) {
        byte[] buf = head.bytes();
        boolean upgrade = head.status() == 101;
        boolean replaceCacheControl = setCookie != null && !forbidsSharedCaching(head);
        out.reset()
                .put(HTTP_11)
                .decimal(head.status())
                .put((byte) ' ')
                .put(buf, head.reasonStart(), head.reasonEnd())
                .crlf();
        for (int i = 0; i < head.fields(); i++) {
            switch (head.known(i)) {
                case CONNECTION, CONTENT_LENGTH, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE -> {}
                case CACHE_CONTROL -> {
                    if (!replaceCacheControl) {
                        out.keep(head, i);
                    }
                }
                case SET_COOKIE -> {
                    if (sticky == null || !sticky.sets(buf, head.valueStart(i), head.valueEnd(i))) {
                        out.keep(head, i);
                    }
                }
                case STRICT_TRANSPORT_SECURITY -> {
                    if (strictTransport == null && !head.nominated(i)) {
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
        frame(head, framing, out);
        if (setCookie != null) {
            out.put(setCookie);
            if (replaceCacheControl) {
                out.put(NOT_CACHED);
            }
        }
        if (strictTransport != null) {
            out.put(strictTransport);
        }
        if (upgrade) {
            out.put(UPGRADE);
        } else if (close) {
            out.put(CLOSE);
        } else if (sayKeepAlive) {
            out.put(KEEP_ALIVE);
        }
        out.crlf();
    }

    private static void frame(ResponseHead head, Framing framing, HeadWriter out) {
        switch (framing) {
            case AS_DECLARED -> {
                // RFC 9110 section 8.6: 1xx and 204 never have a length; for HEAD and 304 it is that of the GET.
                if (head.status() < 200 || head.status() == 204) {
                    return;
                }
                if (head.declaresChunked()) {
                    out.chunked();
                } else if (head.declaredLength() >= 0) {
                    out.contentLength(head.declaredLength());
                }
            }
            case LENGTH -> out.contentLength(head.declaredLength());
            case CHUNKED -> out.chunked();
            case UNTIL_CLOSE -> {}
        }
    }

    /** Whether a cache shared by several users keeps away from this response by the server's own word. */
    private static boolean forbidsSharedCaching(ResponseHead head) {
        boolean isPrivate = false;
        boolean noCache = false;
        for (int i = 0; i < head.fields(); i++) {
            if (head.known(i) == KnownField.CACHE_CONTROL) {
                byte[] buf = head.bytes();
                int from = head.valueStart(i);
                int to = head.valueEnd(i);
                if (Octets.listContains(buf, from, to, NO_STORE)) {
                    return true;
                }
                isPrivate |= Octets.listContains(buf, from, to, PRIVATE);
                noCache |= Octets.listContains(buf, from, to, NO_CACHE);
            }
        }
        return isPrivate && noCache;
    }
}
