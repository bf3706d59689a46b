package io.veza.edge.accesslog;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;

/** A second in the words of one pattern, in local time. Remembers the last few seconds; one thread's. */
final class LocalTimes {

    /** Lines come in the order exchanges end, so neighbours may have begun seconds apart. */
    private static final int REMEMBERED = 64;

    private final DateTimeFormatter formatter;
    private final long[] seconds = new long[REMEMBERED];
    private final byte[][] texts = new byte[REMEMBERED][];

    LocalTimes(String pattern, ZoneId zone) {
        formatter = DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).withZone(zone);
        Arrays.fill(seconds, Long.MIN_VALUE);
    }

    /** The text of the second that this millisecond lies in. */
    byte[] of(long epochMillis) {
        long second = Math.floorDiv(epochMillis, 1000L);
        int place = (int) second & (REMEMBERED - 1);
        if (seconds[place] != second) {
            texts[place] = formatter.format(Instant.ofEpochSecond(second)).getBytes(StandardCharsets.US_ASCII);
            seconds[place] = second;
        }
        return texts[place];
    }

    /** The millisecond within its second. */
    static long fraction(long epochMillis) {
        return Math.floorMod(epochMillis, 1000L);
    }
}
