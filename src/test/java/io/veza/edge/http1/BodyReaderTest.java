package io.veza.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BodyReaderTest {

    static Stream<Arguments> chunked() {
        return Stream.of(
                Arguments.of("0\r\n\r\n", "[] over"),
                Arguments.of("5\r\nhello\r\n0\r\n\r\n", "[hello] over"),
                Arguments.of("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", "[abc0123456789] over"),
                Arguments.of("0003;a=b;c=\"d e\"\r\nabc\r\n0;x\r\n\r\n", "[abc] over"),
                Arguments.of("1\r\na\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n", "[a] over trailers 2"),
                Arguments.of("5\r\nhel", "[hel] more"),
                Arguments.of("\r\n", "[] BAD_CHUNK"),
                Arguments.of("+1\r\na\r\n", "[] BAD_CHUNK"),
                Arguments.of("-1\r\na\r\n", "[] BAD_CHUNK"),
                Arguments.of("0x1\r\na\r\n", "[] BAD_CHUNK"),
                Arguments.of(" 1\r\na\r\n", "[] BAD_CHUNK"),
                Arguments.of("1 \r\na\r\n", "[] BAD_CHUNK"),
                Arguments.of("1 ;a\r\na\r\n", "[] BAD_CHUNK"),
                Arguments.of("1\na\r\n", "[] BAD_CHUNK"),
                Arguments.of("1\r\na0\r\n", "[a] BAD_CHUNK"),
                Arguments.of("1\r\na\n0\r\n", "[a] BAD_CHUNK"),
                Arguments.of("1\r\nab\r\n0\r\n\r\n", "[a] BAD_CHUNK"),
                Arguments.of("1;a\nb\r\na\r\n", "[] BAD_CHUNK"),
                Arguments.of("1;a\u0000\r\na\r\n", "[] BAD_CHUNK"),
                Arguments.of("1\r\ra\r\n", "[] BAD_CHUNK"),
                Arguments.of("00000000000000001\r\na\r\n", "[] BAD_CHUNK"),
                Arguments.of("ffffffffffffffff\r\na\r\n", "[] BAD_CHUNK"),
                Arguments.of("1;" + "a".repeat(17_000) + "\r\na\r\n", "[] BAD_CHUNK"),
                Arguments.of("0\r\nContent-Length: 1\r\n\r\n", "[] BAD_TRAILER"),
                Arguments.of("0\r\nTransfer-Encoding: chunked\r\n\r\n", "[] BAD_TRAILER"),
                Arguments.of("0\r\nHost: a\r\n\r\n", "[] BAD_TRAILER"),
                Arguments.of("0\r\nTrailer: a\r\n\r\n", "[] BAD_TRAILER"),
                Arguments.of("0\r\nContent-Type: a\r\n\r\n", "[] BAD_TRAILER"),
                Arguments.of("0\r\nX_Forwarded_For: a\r\n\r\n", "[] BAD_TRAILER"),
                Arguments.of("0\r\n a: b\r\n\r\n", "[] FOLDED_FIELD"),
                Arguments.of("0\r\na b\r\n\r\n", "[] BAD_FIELD_NAME"),
                Arguments.of("0\r\n\n", "[] BARE_LINE_FEED"));
    }

    @ParameterizedTest
    @MethodSource("chunked")
    void has_one_verdict_at_every_split(String body, String verdict) {
        assertThat(read(body, body.length())).isEqualTo(verdict);
        for (int at = 1; at < Math.min(body.length(), 200); at++) {
            assertThat(read(body, at)).isEqualTo(verdict);
        }
    }

    private static String read(String text, int split) {
        BodyReader reader = new BodyReader(HeadLimits.DEFAULT);
        reader.startChunked();
        StringBuilder data = new StringBuilder();
        for (String piece : new String[] {text.substring(0, split), text.substring(split)}) {
            ByteBuf in = Heads.bytes(piece);
            BodyReader.Event event;
            do {
                event = reader.next(in);
                if (event == BodyReader.Event.DATA) {
                    data.append(in.toString(reader.dataStart(), reader.dataLength(), StandardCharsets.ISO_8859_1));
                }
            } while (event == BodyReader.Event.DATA);
            if (event == BodyReader.Event.FAULT) {
                return "[" + data + "] " + reader.fault();
            }
        }
        Trailers trailers = reader.trailers();
        return "[" + data + "] " + (reader.isOver() ? "over" : "more")
                + (trailers == null ? "" : " trailers " + trailers.fields());
    }

    @Test
    void a_body_with_a_length_leaves_what_follows() {
        BodyReader reader = new BodyReader(HeadLimits.DEFAULT);
        reader.startLength(3);
        ByteBuf in = Heads.bytes("abcGET");

        assertThat(reader.next(in)).isEqualTo(BodyReader.Event.DATA);
        assertThat(reader.dataLength()).isEqualTo(3);
        assertThat(reader.isOver()).isTrue();
        assertThat(reader.next(in)).isEqualTo(BodyReader.Event.END);
        assertThat(in.readableBytes()).isEqualTo(3);
    }

    @Test
    void a_body_of_no_length_is_over_at_once() {
        BodyReader reader = new BodyReader(HeadLimits.DEFAULT);
        reader.startLength(0);

        assertThat(reader.isOver()).isTrue();
    }

    /** The trailers of an earlier chunked body were still there behind the bodies that followed it. */
    @Test
    void trailers_belong_to_one_body_only() {
        BodyReader reader = new BodyReader(HeadLimits.DEFAULT);
        reader.startChunked();
        assertThat(reader.next(Heads.bytes("0\r\nA: b\r\n\r\n"))).isEqualTo(BodyReader.Event.END);
        assertThat(reader.trailers()).isNotNull();

        reader.startLength(1);
        assertThat(reader.next(Heads.bytes("x"))).isEqualTo(BodyReader.Event.DATA);

        assertThat(reader.isOver()).isTrue();
        assertThat(reader.trailers()).isNull();
    }
}
