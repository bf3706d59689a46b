package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A stream whose client opens no window for it while another one of the same connection flows. Judged by the connection as a
 * whole it would look alive, and one that flows would shield a hundred that hold memory.
 */
class Http2StalledStreamTest {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private final TakenMemory memory = new TakenMemory(TrafficLoop.ALLOCATOR);

    @AfterEach
    void give_back() {
        memory.giveBack();
    }

    /** Every response is as long as somebody takes it. */
    private static RawServer server() throws IOException {
        return new RawServer(connection -> {
            connection.readHead();
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while (true) {
                connection.send("x".repeat(16 * 1024));
            }
        });
    }

    private static EdgeFixture edge(RawServer server, Duration clientTimeout) throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
        setup.listener = new ListenerSettings("http", true);
        setup.client = clientTimeout;
        return setup.start();
    }

    /** Two responses, of which the first has used up its window. */
    private static RawHttp2Client stalled(EdgeFixture edge) throws IOException {
        RawHttp2Client client = RawHttp2Client.open(edge).window(0, 1 << 30).get(1, "/stalls");
        int got = 0;
        while (got < 65_535) {
            got += client.nextOf(RawHttp2Client.DATA, 1).payload().readableBytes();
        }
        return client.get(3, "/flows").window(3, 1 << 30);
    }

    /** Takes what comes on the third stream until the first one is reset; how many bytes it was. */
    private static long flowsUntilReset(RawHttp2Client client) throws IOException {
        long flowed = 0;
        long began = System.nanoTime();
        while (System.nanoTime() - began < PATIENCE_NANOS) {
            RawHttp2Client.Frame frame =
                    client.next(each -> each.type() == RawHttp2Client.DATA || each.type() == RawHttp2Client.RST_STREAM);
            if (frame.type() == RawHttp2Client.RST_STREAM) {
                assertThat(frame.stream()).isEqualTo(1);
                return flowed;
            }
            flowed += frame.payload().readableBytes();
            client.seen.clear();
            // Slower than the server, so that there is always something unsent, and never as much as before.
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        throw new IOException("the stalled stream was not reset");
    }

    @Test
    void is_ended_after_four_client_timeouts_and_the_other_goes_on() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = edge(server, Duration.ofMillis(250));
                RawHttp2Client client = stalled(edge)) {
            long flowed = flowsUntilReset(client);

            assertThat(flowed).isGreaterThan(1_000_000);
            assertThat(edge.nextEnded().requestLine()).startsWith("GET /stalls");
            assertThat(edge.failures()).containsOnlyKeys("stopped_reading");
            assertThat(client.nextOf(RawHttp2Client.DATA, 3).payload().isReadable())
                    .isTrue();
        }
    }

    @Test
    void is_let_go_when_memory_is_short_and_the_other_goes_on() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = edge(server, Duration.ofMinutes(10));
                RawHttp2Client client = stalled(edge)) {
            memory.take(MemoryWatch.Level.NARROW);

            long flowed = flowsUntilReset(client);

            assertThat(flowed).isGreaterThan(1_000_000);
            assertThat(edge.failures()).containsOnlyKeys("stopped_reading");
            assertThat(client.nextOf(RawHttp2Client.DATA, 3).payload().isReadable())
                    .isTrue();
        }
    }
}
