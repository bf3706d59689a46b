package io.veza.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way a request is refused, every form that is accepted, and that neither depends on how the bytes arrive. */
class RequestHeadTest {

    private static final String GET = "GET / HTTP/1.1\r\n";
    private static final String HOST = "Host: a\r\n";
    private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    private static final String WEBSOCKET =
            GET + HOST + "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" + KEY;

    static Stream<Arguments> refused() {
        return Stream.of(
                // framing
                refused(
                        GET + HOST + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                        HeadFault.LENGTH_AND_ENCODING),
                refused(
                        GET + HOST + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
                        HeadFault.LENGTH_AND_ENCODING),
                refused(GET + HOST + "Content-Length: 1\r\nContent-Length: 1\r\n", HeadFault.BAD_CONTENT_LENGTH),
                refused(GET + HOST + "Content-Length: 1, 1\r\n", HeadFault.BAD_CONTENT_LENGTH),
                refused(GET + HOST + "Content-Length: +1\r\n", HeadFault.BAD_CONTENT_LENGTH),
                refused(GET + HOST + "Content-Length: -1\r\n", HeadFault.BAD_CONTENT_LENGTH),
                refused(GET + HOST + "Content-Length:\r\n", HeadFault.BAD_CONTENT_LENGTH),
                refused(GET + HOST + "Content-Length: 0x1\r\n", HeadFault.BAD_CONTENT_LENGTH),
                refused(GET + HOST + "Content-Length: 1 1\r\n", HeadFault.BAD_CONTENT_LENGTH),
                refused(GET + HOST + "Content-Length: 9999999999999999999\r\n", HeadFault.BAD_CONTENT_LENGTH),
                refused(GET + HOST + "Transfer-Encoding: gzip\r\n", HeadFault.BAD_TRANSFER_ENCODING),
                refused(GET + HOST + "Transfer-Encoding: gzip, chunked\r\n", HeadFault.BAD_TRANSFER_ENCODING),
                refused(GET + HOST + "Transfer-Encoding: chunked, chunked\r\n", HeadFault.BAD_TRANSFER_ENCODING),
                refused(GET + HOST + "Transfer-Encoding: chunked;a\r\n", HeadFault.BAD_TRANSFER_ENCODING),
                refused(GET + HOST + "Transfer-Encoding:\r\n", HeadFault.BAD_TRANSFER_ENCODING),
                refused(
                        GET + HOST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                        HeadFault.BAD_TRANSFER_ENCODING),
                refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", HeadFault.BAD_TRANSFER_ENCODING),
                // field lines
                refused(GET + HOST + "A: b\r\n c\r\n", HeadFault.FOLDED_FIELD),
                refused(GET + " A: b\r\n" + HOST, HeadFault.FOLDED_FIELD),
                refused(GET + "\tA: b\r\n" + HOST, HeadFault.FOLDED_FIELD),
                refused(GET + HOST + ": b\r\n", HeadFault.BAD_FIELD_NAME),
                refused(GET + HOST + "A : b\r\n", HeadFault.BAD_FIELD_NAME),
                refused(GET + HOST + "A B: b\r\n", HeadFault.BAD_FIELD_NAME),
                refused(GET + HOST + "A\r\n", HeadFault.BAD_FIELD_NAME),
                refused(GET + HOST + "A(: b\r\n", HeadFault.BAD_FIELD_NAME),
                refused(GET + HOST + "A\u00e9: b\r\n", HeadFault.BAD_FIELD_NAME),
                refused(GET + HOST + "A\u0000: b\r\n", HeadFault.BAD_FIELD_NAME),
                refused(GET + HOST + "A: b\u0000c\r\n", HeadFault.BAD_FIELD_VALUE),
                refused(GET + HOST + "A: b\rc\r\n", HeadFault.BAD_FIELD_VALUE),
                refused(GET + HOST + "A: 12345678\u007f\r\n", HeadFault.BAD_FIELD_VALUE),
                refused(GET + HOST + "A: 1234567890123\u0001\r\n", HeadFault.BAD_FIELD_VALUE),
                refused("GET / HTTP/1.1\n" + HOST, HeadFault.BARE_LINE_FEED),
                refused(GET + "Host: a\n", HeadFault.BARE_LINE_FEED),
                refused(GET + "Connection: " + "a,".repeat(17) + "\r\n" + HOST, HeadFault.BAD_FIELD_VALUE),
                // host
                refused(GET, HeadFault.BAD_HOST),
                refused(GET + HOST + HOST, HeadFault.BAD_HOST),
                refused(GET + "Host:\r\n", HeadFault.BAD_HOST),
                refused(GET + "Host: a b\r\n", HeadFault.BAD_HOST),
                refused(GET + "Host: a/b\r\n", HeadFault.BAD_HOST),
                refused(GET + "Host: u@a\r\n", HeadFault.BAD_HOST),
                refused(GET + "Host: a:b\r\n", HeadFault.BAD_HOST),
                refused(GET + "Host: a:\r\n", HeadFault.BAD_HOST),
                refused(GET + "Host: a:65536\r\n", HeadFault.BAD_HOST),
                refused(GET + "Host: a, b\r\n", HeadFault.BAD_HOST),
                refused(GET + "Host: [::1\r\n", HeadFault.BAD_HOST),
                refused(GET + "Host: [::1]x\r\n", HeadFault.BAD_HOST),
                refused(GET + "Host: a%zz\r\n", HeadFault.BAD_HOST),
                refused("GET http://b/ HTTP/1.1\r\n" + HOST, HeadFault.BAD_HOST),
                refused("GET http://a:80/ HTTP/1.1\r\n" + HOST, HeadFault.BAD_HOST),
                // request line
                refused("GET /\u00e9 HTTP/1.1\r\n" + HOST, HeadFault.BAD_TARGET),
                refused("GET /#a HTTP/1.1\r\n" + HOST, HeadFault.BAD_TARGET),
                refused("GET /a\tb HTTP/1.1\r\n" + HOST, HeadFault.BAD_TARGET),
                refused("GET /\u0000 HTTP/1.1\r\n" + HOST, HeadFault.BAD_TARGET),
                refused("GET a HTTP/1.1\r\n" + HOST, HeadFault.BAD_TARGET),
                refused("GET * HTTP/1.1\r\n" + HOST, HeadFault.BAD_TARGET),
                refused("GET ftp://a/ HTTP/1.1\r\n" + HOST, HeadFault.BAD_TARGET),
                refused("GET http:///x HTTP/1.1\r\n" + HOST, HeadFault.BAD_TARGET),
                refused("GET http://u@a/x HTTP/1.1\r\n" + HOST, HeadFault.BAD_TARGET),
                refused("GET /a b HTTP/1.1\r\n" + HOST, HeadFault.BAD_REQUEST_LINE),
                refused("GET  / HTTP/1.1\r\n" + HOST, HeadFault.BAD_REQUEST_LINE),
                refused("GET /  HTTP/1.1\r\n" + HOST, HeadFault.BAD_REQUEST_LINE),
                refused("GET\t/ HTTP/1.1\r\n" + HOST, HeadFault.BAD_REQUEST_LINE),
                refused("GET /\tHTTP/1.1\r\n" + HOST, HeadFault.BAD_TARGET),
                refused("GET / HTTP/1.1 \r\n" + HOST, HeadFault.BAD_REQUEST_LINE),
                refused(" GET / HTTP/1.1\r\n" + HOST, HeadFault.BAD_REQUEST_LINE),
                refused("G(T / HTTP/1.1\r\n" + HOST, HeadFault.BAD_REQUEST_LINE),
                refused("GET /\r\n" + HOST, HeadFault.BAD_REQUEST_LINE),
                refused("GET / http/1.1\r\n" + HOST, HeadFault.BAD_REQUEST_LINE),
                refused("GET / HTTP/11\r\n" + HOST, HeadFault.BAD_REQUEST_LINE),
                refused("\r\n\r\n" + GET + HOST, HeadFault.BAD_REQUEST_LINE),
                refused("GET / HTTP/2.0\r\n" + HOST, HeadFault.UNKNOWN_VERSION),
                refused("GET / HTTP/1.2\r\n" + HOST, HeadFault.UNKNOWN_VERSION),
                refused("GET / HTTP/0.9\r\n" + HOST, HeadFault.UNKNOWN_VERSION),
                refused("PRI * HTTP/2.0\r\n", HeadFault.UNKNOWN_VERSION),
                refused("CONNECT a:80 HTTP/1.1\r\n" + HOST, HeadFault.METHOD_REFUSED),
                refused("TRACE / HTTP/1.1\r\n" + HOST, HeadFault.METHOD_REFUSED),
                // limits
                refused("GET /" + "a".repeat(8192) + " HTTP/1.1\r\n" + HOST, HeadFault.REQUEST_LINE_TOO_LONG),
                refused(GET + HOST + "A: " + "b".repeat(33_000) + "\r\n", HeadFault.HEAD_TOO_LARGE),
                refused(GET + HOST + "A: b\r\n".repeat(100), HeadFault.TOO_MANY_FIELDS));
    }

