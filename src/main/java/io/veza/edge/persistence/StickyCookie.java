package io.veza.edge.persistence;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The cookie that names a client's server, as HAProxy's {@code cookie <name> insert indirect nocache}. It works on the
 * bytes of one field value at a time, {@code buf[from, to)}; what looks cookies up does not allocate.
 *
 * <p>A {@code Cookie} value is split at every semicolon (RFC 6265 section 4.2.1), also within quotes: a browser never
 * sends one there, and a server that reads it otherwise could be shown another cookie than we saw. Names are compared
 * byte by byte, without the blanks around them.
 *
 * <p>With {@code maxIdle} or {@code maxLife} the value carries dates after the server's name, {@code
 * name|lastSeen|firstSeen} in HAProxy's encoding: {@code b1|ZVPxA|ZVPxA}. Without them a cookie lives as long as the
 * browser.
 *
 * @param maxIdle after this time without use the cookie counts as absent
 * @param maxLife after this time since it was first set the cookie counts as absent
 */
public record StickyCookie(
        String name,
        boolean secure,
        boolean httpOnly,
        SameSite sameSite,
        Optional<Duration> maxIdle,
        Optional<Duration> maxLife) {

    /** How far ahead of us a date may be, to bridge clocks set wrong; HAProxy's figure. */
    private static final long MAX_FUTURE_SECONDS = 86_400;

    private static final byte DATE = '|';
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /** What its dates say of a cookie that was presented. */
    public enum Age {
        /** To be honoured; nothing to set. */
        FRESH,
        /** To be honoured, and set again with new dates and its old {@link #firstSeen}. */
        REFRESH,
        /** To be treated as if it had not been there. */
        EXPIRED
    }

    public StickyCookie {
        if (!TOKEN.matcher(name).matches()) {
            throw new IllegalArgumentException("cookie name \"" + name + "\" is not a token");
        }
        if (sameSite == SameSite.NONE && !secure) {
            throw new IllegalArgumentException("same-site none needs secure: browsers drop such a cookie otherwise");
        }
        maxIdle.ifPresent(idle -> positive("max-idle", idle));
        maxLife.ifPresent(life -> positive("max-life", life));
    }

    private static void positive(String what, Duration value) {
        if (value.toSeconds() < 1) {
            throw new IllegalArgumentException(what + " " + value + " is below one second");
        }
    }

    /** Whether a {@code Cookie} field value holds a cookie of this name. */
    public boolean presentIn(byte[] buf, int from, int to) {
        return next(buf, from, to) >= 0;
    }

    /**
     * The first cookie of this name in a {@code Cookie} field value: its value's start in the upper and end in the
     * lower 32 bits, or -1. The value is as it was sent, quotes and dates included, without blanks around it. To go on
     * to the following one, call again from the end.
     */
    public long next(byte[] buf, int from, int to) {
        for (int start = from; start < to; ) {
            int end = indexOf(buf, start, to, ';');
            int value = valueStart(buf, start, end);
            if (value >= 0) {
                return (long) value << 32 | trimmedEnd(buf, value, end);
            }
            start = end + 1;
        }
        return -1;
    }

    /**
     * Copies a {@code Cookie} field value to {@code out} from {@code at} on without the cookies of this name; the
     * others stay byte for byte. The target may be the source, as long as {@code at <= from}.
     *
     * @return the number of bytes written; 0 if nothing is left and the field is to be dropped
     */
    public int strip(byte[] buf, int from, int to, byte[] out, int at) {
        int written = at;
        boolean first = true;
        boolean removed = false;
        for (int start = from; start <= to; ) {
            int end = indexOf(buf, start, to, ';');
            if (valueStart(buf, start, end) >= 0) {
                removed = true;
            } else {
                if (!first) {
                    out[written++] = ';';
                }
                // What now begins the field does not need the blank that set it apart.
                int kept = first && removed ? trimmedStart(buf, start, end) : start;
                System.arraycopy(buf, kept, out, written, end - kept);
                written += end - kept;
                first = false;
            }
            start = end + 1;
        }
        return written - at;
    }

    /** Whether a server's {@code Set-Cookie} field value sets a cookie of this name; such a field is not passed on. */
    public boolean sets(byte[] buf, int from, int to) {
        return valueStart(buf, from, indexOf(buf, from, to, ';')) >= 0;
    }

    /** What the dates in a cookie's value say now. HAProxy's rules, but a last date nobody asks for is not renewed. */
    public Age age(byte[] buf, int from, int to, Instant now) {
        long lastSeen = lastSeen(buf, from, to);
        long firstSeen = firstSeenSecond(buf, from, to);
        long second = now.getEpochSecond();
        if (outlived(firstSeen, maxLife, second) || outlived(lastSeen, maxIdle, second)) {
            return Age.EXPIRED;
        }
        boolean stale = maxIdle.isPresent() && lastSeen < second;
        boolean undated = maxLife.isPresent() && firstSeen == CookieDate.NONE;
        boolean datedInVain = (maxLife.isEmpty() && firstSeen != CookieDate.NONE)
                || (maxLife.isEmpty() && maxIdle.isEmpty() && lastSeen != CookieDate.NONE);
        return stale || undated || datedInVain ? Age.REFRESH : Age.FRESH;
    }

    /** When the cookie of this value was first set, or {@code otherwise} if it does not say. */
    public Instant firstSeen(byte[] buf, int from, int to, Instant otherwise) {
        long second = firstSeenSecond(buf, from, to);
        return second == CookieDate.NONE ? otherwise : Instant.ofEpochSecond(second);
    }

    /** Where the server's name ends within a cookie's value: at the first {@code |}, or at its end. */
    public static int serverEnd(byte[] buf, int from, int to) {
        return indexOf(buf, from, to, DATE);
    }

    /** Whether the field line is the same at any time, so that it can be made once for each server. */
    public boolean timeless() {
        return maxIdle.isEmpty() && maxLife.isEmpty();
    }

    /** The whole field line {@code Set-Cookie: name=server; path=/…} with its CRLF. */
    public byte[] setCookie(byte[] serverValue, Instant firstSeen, Instant now) {
        StringBuilder line = new StringBuilder(96)
                .append("Set-Cookie: ")
                .append(name)
                .append('=')
                .append(new String(serverValue, StandardCharsets.ISO_8859_1));
        if (!timeless()) {
            CookieDate.append(line.append('|'), now);
        }
        if (maxLife.isPresent()) {
            CookieDate.append(line.append('|'), firstSeen);
        }
        line.append("; path=/")
                .append(httpOnly ? "; HttpOnly" : "")
                .append(secure ? "; Secure" : "")
                .append(sameSite.attribute())
                .append("\r\n");
        return line.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static boolean outlived(long date, Optional<Duration> limit, long now) {
        return date != CookieDate.NONE
                && limit.isPresent()
                && (now - date > limit.get().toSeconds() || date - now > MAX_FUTURE_SECONDS);
    }

    private static long lastSeen(byte[] buf, int from, int to) {
        return CookieDate.parse(buf, serverEnd(buf, from, to) + 1, to);
    }

    private static long firstSeenSecond(byte[] buf, int from, int to) {
        int last = serverEnd(buf, from, to) + 1;
        return last > to ? CookieDate.NONE : CookieDate.parse(buf, serverEnd(buf, last, to) + 1, to);
    }

    /** Where the value of the pair in {@code [from, to)} begins if the pair is a cookie of this name, else -1. */
    private int valueStart(byte[] buf, int from, int to) {
        int start = trimmedStart(buf, from, to);
        int nameEnd = start + name.length();
        if (nameEnd >= to) {
            return -1;
        }
        for (int i = 0; i < name.length(); i++) {
            if (buf[start + i] != name.charAt(i)) {
                return -1;
            }
        }
        int equals = trimmedStart(buf, nameEnd, to);
        return equals < to && buf[equals] == '=' ? trimmedStart(buf, equals + 1, to) : -1;
    }

    private static int trimmedStart(byte[] buf, int from, int to) {
        int at = from;
        while (at < to && isBlank(buf[at])) {
            at++;
        }
        return at;
    }

    private static int trimmedEnd(byte[] buf, int from, int to) {
        int at = to;
        while (at > from && isBlank(buf[at - 1])) {
            at--;
        }
        return at;
    }

    private static boolean isBlank(byte c) {
        return c == ' ' || c == '\t';
    }

    /** The index of the first such byte, or {@code to}. */
    private static int indexOf(byte[] buf, int from, int to, int c) {
        for (int i = from; i < to; i++) {
            if (buf[i] == c) {
                return i;
            }
        }
        return to;
    }
}
