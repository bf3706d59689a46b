package io.veza.edge.proxy;

import io.veza.edge.balance.KeyHash;
import io.veza.edge.http1.KnownField;
import io.veza.edge.http1.Octets;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.persistence.SameSite;
import io.veza.edge.persistence.StickyCookie;
import io.veza.edge.pool.HashKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a pool's hash key out of a request, as the stable hash of its bytes. */
interface HashKeyReader {

    /** The request lacks the part that is hashed. A key whose hash is this number is taken for none, which harms nobody. */
    long NONE = Long.MIN_VALUE;

    /** The hash of the request's key, or {@link #NONE}. */
    long read(RequestHead head);

    static HashKeyReader of(HashKey key) {
        if (key instanceof HashKey.Uri) {
            return head -> KeyHash.hash(head.bytes(), head.targetStart(), head.targetEnd());
        } else if (key instanceof HashKey.Path) {
            return head -> KeyHash.hash(head.bytes(), head.targetStart(), head.pathEnd());
        } else if (key instanceof HashKey.PathDepth depth) {
            return head -> KeyHash.hash(head.bytes(), head.targetStart(), depthEnd(head, depth.depth()));
        } else if (key instanceof HashKey.PathRegex regex) {
            return head -> regex(head, regex.pattern());
        } else if (key instanceof HashKey.Header header) {
            byte[] name = Octets.ascii(header.name().toLowerCase(Locale.ROOT));
            return head -> header(head, name);
        } else if (key instanceof HashKey.Cookie cookie) {
            // Not sticky, but cookies are found by name in the one place that knows how.
            StickyCookie named = new StickyCookie(
                    cookie.name(), false, false, SameSite.NONE_GIVEN, Optional.empty(), Optional.empty());
            return head -> cookie(head, named);
        } else if (key instanceof HashKey.Query query) {
            byte[] name = Octets.ascii(query.name());
            return head -> query(head, name);
        }
        throw new IllegalArgumentException("no reader for " + key);
    }

    private static int depthEnd(RequestHead head, int depth) {
        byte[] buf = head.bytes();
        int end = head.pathEnd();
        int left = depth;
        for (int i = head.targetStart() + 1; i < end; i++) {
            if (buf[i] == '/' && --left == 0) {
                return i;
            }
        }
        return end;
    }

    private static long regex(RequestHead head, Pattern pattern) {
        int from = head.targetStart();
        String path = new String(head.bytes(), from, head.pathEnd() - from, StandardCharsets.US_ASCII);
        Matcher matcher = pattern.matcher(path);
        try {
            if (!matcher.find() || matcher.start(1) < 0) {
                return NONE;
            }
        } catch (StackOverflowError e) {
            // Repeated alternatives make java.util.regex recurse for each character of a path, which clients choose.
            return NONE;
        }
        return KeyHash.hash(head.bytes(), from + matcher.start(1), from + matcher.end(1));
    }

    private static long header(RequestHead head, byte[] lowerName) {
        for (int i = 0; i < head.fields(); i++) {
            if (Octets.equalsLower(head.bytes(), head.nameStart(i), head.nameEnd(i), lowerName)) {
                return KeyHash.hash(head.bytes(), head.valueStart(i), head.valueEnd(i));
            }
        }
        return NONE;
    }

    private static long cookie(RequestHead head, StickyCookie named) {
        for (int i = 0; i < head.fields(); i++) {
            if (head.known(i) == KnownField.COOKIE) {
                long at = named.next(head.bytes(), head.valueStart(i), head.valueEnd(i));
                if (at >= 0) {
                    return KeyHash.hash(head.bytes(), (int) (at >>> 32), (int) at);
                }
            }
        }
        return NONE;
    }

    private static long query(RequestHead head, byte[] name) {
        byte[] buf = head.bytes();
        int end = head.targetEnd();
        int i = head.pathEnd() + 1;
        while (i < end) {
            int ampersand = i;
            while (ampersand < end && buf[ampersand] != '&') {
                ampersand++;
            }
            int equals = i;
            while (equals < ampersand && buf[equals] != '=') {
                equals++;
            }
            if (Arrays.equals(buf, i, equals, name, 0, name.length)) {
                return KeyHash.hash(buf, Math.min(equals + 1, ampersand), ampersand);
            }
            i = ampersand + 1;
        }
        return NONE;
    }
}
