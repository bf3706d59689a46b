package io.veza.edge.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One head, from a direct buffer to its table of offsets. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ParserBenchmark {

    private static final String SMALL = "GET /api/v1/me HTTP/1.1\r\nHost: edge.example.org\r\nAccept: */*\r\n"
            + "Cookie: VEZA_SERVERID=backend-api-1\r\n\r\n";
    private static final String BROWSER = "GET /api/v1/tracks?page=2 HTTP/1.1\r\nHost: edge.example.org\r\n"
            + "Connection: keep-alive\r\nsec-ch-ua: \"Chromium\";v=\"140\"\r\nAccept: application/json, text/plain, */*\r\n"
            + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36\r\n"
            + "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
            + "Referer: https://edge.example.org/library\r\nAccept-Encoding: gzip, deflate, br\r\n"
            + "Accept-Language: en-GB,en;q=0.9\r\nCookie: theme=dark; VEZA_SERVERID=backend-api-1; sid=0123456789abcdef\r\n\r\n";

    @Param({"small", "browser"})
    public String head = "small";

    private final RequestHead parser = new RequestHead(HeadLimits.DEFAULT);
    private ByteBuf input = PooledByteBufAllocator.DEFAULT.directBuffer(1);

    @Setup
    public void setup() {
        byte[] bytes = (head.equals("small") ? SMALL : BROWSER).getBytes(StandardCharsets.US_ASCII);
        input = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
    }

    @Benchmark
    public HeadParser.Progress parse() {
        parser.reset();
        input.readerIndex(0);
        return parser.feed(input);
    }
}
