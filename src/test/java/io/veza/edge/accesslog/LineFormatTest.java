package io.veza.edge.accesslog;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import io.veza.edge.proxy.ExchangeFailure;
import io.veza.edge.proxy.Protocol;
import io.veza.edge.proxy.TunnelEnd;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineFormatTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    /** What grok's COMBINEDAPACHELOG takes apart, written for Java. */
    private static final Pattern COMBINED = Pattern.compile("(\\S+) (\\S+) (\\S+) "
            + "\\[(\\d{2}/[A-Z][a-z]{2}/\\d{4}:\\d{2}:\\d{2}:\\d{2} [+-]\\d{4})] "
            + "\"(?:(\\w+) (\\S+)(?: HTTP/(\\d\\.\\d))?|-)\" (\\d{3}) (\\d+) (\"[^\"]*\") (\"[^\"]*\")");

    /** The same for HAPROXYHTTP. */
    private static final Pattern HAPROXY = Pattern.compile("[A-Z][a-z]{2} [ \\d]\\d \\d{2}:\\d{2}:\\d{2} [\\w.-]+ "
            + "haproxy\\[\\d+\\]: (\\S+):(\\d+) \\[(\\d{2}/[A-Z][a-z]{2}/\\d{4}:\\d{2}:\\d{2}:\\d{2}\\.\\d{3})] "
            + "(\\S+) ([^/ ]+)/(\\S+) (-?\\d+)/(-?\\d+)/(-?\\d+)/(-?\\d+)/(\\d+) (-?\\d+) (\\d+) (\\S+) (\\S+) (\\S{4}) "
            + "(\\d+)/(\\d+)/(\\d+)/(\\d+)/(\\+?\\d+) (\\d+)/(\\d+) \"(<BADREQ>|\\S+ \\S* HTTP/1\\.[01])\"");

    private static LineFormat format(String name) {
        return switch (name) {
            case "haproxy" -> new HaproxyFormat(BERLIN, "edge-1", 4711);
            case "combined" -> new CombinedFormat(BERLIN);
            default -> new JsonFormat();
        };
    }

    private static String line(String format, FakeExchange exchange) {
        return line(format(format), exchange, true, 1 << 20);
    }

    private static String line(LineFormat format, FakeExchange exchange, boolean query, int ringBytes) {
        FactsRing ring = new FactsRing(4, ringBytes, () -> {});
        AccessLogSettings settings =
                new AccessLogSettings(AccessLogSettings.Format.JSON, Optional.empty(), 1, false, query);
        new LoopLog(ring, settings, format.showsFields()).ended(exchange);
        LoggedExchange logged = Objects.requireNonNull(ring.peek());
        LoggedHead head = new LoggedHead(query);
        head.read(logged, ring.bytes(), format.showsFields());
        Line line = new Line(16);
        format.write(logged, head, line);

        String text = new String(line.bytes(), 0, line.length(), StandardCharsets.US_ASCII);
        // One line whatever was sent, and of printable ASCII alone.
        assertThat(text).endsWith("\n");
        assertThat(text.substring(0, text.length() - 1)).matches("[ -~]*");
        return text.substring(0, text.length() - 1);
    }

    @Test
    void haproxy_is_option_httplog_behind_a_syslog_header() {
        FakeExchange exchange = new FakeExchange();

        assertThat(line("haproxy", exchange))
                .matches(HAPROXY)
                .isEqualTo(
                        "Nov 22 15:15:03 edge-1 haproxy[4711]: 192.0.2.7:60738 [22/Nov/2026:15:15:03.454] http api/s1 "
                                + "0/0/1/2/5 200 119 - - ---- 4/4/3/2/0 0/6 \"GET /api/x HTTP/1.1\"");
    }

    @Test
    void haproxy_says_what_was_not_reached() {
        FakeExchange redispatched = new FakeExchange();
        redispatched.redispatched = true;
        redispatched.retries = 1;
        redispatched.termination = "--NI";
        FakeExchange withoutServer = new FakeExchange();
        withoutServer.server = null;
        withoutServer.status = 503;
        withoutServer.connectNanos = withoutServer.responseNanos = -1;
        FakeExchange withoutStatus = new FakeExchange();
        withoutStatus.status = 0;

        assertThat(line("haproxy", redispatched)).contains(" --NI 4/4/3/2/+1 ").matches(HAPROXY);
        assertThat(line("haproxy", FakeExchange.malformed()))
                .contains(" http http/<NOSRV> -1/-1/-1/-1/5 400 119 - - PR-- 4/4/3/2/0 0/6 \"<BADREQ>\"")
                .matches(HAPROXY);
        assertThat(line("haproxy", withoutServer)).contains(" api/<NOSRV> 0/0/-1/-1/5 503 ");
        assertThat(line("haproxy", withoutStatus)).contains("/5 -1 119 - - ").matches(HAPROXY);
    }

    @Test
    void haproxy_pads_the_day_of_its_header_with_a_blank() {
        FakeExchange exchange = new FakeExchange();
        exchange.beganEpochMillis -= 20L * 86_400_000;

        assertThat(line("haproxy", exchange))
                .startsWith("Nov  2 15:15:03 edge-1 ")
                .contains(" [02/Nov/2026:15:15:03.454] ");
    }

    @Test
    void json_has_every_key_in_every_line() {
        FakeExchange exchange = FakeExchange.of(
                "GET /api/x?a=1 HTTP/1.1\r\nhost: edge.example\r\nUser-Agent:curl/8 \r\n"
                        + "REFERER:\thttp://a/b\r\nCookie: sid=secret\r\nAuthorization: Bearer secret\r\nX-Request-Id: 7f\r\n\r\n");

        assertThat(line("json", exchange))
                .isEqualTo(
                        "{\"time\":\"2026-11-22T14:15:03.454Z\",\"listener\":\"http\",\"client\":\"192.0.2.7\","
                                + "\"client_port\":60738,\"pool\":\"api\",\"server\":\"s1\",\"method\":\"GET\",\"target\":\"/api/x?a=1\","
                                + "\"version\":\"1.1\",\"host\":\"edge.example\",\"user_agent\":\"curl/8\",\"referer\":\"http://a/b\","
                                + "\"request_id\":\"7f\",\"status\":200,\"bytes_in\":78,\"bytes_out\":119,\"head_ms\":0.000,"
                                + "\"queue_ms\":0.000,\"connect_ms\":1.900,\"response_ms\":2.345,\"total_ms\":5.000,\"retries\":0,"
                                + "\"redispatched\":false,\"tunnel\":false,\"termination\":\"----\",\"failure\":null,"
                                + "\"connections\":4,\"pool_in_flight\":3,\"server_in_flight\":2,\"queue_position\":6,\"cut\":false}");
    }

    @Test
    void json_writes_null_for_what_there_is_not() {
        FakeExchange aborted = FakeExchange.malformed();
        aborted.status = 0;

        JsonObject whole = new JsonObject(line("json", new FakeExchange()));
        JsonObject object = new JsonObject(line("json", aborted));

        assertThat(object.fieldNames()).containsExactlyElementsOf(whole.fieldNames());
        assertThat(object.getString("failure")).isEqualTo("head_timeout");
        assertThat(object.stream().filter(e -> e.getValue() == null).map(Map.Entry::getKey))
                .containsExactlyInAnyOrder(
                        "pool",
                        "server",
                        "method",
                        "target",
                        "version",
                        "host",
                        "user_agent",
                        "referer",
                        "request_id",
                        "status",
                        "head_ms",
                        "queue_ms",
                        "connect_ms",
                        "response_ms");
    }

    @Test
    void combined_is_what_parsers_of_apache_and_nginx_read() {
        FakeExchange exchange = FakeExchange.of(
                "POST /a HTTP/1.1\r\nHost: h\r\nUser-Agent: Mozilla/5.0 (X11)\r\nReferer: https://a.example/\r\n\r\n");
        exchange.protocol = Protocol.HTTP_1_0;

        assertThat(line("combined", exchange))
                .matches(COMBINED)
                .isEqualTo("192.0.2.7 - - [22/Nov/2026:15:15:03 +0100] \"POST /a HTTP/1.0\" 200 19 "
                        + "\"https://a.example/\" \"Mozilla/5.0 (X11)\"");
        assertThat(line("combined", FakeExchange.malformed())).matches(COMBINED).endsWith("] \"-\" 400 19 \"-\" \"-\"");
    }

    /** A user agent that would end its field and its line, go on as another, and clear the terminal of who looks at it. */
    private static final String HOSTILE = "a\"b\\c#d{|}\t\u0001\n192.0.2.1 - -\u001b[2J\u007f\u00c3\u00a9\u00ff";

    @Test
    void nothing_from_outside_can_end_its_field_or_its_line() {
        FakeExchange exchange = FakeExchange.of("GET /" + HOSTILE.replace(" ", "+") + " HTTP/1.1\r\nUser-Agent: "
                + HOSTILE + "\r\nReferer: " + HOSTILE + "\r\n\r\n");

        Matcher combined = COMBINED.matcher(line("combined", exchange));
        JsonObject json = new JsonObject(line("json", exchange));

        assertThat(line("haproxy", exchange))
                .matches(HAPROXY)
                .contains("\"GET /a#22b\\c#23d{|}#09#01#0A192.0.2.1+-+-#1B[2J#7F#C3#A9#FF HTTP/1.1\"");
        assertThat(combined.matches()).isTrue();
        assertThat(combined.group(11))
                .isEqualTo("\"a\\x22b\\x5Cc#d{|}\\x09\\x01\\x0A192.0.2.1 - -\\x1B[2J\\x7F\\xC3\\xA9\\xFF\"");
        assertThat(json.getString("user_agent"))
                .isEqualTo("a\"b\\c#d{|}\t\u0001\n192.0.2.1 - -\u001b[2J\u007f\u00e9\ufffd");
    }

    @ParameterizedTest
    @CsvSource({
        "c3a9, \\u00E9",
        "e282ac, \\u20AC",
        "f09f9880, \\uD83D\\uDE00",
        "f48fbfbf, \\uDBFF\\uDFFF",
        "80, \\uFFFD",
        "c080, \\uFFFD\\uFFFD",
        "c1bf, \\uFFFD\\uFFFD",
        "e0809f, \\uFFFD\\uFFFD\\uFFFD",
        "eda080, \\uFFFD\\uFFFD\\uFFFD",
        "f0808080, \\uFFFD\\uFFFD\\uFFFD\\uFFFD",
        "f4908080, \\uFFFD\\uFFFD\\uFFFD\\uFFFD",
        "f5808080, \\uFFFD\\uFFFD\\uFFFD\\uFFFD",
        "c3, \\uFFFD",
        "e282, \\uFFFD\\uFFFD",
        "c341, \\uFFFDA",
        "e28241, \\uFFFD\\uFFFDA",
        "2f5c22, /\\\\\\\"",
        "00, \\u0000"
    })
    void json_writes_utf_8_as_escapes_and_what_is_none_as_the_replacement(String hex, String written) {
        StringBuilder target = new StringBuilder();
        for (int i = 0; i < hex.length(); i += 2) {
            target.append((char) Integer.parseInt(hex.substring(i, i + 2), 16));
        }

        assertThat(line("json", FakeExchange.of("GET /" + target + " HTTP/1.1\r\n\r\n")))
                .contains("\"target\":\"/" + written + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "haproxy, GET /api/x HTTP/1.1",
        "combined, GET /api/x HTTP/1.1",
        "combined, \"http://a/b\"",
        "json, '\"target\":\"/api/x\"'",
        "json, '\"referer\":\"http://a/b\"'"
    })
    void queries_can_be_left_out(String format, String left) {
        FakeExchange exchange =
                FakeExchange.of("GET /api/x?token=secret HTTP/1.1\r\nReferer: http://a/b?token=secret\r\n\r\n");

        assertThat(line(format(format), exchange, false, 1024)).contains(left).doesNotContain("secret");
        if (!format.equals("haproxy")) {
            assertThat(line(format(format), exchange, true, 1024)).contains("b?token=secret");
        }
    }

    @ParameterizedTest
    @CsvSource({"haproxy", "combined", "json"})
    void cookies_and_credentials_are_never_logged(String format) {
        FakeExchange exchange = FakeExchange.of("GET / HTTP/1.1\r\nCookie: a=secret\r\nAuthorization: Basic secret\r\n"
                + "Proxy-Authorization: secret\r\nCookies: secret\r\nHostile: secret\r\nX-Api-Key: secret\r\n\r\n");

        assertThat(line(format, exchange)).doesNotContain("secret");
    }

    @ParameterizedTest
    @CsvSource({"haproxy, 1", "haproxy, 3", "combined, 1", "combined, 4", "json, 1", "json, 6"})
    void a_text_that_is_too_long_ends_with_dots_and_the_line_stays_whole(String format, int width) {
        String target = "/" + (width == 1 ? "x" : "\u0001").repeat(20_000);

        String line = line(format, FakeExchange.of("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n"));

        assertThat(line).hasSizeLessThan(LineFormat.LONGEST_TEXT + 1000).contains("...");
        switch (format) {
            case "haproxy" -> assertThat(line).matches(HAPROXY).endsWith("... HTTP/1.1\"");
            case "combined" -> assertThat(line).matches(COMBINED);
            default -> assertThat(new JsonObject(line).getString("host")).isEqualTo("h");
        }
    }

    @Test
    void a_head_that_has_no_room_is_cut_and_says_so() {
        String head = "GET /" + "x".repeat(300) + " HTTP/1.1\r\nHost: h\r\nX: " + "y".repeat(100)
                + "\r\nUser-Agent: u\r\n\r\n";

        JsonObject json = new JsonObject(line(new JsonFormat(), FakeExchange.of(head), true, 1024));

        assertThat(json.getBoolean("cut")).isTrue();
        assertThat(json.getString("target")).startsWith("/xxx");
        assertThat(json.getString("user_agent")).isNull();
        assertThat(line(new CombinedFormat(ZoneOffset.UTC), FakeExchange.of(head), true, 1024))
                .matches(COMBINED)
                .endsWith(" \"...\" \"...\"");
    }

    @Test
    void a_tunnel_and_a_failure_show() {
        FakeExchange exchange = new FakeExchange();
        exchange.tunnelEnd = TunnelEnd.CUT;
        exchange.status = 101;
        exchange.failure = ExchangeFailure.Cause.MARKED_DOWN;

        assertThat(line("json", exchange))
                .contains("\"status\":101,", "\"tunnel\":true,", "\"failure\":\"marked_down\"");
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1",
        "255.0.10.1, 255.0.10.1",
        "::1, ::1",
        "::, ::",
        "2001:db8::1, 2001:db8::1",
        "2001:0db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "fe80:0:0:0:0:0:0:0, fe80::",
        "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
        "a:0:0:b:0:0:0:c, a:0:0:b::c"
    })
    void addresses_are_written_as_they_are_read(String address, String written) throws Exception {
        FakeExchange exchange = new FakeExchange();
        exchange.client = new InetSocketAddress(InetAddress.getByName(address), 9);

        assertThat(line("haproxy", exchange)).contains("]: " + written + ":9 [");
        assertThat(line("json", exchange)).contains("\"client\":\"" + written + "\"");
    }

    @ParameterizedTest
    @CsvSource({"0", "9", "10", "999", "1000", "-1", "9223372036854775807", "-9223372036854775807"})
    void numbers_are_written_in_full(long number) {
        Line line = new Line(1).number(number);

        assertThat(new String(line.bytes(), 0, line.length(), StandardCharsets.US_ASCII))
                .isEqualTo(String.valueOf(number));
    }
}
