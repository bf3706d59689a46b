package io.veza.edge.http1;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Character classes of RFC 9110 section 5.6 and searches over byte ranges, none of which allocates. */
public final class Octets {

    static final byte CR = '\r';
    static final byte LF = '\n';

    private static final byte TOKEN = 1;
    private static final byte VALUE = 2;
    private static final byte TARGET = 4;
    private static final byte REG_NAME = 8;
    private static final byte REQUEST_ID = 16;

    private static final byte[] CLASSES = new byte[256];
    private static final byte[] LOWER = new byte[256];
    private static final byte[] HEX = new byte[256];

    /** Reads eight bytes at once; the order does not matter to any of its users. */
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long LOW_BITS = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;

    static {
        for (int c = 0; c < 256; c++) {
            LOWER[c] = (byte) (c >= 'A' && c <= 'Z' ? c + 32 : c);
            HEX[c] = (byte) Character.digit(c < 128 ? c : 0, 16);
            boolean alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (alphanumeric || "!#$%&'*+-.^_`|~".indexOf(c) >= 0) {
                CLASSES[c] |= TOKEN;
            }
            if (c == '\t' || (c >= ' ' && c != 127)) {
                CLASSES[c] |= VALUE;
            }
            if (c > ' ' && c < 127 && c != '#') {
                CLASSES[c] |= TARGET;
            }
            if (alphanumeric || "-._~!$&'()*+,;=%".indexOf(c) >= 0) {
                CLASSES[c] |= REG_NAME;
            }
            if (alphanumeric || "-._~+/=:".indexOf(c) >= 0) {
                CLASSES[c] |= REQUEST_ID;
            }
        }
    }

    private Octets() {}

    /** The bytes of an ASCII literal. */
    public static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static boolean isToken(byte b) {
        return (CLASSES[b & 0xff] & TOKEN) != 0;
    }

    /** Whether the range is a token, which is never empty. */
    public static boolean isToken(byte[] buf, int from, int to) {
        return to > from && allOf(TOKEN, buf, from, to);
    }

    /** Whether the range has nothing but what may stand in a request's target. */
    public static boolean isTarget(byte[] buf, int from, int to) {
        return allOf(TARGET, buf, from, to);
    }

    private static boolean allOf(byte kind, byte[] buf, int from, int to) {
        for (int i = from; i < to; i++) {
            if ((CLASSES[buf[i] & 0xff] & kind) == 0) {
                return false;
            }
        }
        return true;
    }

    static boolean isTarget(byte b) {
        return (CLASSES[b & 0xff] & TARGET) != 0;
    }

    static boolean isRegName(byte b) {
        return (CLASSES[b & 0xff] & REG_NAME) != 0;
    }

    static boolean isValue(byte b) {
        return (CLASSES[b & 0xff] & VALUE) != 0;
    }

    /** Whether the range is a request id worth keeping: 1 to 128 letters, digits or any of {@code - . _ ~ + / = :}. */
    public static boolean isRequestId(byte[] buf, int from, int to) {
        if (to <= from || to - from > 128) {
            return false;
        }
        return allOf(REQUEST_ID, buf, from, to);
    }

    /** The value of a hexadecimal digit, or a negative number. */
    static int hex(byte b) {
        return HEX[b & 0xff];
    }

    /** The byte in lower case if it is an ASCII letter, else itself. */
    public static byte lower(byte b) {
        return LOWER[b & 0xff];
    }

    /** The index of the first line feed in {@code [from, to)}, or -1. */
    static int indexOfLineFeed(byte[] buf, int from, int to) {
        int i = from;
        for (; i + 8 <= to; i += 8) {
            long word = (long) LONGS.get(buf, i) ^ (LOW_BITS * LF);
            long found = (word - LOW_BITS) & ~word & HIGH_BITS;
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
        for (; i < to; i++) {
            if (buf[i] == LF) {
                return i;
            }
        }
        return -1;
    }

    /** Whether every byte of the range may stand in a field value: no control but the tab (RFC 9110 section 5.5). */
    public static boolean isFieldValue(byte[] buf, int from, int to) {
        int i = from;
        for (; i + 8 <= to; i += 8) {
            long word = (long) LONGS.get(buf, i);
            // Below 0x20 or 0x7f; a tab also lands here and is looked at one by one. Bytes from 0x80 up are let
            // through.
            long below = (word - LOW_BITS * 0x20) & ~word & HIGH_BITS;
            long delete = word ^ (LOW_BITS * 0x7f);
            delete = (delete - LOW_BITS) & ~delete & HIGH_BITS;
            if ((below | delete) != 0) {
                for (int j = i; j < i + 8; j++) {
                    if (!isValue(buf[j])) {
                        return false;
                    }
                }
            }
        }
        for (; i < to; i++) {
            if (!isValue(buf[i])) {
                return false;
            }
        }
        return true;
    }

    /** Compares a range with an ASCII literal given in lower case, ignoring the case of the range. */
    public static boolean equalsLower(byte[] buf, int from, int to, byte[] lower) {
        if (to - from != lower.length) {
            return false;
        }
        for (int i = 0; i < lower.length; i++) {
            if (LOWER[buf[from + i] & 0xff] != lower[i]) {
                return false;
            }
        }
        return true;
    }

    /** Compares two ranges, ignoring case. */
    static boolean equalsIgnoreCase(byte[] a, int aFrom, int aTo, byte[] b, int bFrom, int bTo) {
        if (aTo - aFrom != bTo - bFrom) {
            return false;
        }
        for (int i = aFrom, j = bFrom; i < aTo; i++, j++) {
            if (LOWER[a[i] & 0xff] != LOWER[b[j] & 0xff]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether a comma-separated list has an element equal to a literal given in lower case (RFC 9110 section 5.6.1);
     * parameters after a semicolon make an element another one.
     */
    public static boolean listContains(byte[] buf, int from, int to, byte[] lower) {
        int i = from;
        while (i < to) {
            int end = i;
            while (end < to && buf[end] != ',') {
                end++;
            }
            if (equalsLower(buf, skipBlanks(buf, i, end), trimBlanks(buf, i, end), lower)) {
                return true;
            }
            i = end + 1;
        }
        return false;
    }

    /** The first index in {@code [from, to)} that is neither space nor tab, or {@code to}. */
    public static int skipBlanks(byte[] buf, int from, int to) {
        int i = from;
        while (i < to && (buf[i] == ' ' || buf[i] == '\t')) {
            i++;
        }
        return i;
    }

    /** The end of {@code [from, to)} without the spaces and tabs before it. */
    public static int trimBlanks(byte[] buf, int from, int to) {
        int i = to;
        while (i > from && (buf[i - 1] == ' ' || buf[i - 1] == '\t')) {
            i--;
        }
        return i;
    }
}
