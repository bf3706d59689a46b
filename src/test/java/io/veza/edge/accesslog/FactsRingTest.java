package io.veza.edge.accesslog;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FactsRingTest {

    private final AtomicInteger wakes = new AtomicInteger();

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    private static boolean put(FactsRing ring, int status, String head) {
        FakeExchange exchange = new FakeExchange();
        exchange.status = status;
        return ring.put(exchange, bytes(head), head.length());
    }

    private static String take(FactsRing ring) {
        LoggedExchange exchange = Objects.requireNonNull(ring.peek());
        String taken = exchange.status + " "
                + new String(ring.bytes(), exchange.headStart, exchange.headLength, StandardCharsets.US_ASCII);
        ring.release();
        return taken;
    }

    @Test
    void exchanges_come_out_as_they_went_in() {
        FactsRing ring = new FactsRing(4, 64, wakes::incrementAndGet);

        assertThat(ring.peek()).isNull();
        put(ring, 200, "first");
        put(ring, 404, "second");

        assertThat(ring.waiting()).isEqualTo(2);
        assertThat(take(ring)).isEqualTo("200 first");
        assertThat(take(ring)).isEqualTo("404 second");
        assertThat(ring.peek()).isNull();
    }

    @Test
    void heads_stay_in_one_piece_over_the_end_of_the_ring() {
        FactsRing ring = new FactsRing(8, 32, wakes::incrementAndGet);

        for (int i = 0; i < 1000; i++) {
            String head = String.valueOf(i).repeat(2).substring(0, 1 + i % 2);
            assertThat(put(ring, i, "x" + head)).isTrue();
            assertThat(put(ring, i, "yyyyy" + head)).isTrue();
            assertThat(take(ring)).isEqualTo(i + " x" + head);
            assertThat(take(ring)).isEqualTo(i + " yyyyy" + head);
        }
        assertThat(ring.dropped()).isZero();
    }

    @Test
    void what_finds_no_slot_is_dropped_and_counted() {
        FactsRing ring = new FactsRing(2, 64, wakes::incrementAndGet);
        put(ring, 1, "a");
        put(ring, 2, "b");

        assertThat(put(ring, 3, "c")).isFalse();
        assertThat(put(ring, 4, "d")).isFalse();
        assertThat(ring.dropped()).isEqualTo(2);

        assertThat(take(ring)).isEqualTo("1 a");
        assertThat(put(ring, 5, "e")).isTrue();
        assertThat(take(ring)).isEqualTo("2 b");
        assertThat(take(ring)).isEqualTo("5 e");
        assertThat(ring.dropped()).isEqualTo(2);
    }

    @Test
    void what_finds_no_bytes_is_dropped_and_counted() {
        FactsRing ring = new FactsRing(64, 32, wakes::incrementAndGet);
        put(ring, 1, "12345678");
        put(ring, 2, "12345678");
        put(ring, 3, "12345678");
        put(ring, 4, "1234567");

        // One byte is left at the end, and at the start lies what was not taken yet.
        assertThat(put(ring, 5, "ab")).isFalse();
        assertThat(put(ring, 6, "a")).isTrue();
        assertThat(put(ring, 7, "a")).isFalse();
        assertThat(take(ring)).isEqualTo("1 12345678");
        assertThat(put(ring, 8, "abcdefgh")).isTrue();

        assertThat(take(ring)).isEqualTo("2 12345678");
        assertThat(take(ring)).isEqualTo("3 12345678");
        assertThat(take(ring)).isEqualTo("4 1234567");
        assertThat(take(ring)).isEqualTo("6 a");
        assertThat(take(ring)).isEqualTo("8 abcdefgh");
        assertThat(ring.dropped()).isEqualTo(2);
    }

    @Test
    void one_head_gets_a_quarter_of_the_bytes_and_is_cut_there() {
        FactsRing ring = new FactsRing(4, 32, wakes::incrementAndGet);

        put(ring, 1, "123456789");

        assertThat(Objects.requireNonNull(ring.peek()).cut).isTrue();
        assertThat(take(ring)).isEqualTo("1 12345678");
        put(ring, 2, "12345678");
        assertThat(Objects.requireNonNull(ring.peek()).cut).isFalse();
    }

    @Test
    void a_request_without_a_head_takes_a_slot_and_no_bytes() {
        FactsRing ring = new FactsRing(4, 32, wakes::incrementAndGet);

        ring.put(FakeExchange.malformed(), null, 0);

        assertThat(Objects.requireNonNull(ring.peek()).headLength).isNegative();
        ring.release();
        assertThat(ring.peek()).isNull();
    }

    @Test
    void the_writer_is_woken_once_each_time_a_quarter_is_full() {
        FactsRing ring = new FactsRing(16, 1024, wakes::incrementAndGet);

        for (int round = 1; round <= 3; round++) {
            for (int i = 0; i < 10; i++) {
                put(ring, i, "head");
            }
            assertThat(wakes).hasValue(round);
            for (int i = 0; i < 10; i++) {
                take(ring);
            }
            put(ring, 0, "head");
            take(ring);
        }
    }

    @Test
    void two_threads_lose_and_mix_up_nothing() throws InterruptedException {
        int count = 300_000;
        FactsRing ring = new FactsRing(64, 1024, wakes::incrementAndGet);
        AtomicInteger accepted = new AtomicInteger();
        Thread loop = new Thread(() -> {
            FakeExchange exchange = new FakeExchange();
            ByteBuf head = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(64));
            for (int i = 0; i < count; i++) {
                exchange.status = i;
                head.clear();
                for (int b = 0; b <= i % 40; b++) {
                    head.writeByte(i + b);
                }
                if (ring.put(exchange, head, head.readableBytes())) {
                    accepted.incrementAndGet();
                }
            }
        });
        loop.start();

        int taken = 0;
        int last = -1;
        while (loop.isAlive() || ring.waiting() > 0) {
            LoggedExchange exchange = ring.peek();
            if (exchange == null) {
                Thread.onSpinWait();
                continue;
            }
            int i = exchange.status;
            assertThat(i > last && exchange.headLength == 1 + i % 40).isTrue();
            for (int b = 0; b < exchange.headLength; b++) {
                assertThat(ring.bytes()[exchange.headStart + b] == (byte) (i + b))
                        .isTrue();
            }
            last = i;
            taken++;
            ring.release();
        }

        assertThat(taken).isEqualTo(accepted.get()).isPositive();
        assertThat(taken + ring.dropped()).isEqualTo(count);
    }
}
