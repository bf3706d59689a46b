package io.veza.edge.proxy;

import io.netty.util.NetUtil;
import io.veza.edge.http1.HeadWriter;
import io.veza.edge.http1.KnownField;
import io.veza.edge.http1.Octets;
import io.veza.edge.http1.RequestHead;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * What the edge tells servers about one client connection: {@code X-Forwarded-For}, {@code -Proto}, {@code -Host}, {@code
 * -Port} and {@code Forwarded} (RFC 7239). What a client claims about itself is replaced, unless it is a trusted proxy:
 * then our knowledge is added to its own. Made once for a connection.
 */
final class ClientAddress {

    private static final byte[] FOR = Octets.ascii("X-Forwarded-For: ");
    private static final byte[] HOST = Octets.ascii("X-Forwarded-Host: ");
    private static final byte[] FORWARDED = Octets.ascii("Forwarded: ");
    private static final byte[] ELEMENT_HOST = Octets.ascii(";host=\"");
    private static final byte[] QUOTE_CRLF = Octets.ascii("\"\r\n");
    private static final byte[] COMMA = Octets.ascii(", ");

    private static final byte[] NOTHING = {};

    private final InetSocketAddress peer;
    private final InetSocketAddress local;
    private final byte[] bytes;
    private final boolean trusted;
    private final byte[] address;
    private final byte[] proto;
    private final byte[] port;
    private final byte[] element;
    private final byte[] untrustedLines;
    private final byte[] localAuthority;

    /** What servers are told of the client's certificate; nothing where none is asked for. */
    private byte[] certificate = NOTHING;

    /**
     * @param scheme of the listener, {@code http} or {@code https}
     * @param trusted whether the peer is a trusted proxy
     */
    ClientAddress(InetSocketAddress peer, InetSocketAddress local, String scheme, boolean trusted) {
        this.peer = peer;
        this.local = local;
        this.bytes = peer.getAddress().getAddress();
        this.trusted = trusted;
        String text = text(peer.getAddress());
        boolean v6 = text.indexOf(':') >= 0;
        address = Octets.ascii(text);
        proto = Octets.ascii("X-Forwarded-Proto: " + scheme + "\r\n");
        port = Octets.ascii("X-Forwarded-Port: " + local.getPort() + "\r\n");
        element = Octets.ascii("for=" + (v6 ? "\"[" + text + "]\"" : text) + ";proto=" + scheme);
        untrustedLines = Octets.ascii("X-Forwarded-For: " + text + "\r\nX-Forwarded-Proto: " + scheme
                + "\r\nX-Forwarded-Port: " + local.getPort() + "\r\n");
        String localText = text(local.getAddress());
        localAuthority =
                Octets.ascii((localText.indexOf(':') >= 0 ? "[" + localText + "]" : localText) + ":" + local.getPort());
    }

    /** The address as digits without a scope, IPv6 in the short form of RFC 5952, an IPv4-mapped one as IPv4. */
    private static String text(InetAddress address) {
        return NetUtil.toAddressString(address);
    }

    /** Has servers be told of the client's certificate in these lines. To be called before the first request. */
    void certified(byte[] lines) {
        certificate = lines;
    }

    /** Where the client connected. */
    InetSocketAddress local() {
        return local;
    }

    /** Who connected. */
    InetSocketAddress peer() {
        return peer;
    }

    /** The client's address, 4 or 16 bytes; not to be written to. */
    byte[] bytes() {
        return bytes;
    }

    /** Whether the peer is a trusted proxy. */
    boolean trusted() {
        return trusted;
    }

    /** The authority the client connected to; stands in for the {@code Host} that an HTTP/1.0 request may lack. */
    byte[] localAuthority() {
        return localAuthority;
    }

    /** Whether a forwarding field of the request is dropped before {@link #write}. */
    boolean replaces(KnownField field) {
        return switch (field) {
            case FORWARDED, X_FORWARDED_FOR -> true;
            case X_FORWARDED_HOST, X_FORWARDED_PORT, X_FORWARDED_PROTO -> !trusted;
            default -> false;
        };
    }

    /** Writes the forwarding fields of this request. */
    void write(RequestHead head, HeadWriter out) {
        if (certificate.length > 0) {
            out.put(certificate);
        }
        if (trusted) {
            writeTrusted(head, out);
            return;
        }
        out.put(untrustedLines);
        writeHost(head, out);
        out.put(FORWARDED);
        writeElement(head, out);
    }

    private void writeTrusted(RequestHead head, HeadWriter out) {
        out.put(FOR);
        earlier(head, KnownField.X_FORWARDED_FOR, out);
        out.put(address).crlf();
        if (head.find(KnownField.X_FORWARDED_PROTO) < 0) {
            out.put(proto);
        }
        if (head.find(KnownField.X_FORWARDED_PORT) < 0) {
            out.put(port);
        }
        if (head.find(KnownField.X_FORWARDED_HOST) < 0) {
            writeHost(head, out);
        }
        out.put(FORWARDED);
        earlier(head, KnownField.FORWARDED, out);
        writeElement(head, out);
    }

    private static void earlier(RequestHead head, KnownField field, HeadWriter out) {
        for (int i = 0; i < head.fields(); i++) {
            if (head.known(i) == field && head.valueEnd(i) > head.valueStart(i)) {
                out.put(head.bytes(), head.valueStart(i), head.valueEnd(i)).put(COMMA);
            }
        }
    }

    private static void writeHost(RequestHead head, HeadWriter out) {
        if (head.hostStart() >= 0) {
            out.put(HOST).put(head.bytes(), head.hostStart(), head.hostEnd()).crlf();
        }
    }

    private void writeElement(RequestHead head, HeadWriter out) {
        out.put(element);
        if (head.hostStart() >= 0) {
            out.put(ELEMENT_HOST)
                    .put(head.bytes(), head.hostStart(), head.hostEnd())
                    .put(QUOTE_CRLF);
        } else {
            out.crlf();
        }
    }
}
