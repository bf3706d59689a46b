package io.veza.edge.proxy;

import io.veza.edge.http1.HeadWriter;
import io.veza.edge.http1.KnownField;
import io.veza.edge.http1.Octets;
import io.veza.edge.http1.RequestHead;

/**
 * Sends whoever asks without TLS to the same host and target with it, by 308, which keeps the method. Two kinds of requests
 * stay: those for the tokens by which a certificate authority makes sure of the host (RFC 8555 section 8.3), and those of which
 * a trusted proxy says that their client used TLS, since they would come back for ever.
 */
public final class HttpsRedirect {

    static final int STATUS = 308;

    private static final int DEFAULT_PORT = 443;
    private static final byte[] ACME = Octets.ascii("/.well-known/acme-challenge/");
    private static final byte[] HTTPS = Octets.ascii("https");
    private static final byte[] HEAD =
            Octets.ascii("HTTP/1.1 308 Permanent Redirect\r\nContent-Length: 0\r\nLocation: https://");
    private static final byte[] CRLF = Octets.ascii("\r\n");
    private static final byte[] CLOSE = Octets.ascii("Connection: close\r\n\r\n");
    private static final byte[] KEEP_ALIVE = Octets.ascii("Connection: keep-alive\r\n\r\n");

    /** What follows the name of the host: nothing, or a colon and digits. */
    private final byte[] port;

    /** @param port where clients reach the listener with TLS, 1..65535 */
    public HttpsRedirect(int port) {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is not in 1..65535");
        }
        this.port = Octets.ascii(port == DEFAULT_PORT ? "" : ":" + port);
    }

    /** Whether this request is sent elsewhere. */
    boolean takes(RequestHead head, ClientAddress client) {
        return !isForToken(head) && !(client.trusted() && saysTls(head));
    }

    /** The prefix and one segment of the letters a token may have: nothing that a server could take for another path. */
    private static boolean isForToken(RequestHead head) {
        byte[] buf = head.bytes();
        int from = head.targetStart();
        int to = head.targetEnd();
        if (to - from <= ACME.length) {
            return false;
        }
        for (int i = 0; i < ACME.length; i++) {
            if (buf[from + i] != ACME[i]) {
                return false;
            }
        }
        for (int i = from + ACME.length; i < to; i++) {
            byte b = buf[i];
            boolean letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
            if (!letter && b != '-' && b != '_') {
                return false;
            }
        }
        return true;
    }

    private static boolean saysTls(RequestHead head) {
        int field = head.find(KnownField.X_FORWARDED_PROTO);
        return field >= 0 && Octets.equalsLower(head.bytes(), head.valueStart(field), head.valueEnd(field), HTTPS);
    }

    /**
     * Leaves the whole answer in {@code out}.
     *
     * @param head has a host; it was validated, as the target was, so that neither can end the line
     * @param close whether the connection ends with it
     */
    void write(RequestHead head, boolean close, HeadWriter out) {
        byte[] buf = head.bytes();
        out.reset().put(HEAD).put(buf, head.hostStart(), head.hostNameEnd()).put(port);
        if (buf[head.targetStart()] == '/') {
            out.put(buf, head.targetStart(), head.targetEnd());
        }
        out.put(CRLF);
        if (close) {
            out.put(CLOSE);
        } else if (head.http10()) {
            out.put(KEEP_ALIVE);
        } else {
            out.put(CRLF);
        }
    }
}
