package io.veza.edge.accesslog;

import io.veza.edge.accesslog.LoggedHead.Field;
import java.time.ZoneId;

/**
 * The combined format of Apache and NGINX: {@code client - - [began] "request" status bytes "referer" "user agent"}. What is
 * not printable, quotes and backslashes are {@code \xXX}, as NGINX writes them. The user is always {@code -}: the edge reads
 * no credentials.
 */
final class CombinedFormat implements LineFormat {

    private static final Escape ESCAPE = new Escape() {
        @Override
        public boolean isPlain(byte b) {
            return LineFormat.isPrintable(b) && b != '"' && b != '\\';
        }

        @Override
        public void write(byte b, Line line) {
            line.put('\\').put('x').hex(b);
        }
    };

    private final LocalTimes times;

    CombinedFormat(ZoneId zone) {
        times = new LocalTimes("dd/MMM/yyyy:HH:mm:ss xx", zone);
    }

    @Override
    public boolean showsFields() {
        return true;
    }

    @Override
    public void write(LoggedExchange exchange, LoggedHead head, Line line) {
        ClientText.write(exchange.client.getAddress(), line);
        line.put(" - - [").put(times.of(exchange.beganEpochMillis)).put("] \"");
        if (head.understood()) {
            LineFormat.requestLine(exchange, head, ESCAPE, line);
        } else {
            line.put('-');
        }
        line.put("\" ")
                .number(exchange.status, 3)
                .put(' ')
                .number(exchange.bytesOut - exchange.headBytesOut)
                .put(" \"");
        field(head, head.referer, line);
        line.put("\" \"");
        field(head, head.userAgent, line);
        line.put("\"\n");
    }

    private static void field(LoggedHead head, Field field, Line line) {
        if (!field.present() || field.start() == field.end()) {
            line.put(head.cut() ? "..." : "-");
        } else {
            LineFormat.text(head.bytes(), field.start(), field.end(), ESCAPE, line);
        }
    }
}
