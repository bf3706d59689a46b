package io.veza.edge.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.pool.Weight;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SlowStartTest {

    @ParameterizedTest(name = "weight {0} after {1} of {2} ms: {3} hundredths")
    @CsvSource({
        "1,   0,      30000, 1",
        "1,   599,    30000, 1",
        "1,   600,    30000, 2",
        "1,   15000,  30000, 50",
        "1,   29999,  30000, 99",
        "1,   30000,  30000, 100",
        "1,   90000,  30000, 100",
        "2,   0,      30000, 2",
        "2,   15000,  30000, 100",
        "256, 0,      30000, 256",
        "256, 30000,  30000, 25600",
        "0,   15000,  30000, 0",
        "1,   -5000,  30000, 1",
        "1,   0,      0,     100",
        "1,   0,      1,     1",
    })
    void the_weight_grows_with_time(int weight, long elapsed, long window, int hundredths) {
        int effective =
                SlowStart.effectiveWeight(new Weight(weight), Duration.ofMillis(elapsed), Duration.ofMillis(window));

        assertThat(effective).isEqualTo(hundredths);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 99, 100, 101, 1000, 30_000, 31_536_000_000L})
    void it_never_falls_begins_at_one_per_cent_and_is_full_exactly_at_the_window(long window) {
        Weight weight = new Weight(3);

        int last = 0;
        for (int step = 0; step < 1000; step++) {
            int effective = SlowStart.effectiveWeight(
                    weight, Duration.ofMillis(window * step / 1000), Duration.ofMillis(window));
            assertThat(effective).isBetween(Math.max(3, last), 299);
            last = effective;
        }

        assertThat(SlowStart.effectiveWeight(weight, Duration.ofMillis(window), Duration.ofMillis(window)))
                .isEqualTo(300);
    }

    @Test
    void a_window_below_a_millisecond_is_no_division_by_zero() {
        assertThat(SlowStart.effectiveWeight(new Weight(1), Duration.ofNanos(5), Duration.ofNanos(10)))
                .isEqualTo(1);
    }
}
