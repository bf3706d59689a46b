package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationBucketsTest {

    @ParameterizedTest
    @CsvSource({
        "PT0S, 0.0005",
        "PT0.0005S, 0.0005",
        "PT0.000500001S, 0.001",
        "PT0.25S, 0.25",
        "PT0.250000001S, 0.5",
        "PT30S, 30",
        "PT30.000000001S, Infinity",
        "PT1H, Infinity"
    })
    void a_duration_is_in_the_first_bucket_whose_bound_it_does_not_exceed(Duration took, double bound) {
        assertThat(DurationBuckets.upperSeconds(DurationBuckets.bucket(took.toNanos())))
                .isEqualTo(bound);
    }

    @Test
    void there_are_more_than_fourteen_from_half_a_millisecond_to_thirty_seconds() {
        assertThat(DurationBuckets.COUNT - 1).isGreaterThanOrEqualTo(14);
        assertThat(DurationBuckets.upperSeconds(0)).isEqualTo(0.0005);
        assertThat(DurationBuckets.upperSeconds(DurationBuckets.COUNT - 2)).isEqualTo(30);
    }
}
