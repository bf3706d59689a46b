package io.veza.edge.tls;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Who a client is by its certificate, which was verified.
 *
 * @param subject as RFC 2253, of printable ASCII only: all else is escaped byte by byte
 * @param serial in hexadecimal
 * @param sha256 of the whole certificate, in hexadecimal
 */
public record ClientIdentity(String subject, String serial, String sha256) {

    /** Empty if the client has shown none. */
    public static Optional<ClientIdentity> of(SSLSession session) {
        try {
            X509Certificate leaf = (X509Certificate) session.getPeerCertificates()[0];
            HexFormat hex = HexFormat.of().withUpperCase();
            return Optional.of(new ClientIdentity(
                    printable(leaf.getSubjectX500Principal().getName()),
                    leaf.getSerialNumber().toString(16).toUpperCase(Locale.ROOT),
                    hex.formatHex(MessageDigest.getInstance("SHA-256").digest(leaf.getEncoded()))));
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What RFC 2253 leaves as it is may still be a line end, or no ASCII: {@code \\0A}. */
    static String printable(String name) {
        StringBuilder text = new StringBuilder(name.length());
        for (byte octet : name.getBytes(StandardCharsets.UTF_8)) {
            if (octet >= ' ' && octet < 0x7f) {
                text.append((char) octet);
            } else {
                text.append('\\').append(HexFormat.of().withUpperCase().toHexDigits(octet));
            }
        }
        return text.toString();
    }

    /** The field lines by which servers are told, whether there is one or not. */
    public static byte[] lines(Optional<ClientIdentity> client) {
        String lines = client.map(known -> "X-SSL-Client-Verify: SUCCESS\r\nX-SSL-Client-DN: " + known.subject
                        + "\r\nX-SSL-Client-Serial: " + known.serial + "\r\nX-SSL-Client-SHA256: " + known.sha256
                        + "\r\n")
                .orElse("X-SSL-Client-Verify: NONE\r\n");
        return lines.getBytes(StandardCharsets.US_ASCII);
    }
}
