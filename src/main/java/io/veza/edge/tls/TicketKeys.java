package io.veza.edge.tls;

import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * The keys by which session tickets (RFC 5077, RFC 8446 section 4.6.1) are sealed and opened. Immutable.
 *
 * <p>A file has them as HAProxy's {@code tls-ticket-keys}: one a line in base64, at least three, of which the last three
 * count; the last but one seals, so that a key which is appended is known everywhere before it is used. A key is 16 bytes of
 * name, then the ones of AES and HMAC: 16 each, or 32, of which the first 16 are used, since BoringSSL has no more here.
 */
final class TicketKeys {

    private static final int COUNT = 3;
    private static final int PART = 16;
    private static final int SHORT = 48;
    private static final int LONG = 80;

    /** The one that seals, then those that only open. */
    private final List<OpenSslSessionTicketKey> keys;

    private TicketKeys(List<OpenSslSessionTicketKey> keys) {
        this.keys = List.copyOf(keys);
    }

    OpenSslSessionTicketKey[] keys() {
        return keys.toArray(OpenSslSessionTicketKey[]::new);
    }

    /** One that nobody else has. */
    static TicketKeys random() {
        return new TicketKeys(List.of(next()));
    }

    /** A new one seals from now on; the ones before it still open for two more turns. */
    TicketKeys rotated() {
        List<OpenSslSessionTicketKey> all = new ArrayList<>(List.of(next()));
        all.addAll(keys.subList(0, Math.min(keys.size(), COUNT - 1)));
        return new TicketKeys(all);
    }

    private static OpenSslSessionTicketKey next() {
        SecureRandom random = new SecureRandom();
        byte[] name = new byte[PART];
        byte[] hmac = new byte[PART];
        byte[] aes = new byte[PART];
        random.nextBytes(name);
        random.nextBytes(hmac);
        random.nextBytes(aes);
        return new OpenSslSessionTicketKey(name, hmac, aes);
    }

    /** @throws PemException if the file is not one */
    static TicketKeys read(Path file) {
        List<OpenSslSessionTicketKey> all = new ArrayList<>();
        int length = 0;
        for (String line :
                Pem.read(file).lines().filter(each -> !each.isBlank()).toList()) {
            byte[] key;
            try {
                key = Base64.getDecoder().decode(line.strip());
            } catch (IllegalArgumentException e) {
                throw new PemException(file + ": line " + (all.size() + 1) + " is not base64", e);
            }
            if ((key.length != SHORT && key.length != LONG) || (length != 0 && key.length != length)) {
                throw new PemException(file + ": key " + (all.size() + 1) + " has " + key.length
                        + " bytes; each must have 48, or each 80");
            }
            length = key.length;
            int half = (length - PART) / 2;
            all.add(new OpenSslSessionTicketKey(
                    Arrays.copyOf(key, PART),
                    Arrays.copyOfRange(key, PART + half, PART + half + PART),
                    Arrays.copyOfRange(key, PART, PART + PART)));
        }
        if (all.size() < COUNT) {
            throw new PemException(file + ": has " + all.size() + " keys; there must be 3 at least");
        }
        int last = all.size() - 1;
        return new TicketKeys(List.of(all.get(last - 1), all.get(last), all.get(last - 2)));
    }
}
