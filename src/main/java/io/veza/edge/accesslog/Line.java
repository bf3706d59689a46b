package io.veza.edge.accesslog;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** Bytes being put together to lines. Grows as needed; one thread's. */
final class Line {

    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};
    private static final int LONGEST_NUMBER = 20;

    private byte[] bytes;
    private int length;

    Line(int capacity) {
        bytes = new byte[capacity];
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
    }

    /** Forgets what comes after this many bytes. */
    void cut(int to) {
        length = to;
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }

    Line put(char ascii) {
        room(1);
        bytes[length++] = (byte) ascii;
        return this;
    }

    Line put(byte b) {
        room(1);
        bytes[length++] = b;
        return this;
    }

    Line put(byte[] from, int start, int end) {
        room(end - start);
        System.arraycopy(from, start, bytes, length, end - start);
        length += end - start;
        return this;
    }

    Line put(byte[] all) {
        return put(all, 0, all.length);
    }

    /** ASCII, of names that the configuration allows and of our own words. */
    Line put(String ascii) {
        int count = ascii.length();
        room(count);
        for (int i = 0; i < count; i++) {
            bytes[length + i] = (byte) ascii.charAt(i);
        }
        length += count;
        return this;
    }

    Line number(long value) {
        room(LONGEST_NUMBER);
        long rest = value;
        if (rest < 0) {
            bytes[length++] = '-';
            rest = -rest;
        }
        int digits = 1;
        for (long bound = 10; digits < LONGEST_NUMBER - 1 && rest >= bound; bound *= 10) {
            digits++;
        }
        for (int i = length + digits - 1; i >= length; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += digits;
        return this;
    }

    /** A number with zeros in front. */
    Line number(long value, int digits) {
        room(digits);
        long rest = value;
        for (int i = length + digits - 1; i >= length; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += digits;
        return this;
    }

    /** Whole milliseconds; -1 for a time that was not reached. */
    Line millis(long nanos) {
        return number(nanos < 0 ? -1 : TimeUnit.NANOSECONDS.toMillis(nanos));
    }

    /** Two hexadecimal digits, in upper case. */
    Line hex(int b) {
        return put(HEX[b >> 4 & 15]).put(HEX[b & 15]);
    }
}
