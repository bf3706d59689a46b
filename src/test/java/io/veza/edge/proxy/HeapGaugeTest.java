package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeapGaugeTest {

    private final AtomicInteger collections = new AtomicInteger();
    private double living;
    private final HeapGauge gauge = new HeapGauge(() -> living, collections::incrementAndGet);

    private MemoryWatch.Level level(double share, long second) {
        living = share;
        return gauge.level(TimeUnit.SECONDS.toNanos(second));
    }

    @ParameterizedTest
    @CsvSource({"0, ENOUGH", "0.89, ENOUGH", "0.9, SHORT", "0.94, SHORT", "0.95, EXHAUSTED", "1, EXHAUSTED"})
    void what_lives_after_a_collection_is_what_counts(double share, MemoryWatch.Level expected) {
        assertThat(level(share, 0)).isEqualTo(expected);
    }

    @Test
    void a_shortage_ends_below_where_it_begins() {
        level(0.96, 0);

        assertThat(level(0.93, 1)).isEqualTo(MemoryWatch.Level.SHORT);
        assertThat(level(0.86, 2)).isEqualTo(MemoryWatch.Level.SHORT);
        assertThat(level(0.84, 3)).isEqualTo(MemoryWatch.Level.ENOUGH);
        assertThat(level(0.86, 4)).isEqualTo(MemoryWatch.Level.ENOUGH);
    }

    @Test
    void a_collection_is_asked_for_every_ten_seconds_of_a_shortage_and_never_without() {
        for (int second = 0; second < 100; second++) {
            level(0.5, second);
        }
        assertThat(collections).hasValue(0);

        for (int second = 100; second < 121; second++) {
            level(0.92, second);
        }

        assertThat(collections).hasValue(2);
    }

    @Test
    void none_is_asked_for_while_they_come_by_themselves() {
        for (int second = 0; second < 100; second++) {
            level(0.92 + second * 1e-6, second);
        }

        assertThat(collections).hasValue(0);
    }

    @Test
    void this_process_has_a_generation_that_can_be_looked_at() {
        assertThat(HeapGauge.ofThisProcess().level(0)).isEqualTo(MemoryWatch.Level.ENOUGH);
    }
}
