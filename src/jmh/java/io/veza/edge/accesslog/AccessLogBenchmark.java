package io.veza.edge.accesslog;

import java.time.ZoneOffset;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What an exchange costs its event loop, and the writer; the head is a browser's, of 560 bytes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AccessLogBenchmark {

    private static final String BROWSER = "GET /api/v1/tracks?page=2 HTTP/1.1\r\nHost: edge.example.org\r\n"
            + "sec-ch-ua: \"Chromium\";v=\"140\"\r\nAccept: application/json, text/plain, */*\r\n"
            + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36\r\n"
            + "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
            + "Referer: https://edge.example.org/library\r\nAccept-Encoding: gzip, deflate, br\r\n"
            + "Accept-Language: en-GB,en;q=0.9\r\nCookie: theme=dark; sid=0123456789abcdef\r\n"
            + "X-Forwarded-For: 192.0.2.7\r\nX-Request-Id: 0123456789abcdef0123456789abcdef\r\n\r\n";

    @Param({"haproxy", "json", "combined"})
    public String format = "haproxy";

    private final FakeExchange exchange = FakeExchange.of(BROWSER);
    private final FactsRing ring = new FactsRing(4096, 1 << 20, () -> {});
    private final LoggedHead head = new LoggedHead(true);
    private final Line line = new Line(1024);
    private LineFormat lines = new JsonFormat();
    private LoopLog loop = new LoopLog(ring, settings(), true);
    private LoggedExchange logged = new LoggedExchange();

    private static AccessLogSettings settings() {
        return new AccessLogSettings(AccessLogSettings.Format.JSON, Optional.empty(), 1, false, true);
    }

    @Setup
    public void setup() {
        lines = switch (format) {
            case "haproxy" -> new HaproxyFormat(ZoneOffset.UTC, "edge-1", 4711);
            case "json" -> new JsonFormat();
            default -> new CombinedFormat(ZoneOffset.UTC);
        };
        loop = new LoopLog(ring, settings(), lines.showsFields());
        LoopLog once = new LoopLog(ring, settings(), true);
        once.ended(exchange);
        logged = Objects.requireNonNull(ring.peek());
        ring.release();
    }

    /** On the event loop: facts and head into the ring; with the slot given back, which the writer does. */
    @Benchmark
    public void put() {
        loop.ended(exchange);
        ring.release();
    }

    /** On the writer: a line of what lies in the ring. */
    @Benchmark
    public int write() {
        line.clear();
        head.read(logged, ring.bytes(), lines.showsFields());
        lines.write(logged, head, line);
        return line.length();
    }
}
