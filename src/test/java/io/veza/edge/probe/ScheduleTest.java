package io.veza.edge.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScheduleTest {

    private static final Duration INTERVAL = Duration.ofSeconds(20);
    private static final long LEAST = 0;
    private static final long GREATEST = -1;

    @Test
    void a_first_check_is_due_within_a_second_or_the_interval_if_that_is_shorter() {
        assertThat(Schedule.first(INTERVAL, LEAST)).isZero();
        assertThat(Schedule.first(INTERVAL, GREATEST)).isBetween(Duration.ofMillis(999), Duration.ofSeconds(1));
        assertThat(Schedule.first(Duration.ofMillis(300), GREATEST))
                .isBetween(Duration.ofMillis(299), Duration.ofMillis(300));
    }

    @Test
    void first_checks_spread_evenly() {
        SplittableRandom random = new SplittableRandom(1);
        int[] tenths = new int[10];

        for (int i = 0; i < 10_000; i++) {
            tenths[(int) (Schedule.first(INTERVAL, random.nextLong()).toMillis() / 100)]++;
        }

        assertThat(IntStream.of(tenths)).allMatch(count -> count > 850 && count < 1_150);
    }

    @Test
    void further_ones_follow_after_the_interval_give_or_take_a_twentieth() {
        assertThat(Schedule.next(INTERVAL, Duration.ZERO, LEAST)).isEqualTo(Duration.ofSeconds(19));
        assertThat(Schedule.next(INTERVAL, Duration.ZERO, GREATEST))
                .isBetween(Duration.ofMillis(20_999), Duration.ofSeconds(21));
    }

    @Test
    void the_interval_counts_from_start_to_start() {
        assertThat(Schedule.next(INTERVAL, Duration.ofSeconds(4), LEAST)).isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void a_check_that_took_longer_than_the_interval_is_followed_at_once() {
        assertThat(Schedule.next(INTERVAL, Duration.ofSeconds(60), GREATEST)).isZero();
    }
}
