package io.veza.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ResponseHeadTest {

    static Stream<Arguments> heads() {
        return Stream.of(
                Arguments.of("HTTP/1.1 200 OK\r\n", "complete, left 0: 200 body -2 keep"),
                Arguments.of("HTTP/1.1 200\r\n", "complete, left 0: 200 body -2 keep"),
                Arguments.of("HTTP/1.1 200 \r\n", "complete, left 0: 200 body -2 keep"),
                Arguments.of("HTTP/1.0 404 Not Found\r\n", "complete, left 0: 404 body -2 close"),
                Arguments.of("HTTP/1.1 204 No\r\n", "complete, left 0: 204 body 0 keep"),
                Arguments.of(
                        "HTTP/1.1 304 No\r\nContent-Length: 5\r\n",
                        "complete, left 0: 304 body 0 keep | Content-Length=5"),
                Arguments.of(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
                        "complete, left 0: 200 body -1 keep | Transfer-Encoding=chunked"),
                Arguments.of("HTTP/1.1 99 Low\r\n", "BAD_STATUS_LINE"),
                Arguments.of("HTTP/1.1 600 High\r\n", "BAD_STATUS_LINE"),
                Arguments.of("HTTP/1.1 20x OK\r\n", "BAD_STATUS_LINE"),
                Arguments.of("HTTP/1.1 2000 OK\r\n", "BAD_STATUS_LINE"),
                Arguments.of("HTTP/1.1  200 OK\r\n", "BAD_STATUS_LINE"),
                Arguments.of("HTTP/2.0 200 OK\r\n", "BAD_STATUS_LINE"),
                Arguments.of("ICY 200 OK and so on\r\n", "BAD_STATUS_LINE"),
                Arguments.of("HTTP/1.1 200 O\u0000K\r\n", "BAD_STATUS_LINE"),
                Arguments.of("\r\n", "BAD_STATUS_LINE"),
                Arguments.of("HTTP/1.1 200 OK\n", "BARE_LINE_FEED"),
                Arguments.of("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n", "FOLDED_FIELD"),
                Arguments.of("HTTP/1.1 200 OK\r\nA b: c\r\n", "BAD_FIELD_NAME"),
                Arguments.of("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n", "BAD_CONTENT_LENGTH"),
                Arguments.of(
                        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                        "LENGTH_AND_ENCODING"),
                Arguments.of("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n", "BAD_TRANSFER_ENCODING"),
                Arguments.of("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n", "BAD_TRANSFER_ENCODING"),
                Arguments.of("HTTP/1.1 200 OK\r\nA: " + "b".repeat(40_000) + "\r\n", "HEAD_TOO_LARGE"),
                Arguments.of("HTTP/1.1 200 " + "b".repeat(40_000) + "\r\n", "HEAD_TOO_LARGE"));
    }

    @ParameterizedTest
    @MethodSource("heads")
    void has_one_verdict_at_every_split(String head, String verdict) {
        String text = head + "\r\n";
        assertThat(Heads.outcome(parser(), text)).isEqualTo(verdict);
        int step = Math.max(1, text.length() / 500);
        for (int at = 1; at < text.length(); at += step) {
            assertThat(Heads.outcome(parser(), text, at)).isEqualTo(verdict);
        }
    }

    @Test
    void an_answer_to_head_has_no_body_whatever_it_declares() {
        ResponseHead head = parser();
        Heads.outcome(head, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");

        assertThat(head.bodyLength(true)).isZero();
        assertThat(head.declaredLength()).isEqualTo(5);
    }

    @Test
    void reads_how_long_the_server_keeps_its_connections() {
        ResponseHead head = parser();
        Heads.outcome(head, "HTTP/1.1 200 OK\r\nKeep-Alive: max=100, Timeout=5\r\n\r\n");
        assertThat(head.keepAliveSeconds()).isEqualTo(5);

        head.reset();
        Heads.outcome(head, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=x\r\n\r\n");
        assertThat(head.keepAliveSeconds()).isNegative();
    }

    @Test
    void knows_the_accept_that_answers_a_key() {
        // The example of RFC 6455 section 1.3.
        byte[] expected = WebSocketHandshake.accept(Octets.ascii("dGhlIHNhbXBsZSBub25jZQ=="), 0);
        ResponseHead head = parser();
        Heads.outcome(head, "HTTP/1.1 101 S\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");

        assertThat(head.accepts(expected)).isTrue();
        assertThat(head.accepts(Octets.ascii("s3pPLMBiTxaQ9kYGzzhZRbK+xOp="))).isFalse();
    }

    private static ResponseHead parser() {
        return new ResponseHead(HeadLimits.DEFAULT);
    }
}
