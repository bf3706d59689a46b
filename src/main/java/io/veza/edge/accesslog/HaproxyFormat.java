package io.veza.edge.accesslog;

import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * The line of {@code option httplog}, field by field (configuration manual 2.6, section 8.2.3), behind the header that a
 * syslog daemon puts before it in a file: {@code halog} counts its fields from there. The program is called {@code haproxy} in
 * it, since parsers and filters ask for that name. No cookies and no headers are captured.
 */
final class HaproxyFormat implements LineFormat {

    /** Section 8.6: {@code #} and two digits for what is not printable, and for what would end the field. */
    private static final Escape ESCAPE = new Escape() {
        @Override
        public boolean isPlain(byte b) {
            return LineFormat.isPrintable(b) && b != '"' && b != '#';
        }

        @Override
        public void write(byte b, Line line) {
            line.put('#').hex(b);
        }
    };

    private final LocalTimes headerTimes;
    private final LocalTimes times;
    private final String program;

    HaproxyFormat(ZoneId zone, String host, long pid) {
        // The day is padded with a blank, RFC 3164 section 4.1.2.
        headerTimes = new LocalTimes("MMM ppd HH:mm:ss", zone);
        times = new LocalTimes("dd/MMM/yyyy:HH:mm:ss", zone);
        program = " " + host + " haproxy[" + pid + "]: ";
    }

    @Override
    public boolean showsFields() {
        return false;
    }

    @Override
    public void write(LoggedExchange exchange, LoggedHead head, Line line) {
        long ended = exchange.beganEpochMillis + Math.max(0, exchange.totalNanos / 1_000_000);
        line.put(headerTimes.of(ended)).put(program);
        ClientText.write(exchange.client.getAddress(), line);
        line.put(':').number(exchange.client.getPort());
        line.put(" [").put(times.of(exchange.beganEpochMillis));
        line.put('.').number(LocalTimes.fraction(exchange.beganEpochMillis), 3).put("] ");
        line.put(exchange.listener).put(' ');
        // What no pool took stays with its listener.
        line.put(or(exchange.pool, exchange.listener)).put('/').put(or(exchange.server, "<NOSRV>"));
        timers(exchange, line);
        line.number(statusOrMinus(exchange)).put(' ').number(exchange.bytesOut).put(" - - ");
        line.put(exchange.termination).put(' ');
        counts(exchange, line);
        if (head.understood()) {
            line.put(" \"");
            LineFormat.requestLine(exchange, head, ESCAPE, line);
            line.put("\"\n");
        } else {
            line.put(" \"<BADREQ>\"\n");
        }
    }

    private static String or(@Nullable String name, String otherwise) {
        return name == null ? otherwise : name;
    }

    private static void timers(LoggedExchange exchange, Line line) {
        line.put(' ').millis(exchange.headNanos);
        line.put('/').millis(exchange.queueNanos);
        line.put('/').millis(exchange.connectNanos);
        line.put('/').millis(exchange.responseNanos);
        line.put('/').millis(Math.max(0, exchange.totalNanos)).put(' ');
    }

    /** HAProxy's -1 for an exchange that got no status at all. */
    private static int statusOrMinus(LoggedExchange exchange) {
        return exchange.status > 0 ? exchange.status : -1;
    }

    private static void counts(LoggedExchange exchange, Line line) {
        line.number(exchange.connections).put('/').number(exchange.connections);
        line.put('/').number(exchange.poolInFlight);
        line.put('/').number(exchange.serverInFlight).put('/');
        if (exchange.redispatched) {
            line.put('+');
        }
        line.number(exchange.retries);
        line.put(" 0/").number(exchange.queuePosition);
    }
}
