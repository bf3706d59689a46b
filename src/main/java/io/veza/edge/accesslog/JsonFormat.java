package io.veza.edge.accesslog;

import io.veza.edge.accesslog.LoggedHead.Field;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * One JSON object a line, always with the same keys in the same order; what there is not is {@code null}. Times are
 * milliseconds with three decimals. The line is ASCII: of what came from outside, each character beyond it is written
 * {@code \}{@code uXXXX}, and each byte that is no UTF-8 as U+FFFD, so that neither a terminal nor a parser is at its mercy.
 */
final class JsonFormat implements LineFormat {

    private static final int REPLACEMENT = 0xfffd;

    private final LocalTimes times = new LocalTimes("uuuu-MM-dd'T'HH:mm:ss", ZoneOffset.UTC);

    @Override
    public boolean showsFields() {
        return true;
    }

    @Override
    public void write(LoggedExchange exchange, LoggedHead head, Line line) {
        line.put("{\"time\":\"").put(times.of(exchange.beganEpochMillis));
        line.put('.').number(LocalTimes.fraction(exchange.beganEpochMillis), 3);
        line.put("Z\",\"listener\":\"").put(exchange.listener);
        line.put("\",\"client\":\"");
        ClientText.write(exchange.client.getAddress(), line);
        line.put("\",\"client_port\":").number(exchange.client.getPort());
        name(",\"pool\":", exchange.pool, line);
        name(",\"server\":", exchange.server, line);
        request(exchange, head, line);
        line.put(",\"status\":");
        if (exchange.status > 0) {
            line.number(exchange.status);
        } else {
            line.put("null");
        }
        line.put(",\"bytes_in\":").number(exchange.bytesIn);
        line.put(",\"bytes_out\":").number(exchange.bytesOut);
        time(",\"head_ms\":", exchange.headNanos, line);
        time(",\"queue_ms\":", exchange.queueNanos, line);
        time(",\"connect_ms\":", exchange.connectNanos, line);
        time(",\"response_ms\":", exchange.responseNanos, line);
        time(",\"total_ms\":", exchange.totalNanos, line);
        line.put(",\"retries\":").number(exchange.retries);
        flag(",\"redispatched\":", exchange.redispatched, line);
        flag(",\"tunnel\":", exchange.tunnel, line);
        line.put(",\"termination\":\"").put(exchange.termination);
        name("\",\"failure\":", exchange.failure, line);
        line.put(",\"connections\":").number(exchange.connections);
        line.put(",\"pool_in_flight\":").number(exchange.poolInFlight);
        line.put(",\"server_in_flight\":").number(exchange.serverInFlight);
        line.put(",\"queue_position\":").number(exchange.queuePosition);
        flag(",\"cut\":", head.cut(), line);
        line.put("}\n");
    }

    private static void request(LoggedExchange exchange, LoggedHead head, Line line) {
        byte[] bytes = head.bytes();
        if (head.understood()) {
            line.put(",\"method\":");
            text(bytes, head.methodStart(), head.methodEnd(), line);
            line.put(",\"target\":");
            text(bytes, head.targetStart(), head.targetEnd(), line);
            line.put(",\"version\":\"").put(exchange.protocol.version()).put("\"");
        } else {
            line.put(",\"method\":null,\"target\":null,\"version\":null");
        }
        field(",\"host\":", head.host, head, line);
        field(",\"user_agent\":", head.userAgent, head, line);
        field(",\"referer\":", head.referer, head, line);
        field(",\"request_id\":", head.requestId, head, line);
    }

    private static void name(String key, @Nullable String name, Line line) {
        line.put(key);
        if (name == null) {
            line.put("null");
        } else {
            line.put('"').put(name).put('"');
        }
    }

    private static void flag(String key, boolean value, Line line) {
        line.put(key).put(value ? "true" : "false");
    }

    private static void time(String key, long nanos, Line line) {
        line.put(key);
        if (nanos < 0) {
            line.put("null");
        } else {
            long micros = nanos / 1000;
            line.number(micros / 1000).put('.').number(micros % 1000, 3);
        }
    }

    private static void field(String key, Field field, LoggedHead head, Line line) {
        line.put(key);
        if (!field.present()) {
            line.put("null");
        } else {
            text(head.bytes(), field.start(), field.end(), line);
        }
    }

    private static void text(byte[] bytes, int from, int to, Line line) {
        line.put('"');
        int end = line.length() + LONGEST_TEXT;
        int at = from;
        while (at < to) {
            if (line.length() >= end) {
                line.put("...");
                break;
            }
            byte b = bytes[at];
            if (LineFormat.isPrintable(b) && b != '"' && b != '\\') {
                line.put(b);
                at++;
            } else if (b >= 0) {
                escaped(b, line);
                at++;
            } else {
                at += character(bytes, at, to, line);
            }
        }
        line.put('"');
    }

    /** Writes the character that begins here, and gives the number of its bytes: 1 for one that is none. */
    private static int character(byte[] bytes, int at, int to, Line line) {
        int first = bytes[at] & 0xff;
        int length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        int code = first & (0x7f >> length);
        boolean valid = first >= 0xc2 && first <= 0xf4 && length <= to - at;
        for (int i = 1; valid && i < length; i++) {
            valid = (bytes[at + i] & 0xc0) == 0x80;
            code = code << 6 | (bytes[at + i] & 0x3f);
        }
        // The least code of a length, and the surrogates, RFC 3629 section 3.
        valid &= code >= (length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80) && code <= Character.MAX_CODE_POINT;
        if (!valid || (code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE)) {
            escaped(REPLACEMENT, line);
            return 1;
        }
        if (Character.isBmpCodePoint(code)) {
            escaped(code, line);
        } else {
            escaped(Character.highSurrogate(code), line);
            escaped(Character.lowSurrogate(code), line);
        }
        return length;
    }

    private static void escaped(int unit, Line line) {
        if (unit == '"' || unit == '\\') {
            line.put('\\').put((byte) unit);
        } else {
            line.put("\\u").hex(unit >> 8).hex(unit);
        }
    }
}
