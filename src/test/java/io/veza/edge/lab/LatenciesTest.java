package io.veza.edge.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatenciesTest {

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 63, 64, 100, 1_000, 1_048_575, 1_048_576, 3_600_000_000_000L, Long.MAX_VALUE})
    void a_percentile_is_never_too_low_and_at_most_a_32nd_too_high(long nanos) {
        Latencies latencies = new Latencies();

        latencies.record(Duration.ofNanos(nanos));

        long found = latencies.percentile(0.5).toNanos();
        assertThat(found).isBetween(nanos, nanos + Math.min(nanos / 32, Long.MAX_VALUE - nanos));
    }

    @Test
    void percentiles_of_a_thousand_are_where_they_belong() {
        Latencies latencies = new Latencies();
        for (int i = 1; i <= 1_000; i++) {
            latencies.record(Duration.ofMillis(i));
        }

        assertThat(latencies.percentile(0.50).toMillis()).isBetween(500L, 516L);
        assertThat(latencies.percentile(0.99).toMillis()).isBetween(990L, 1_021L);
        assertThat(latencies.percentile(1.00).toMillis()).isBetween(1_000L, 1_032L);
    }

    @Test
    void without_a_record_there_is_zero() {
        assertThat(new Latencies().percentile(0.99)).isZero();
    }

    @Test
    void adding_up_two_is_as_if_all_had_been_recorded_in_one() {
        Latencies one = new Latencies();
        Latencies two = new Latencies();
        one.record(Duration.ofMillis(1));
        two.record(Duration.ofMillis(100));

        one.addAll(two);

        assertThat(one.percentile(0.5).toMillis()).isEqualTo(1);
        assertThat(one.percentile(0.9).toMillis()).isBetween(100L, 104L);
    }
}
