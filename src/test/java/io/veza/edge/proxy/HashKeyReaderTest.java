package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.veza.edge.balance.KeyHash;
import io.veza.edge.http1.HeadLimits;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.pool.HashKey;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HashKeyReaderTest {

    private static final String HEAD = "GET /hls/track7/seg1.ts?q=a%20b&r=&s HTTP/1.1\r\nHost: a\r\nX-User: u1\r\n"
            + "Cookie: a=1; sid=abc; b=2\r\n\r\n";

    @ParameterizedTest
    @CsvSource({
        "uri, /hls/track7/seg1.ts?q=a%20b&r=&s",
        "path, /hls/track7/seg1.ts",
        "path-depth:1, /hls",
        "path-depth:2, /hls/track7",
        "path-depth:9, /hls/track7/seg1.ts",
        "path-regex:^/hls/([^/]+)/, track7",
        "path-regex:(nowhere), NONE",
        "header:x-user, u1",
        "header:X-USER, u1",
        "header:x-none, NONE",
        "cookie:sid, abc",
        "cookie:SID, NONE",
        "query:q, a%20b",
        "query:r, ''",
        "query:s, ''",
        "query:t, NONE"
    })
    void reads_the_part_that_is_configured(String key, String part) {
        RequestHead head = new RequestHead(HeadLimits.DEFAULT);
        head.feed(Unpooled.wrappedBuffer(HEAD.getBytes(StandardCharsets.US_ASCII)));
        byte[] bytes = part.getBytes(StandardCharsets.US_ASCII);
        long expected = part.equals("NONE") ? HashKeyReader.NONE : KeyHash.hash(bytes, 0, bytes.length);

        assertThat(HashKeyReader.of(HashKey.parse(key)).read(head)).isEqualTo(expected);
    }

    /** The stack of the event loop overflowed: the client's connection was closed and its buffer lost. */
    @Test
    void a_path_the_pattern_cannot_cope_with_has_no_key() throws Exception {
        RequestHead head = new RequestHead(HeadLimits.DEFAULT);
        String path = "/" + "ab".repeat(4000);
        head.feed(Unpooled.wrappedBuffer(
                ("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(StandardCharsets.US_ASCII)));
        HashKeyReader reader = HashKeyReader.of(HashKey.parse("path-regex:^/((?:a|b)*)$"));
        AtomicLong key = new AtomicLong();

        // A small stack makes the overflow certain.
        Thread small = new Thread(null, () -> key.set(reader.read(head)), "small", 256 * 1024);
        small.start();
        small.join();

        assertThat(key.get()).isEqualTo(HashKeyReader.NONE);
    }
}