    private static Arguments refused(String head, HeadFault fault) {
        return Arguments.of(head + "\r\n", fault);
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refuses(String head, HeadFault fault) {
        assertThat(Heads.outcome(parser(), head)).isEqualTo(fault.name());
    }

    static Stream<Arguments> accepted() {
        return Stream.of(
                Arguments.of(GET + HOST, "GET / 1.1 at a body 0 keep | Host=a"),
                Arguments.of("\r\n" + GET + HOST, "GET / 1.1 at a body 0 keep | Host=a"),
                Arguments.of("GET / HTTP/1.0\r\n", "GET / 1.0 body 0 close"),
                Arguments.of(
                        "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n",
                        "GET / 1.0 body 0 keep | Connection=Keep-Alive"),
                Arguments.of(
                        GET + "hOST:a.b:8080\r\nConnection: close\r\n",
                        "GET / 1.1 at a.b:8080 body 0 close | hOST=a.b:8080 | Connection=close"),
                Arguments.of(GET + "Host: [::1]:80\r\n", "GET / 1.1 at [::1]:80 body 0 keep | Host=[::1]:80"),
                Arguments.of(
                        "POST /x?y=%20 HTTP/1.1\r\n" + HOST + "Content-Length: 007\r\n",
                        "POST /x?y=%20 1.1 at a body 7 keep | Host=a | Content-Length=007"),
                Arguments.of(
                        "POST / HTTP/1.1\r\n" + HOST + "transfer-encoding:\t CHUNKED \r\n",
                        "POST / 1.1 at a body -1 keep | Host=a | transfer-encoding=CHUNKED"),
                Arguments.of("OPTIONS * HTTP/1.1\r\n" + HOST, "OPTIONS * 1.1 at a body 0 keep | Host=a"),
                Arguments.of("GET http://a/b?c HTTP/1.1\r\n" + HOST, "GET /b?c 1.1 at a body 0 keep | Host=a"),
                Arguments.of("GET http://A HTTP/1.1\r\n" + HOST, "GET / 1.1 at a body 0 keep | Host=a"),
                Arguments.of("GET http://a?c HTTP/1.1\r\n" + HOST, "GET /?c 1.1 at a body 0 keep | Host=a"),
                Arguments.of("OPTIONS http://a HTTP/1.1\r\n" + HOST, "OPTIONS * 1.1 at a body 0 keep | Host=a"),
                Arguments.of("GET http://a HTTP/1.0\r\n", "GET / 1.0 at a body 0 close"),
                Arguments.of("M-SEARCH / HTTP/1.1\r\n" + HOST, "M-SEARCH / 1.1 at a body 0 keep | Host=a"),
                Arguments.of(
                        GET + HOST + "Empty:\r\nObs: \u00e9\tb\r\n",
                        "GET / 1.1 at a body 0 keep | Host=a | Empty= | Obs=\u00e9\tb"));
    }

    @ParameterizedTest
    @MethodSource("accepted")
    void accepts(String head, String meaning) {
        assertThat(Heads.outcome(parser(), head + "\r\n")).isEqualTo("complete, left 0: " + meaning);
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refuses_at_every_split(String head, HeadFault fault) {
        int step = Math.max(1, head.length() / 2000);
        for (int at = 1; at < head.length(); at += step) {
            assertThat(Heads.outcome(parser(), head, at)).isEqualTo(fault.name());
        }
    }

    @ParameterizedTest
    @MethodSource("accepted")
    void accepts_at_every_split_and_byte_by_byte(String head, String meaning) {
        String text = head + "\r\nrest";
        int[] every = new int[text.length() - 1];
        for (int at = 1; at < text.length(); at++) {
            every[at - 1] = at;
            assertThat(Heads.outcome(parser(), text, at)).isEqualTo("complete, left 4: " + meaning);
        }
        assertThat(Heads.outcome(parser(), text, every)).isEqualTo("complete, left 4: " + meaning);
    }

    @Test
    void a_head_of_exactly_the_limits_is_accepted() {
        String line = "GET /" + "a".repeat(8192 - 14) + " HTTP/1.1\r\n";
        String fields = HOST + "A: b\r\n".repeat(99);
        String filler = "a".repeat(32 * 1024 - GET.length() - HOST.length() - 5 - 2);

        assertThat(Heads.outcome(parser(), line + fields + "\r\n")).startsWith("complete");
        assertThat(Heads.outcome(parser(), GET + HOST + "B: " + filler + "\r\n\r\n"))
                .startsWith("complete");
        assertThat(Heads.outcome(parser(), GET + HOST + "B: a" + filler + "\r\n\r\n"))
                .isEqualTo("HEAD_TOO_LARGE");
    }

    @Test
    void an_endless_request_line_is_refused_before_it_ends() {
        assertThat(Heads.outcome(parser(), "G".repeat(8195))).isEqualTo("REQUEST_LINE_TOO_LONG");
    }

    @Test
    void only_a_whole_upgrade_is_one() {
        assertThat(Heads.outcome(parser(), WEBSOCKET + "\r\n")).contains(" websocket |");
        for (String missing : new String[] {"Connection: keep-alive, Upgrade\r\n", "Upgrade: websocket\r\n", KEY}) {
            assertThat(Heads.outcome(parser(), WEBSOCKET.replace(missing, "") + "\r\n"))
                    .startsWith("complete")
                    .doesNotContain(" websocket |");
        }
        assertThat(Heads.outcome(parser(), WEBSOCKET.replace(": 13", ": 8") + "\r\n"))
                .doesNotContain(" websocket |");
        assertThat(Heads.outcome(parser(), WEBSOCKET + KEY + "\r\n")).doesNotContain(" websocket |");
        assertThat(Heads.outcome(parser(), WEBSOCKET.replace("GET", "POST") + "\r\n"))
                .doesNotContain(" websocket |");
        assertThat(Heads.outcome(parser(), WEBSOCKET + "Content-Length: 1\r\n\r\n"))
                .doesNotContain(" websocket |");
    }

    @Test
    void connection_cannot_strip_what_the_edge_vouches_for() {
        RequestHead head = parser();
        Heads.outcome(
                head,
                GET + HOST
                        + "Connection: x-a, Host, cookie, X-Forwarded-For, x_forwarded_for\r\nX-A: 1\r\nCookie: c\r\n"
                        + "X-Forwarded-For: 1\r\n\r\n");

        assertThat(head.nominated(2)).isTrue();
        assertThat(head.nominated(0)).isFalse();
        assertThat(head.nominated(3)).isFalse();
        assertThat(head.nominated(4)).isFalse();
    }

    /** Mutated heads: nothing throws, and the verdict is the same however the bytes are split. */
    @Test
    void a_million_mutated_heads_have_one_verdict_each() {
        Random random = new Random(20_261_122);
        String[] seeds = {
            WEBSOCKET + "\r\n",
            "POST http://a/b HTTP/1.1\r\n" + HOST + "Content-Length: 12\r\nCookie: a=b; c=d\r\n\r\n",
            "POST /b HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\nConnection: close, x\r\nX: y\r\n\r\n",
            "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        };
        RequestHead whole = parser();
        RequestHead split = parser();
        int complete = 0;
        for (int i = 0; i < 1_000_000; i++) {
            String mutated = mutate(seeds[i % seeds.length], random);
            whole.reset();
            split.reset();
            HeadParser.Progress once = whole.feed(Heads.bytes(mutated));
            int at = 1 + random.nextInt(mutated.length());
            HeadParser.Progress twice = split.feed(Heads.bytes(mutated.substring(0, at)));
            if (twice == HeadParser.Progress.MORE) {
                twice = split.feed(Heads.bytes(mutated.substring(at)));
            }
            if (once != twice || whole.fault() != split.fault() || whole.fields() != split.fields()) {
                throw new AssertionError(once + " or " + twice + " at " + at + " of " + mutated);
            }
            complete += once == HeadParser.Progress.COMPLETE ? 1 : 0;
        }
        // Enough of both kinds for the loop to mean something.
        assertThat(complete).isBetween(100_000, 900_000);
    }

    private static String mutate(String seed, Random random) {
        StringBuilder text = new StringBuilder(seed);
        for (int changes = random.nextInt(3) + 1; changes > 0; changes--) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(4)) {
                case 0 -> text.setCharAt(at, (char) random.nextInt(256));
                case 1 -> text.insert(at, " \t\r\n:,;\u0000#aA0".charAt(random.nextInt(12)));
                case 2 -> text.deleteCharAt(at);
                default -> text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(20))));
            }
            if (text.length() == 0) {
                return "\r";
            }
        }
        return text.toString();
    }

    private static RequestHead parser() {
        return new RequestHead(HeadLimits.DEFAULT);
    }
}
