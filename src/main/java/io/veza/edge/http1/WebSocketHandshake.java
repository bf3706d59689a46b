package io.veza.edge.http1;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The proof that a server understood an upgrade, RFC 6455 section 4.2.2 item 5.4. */
public final class WebSocketHandshake {

    /** Bytes of a {@code Sec-WebSocket-Key}: base64 of 16. */
    public static final int KEY_LENGTH = 24;

    private static final byte[] GUID = Octets.ascii("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");

    private WebSocketHandshake() {}

    /** What {@code Sec-WebSocket-Accept} must say to the key that starts at this offset. */
    public static byte[] accept(byte[] buf, int keyStart) {
        try {
            MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
            sha1.update(buf, keyStart, KEY_LENGTH);
            return Base64.getEncoder().encode(sha1.digest(GUID));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-1", e);
        }
    }
}
