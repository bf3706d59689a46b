package io.veza.edge.persistence;

import java.time.Instant;

/**
 * A date in a sticky cookie's value as HAProxy writes it: the seconds of the Unix epoch, rounded up to a multiple of
 * four and divided by four, as 30 bits in five characters of base64 without padding, the highest six bits first. The
 * epoch second 1,700,000,000 is 425,000,000 quarters and reads {@code ZVPxA}. (HAProxy 2.6, {@code http_ana.c} and
 * {@code s30tob64}.)
 */
final class CookieDate {

    static final int LENGTH = 5;

    /** What {@link #parse} answers to anything but a date. */
    static final long NONE = 0;

    private static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private CookieDate() {}

    static void append(StringBuilder to, Instant date) {
        long quarters = (date.getEpochSecond() + 3) >> 2;
        for (int shift = 24; shift >= 0; shift -= 6) {
            to.append(DIGITS.charAt((int) (quarters >> shift) & 0x3F));
        }
    }

    /** The epoch second of the date that begins at {@code from}, or {@link #NONE}. */
    static long parse(byte[] buf, int from, int to) {
        if (to - from < LENGTH) {
            return NONE;
        }
        long quarters = 0;
        for (int i = from; i < from + LENGTH; i++) {
            int digit = digit(buf[i]);
            if (digit < 0) {
                return NONE;
            }
            quarters = quarters << 6 | digit;
        }
        return quarters << 2;
    }

    private static int digit(byte c) {
        if (c >= 'A' && c <= 'Z') {
            return c - 'A';
        }
        if (c >= 'a' && c <= 'z') {
            return c - 'a' + 26;
        }
        if (c >= '0' && c <= '9') {
            return c - '0' + 52;
        }
        return c == '+' ? 62 : c == '/' ? 63 : -1;
    }
}
