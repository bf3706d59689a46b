package io.veza.edge.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.veza.edge.health.HealthPolicy.StatusRange;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthPolicyTest {

    @ParameterizedTest(name = "{0} {1} {2} {3} {4} {5} {6}: {7}")
    @CsvSource({
        "/health, 5, 1, 2, 3, 2, 1, ''",
        "/,       1, 1, 1, 1, 1, 1, ''",
        "health,  5, 1, 2, 3, 2, 1, 'path \"health\" does not begin with /'",
        "'',      5, 1, 2, 3, 2, 1, 'path \"\" does not begin with /'",
        "/health, 0, 1, 2, 3, 2, 1, interval PT0S is not positive",
        "/health, 5, 0, 2, 3, 2, 1, fast-interval PT0S is not positive",
        "/health, 5, 1, -2, 3, 2, 1, timeout PT-2S is not positive",
        "/health, 5, 1, 2, 0, 2, 1, fall 0 or rise 2 is below 1",
        "/health, 5, 1, 2, 3, 0, 1, fall 3 or rise 0 is below 1",
        "/health, 5, 1, 2, 3, 2, 0, expect-status is empty",
    })
    void what_cannot_work_is_refused(
            String path, long interval, long fast, long timeout, int fall, int rise, int ranges, String problem) {
        Runnable make = () -> new HealthPolicy(
                true,
                path,
                OptionalInt.empty(),
                Duration.ofSeconds(interval),
                Duration.ofSeconds(fast),
                Duration.ofSeconds(timeout),
                fall,
                rise,
                List.of(new StatusRange(200, 399)).subList(0, ranges),
                Optional.empty());

        if (problem.isEmpty()) {
            make.run();
        } else {
            assertThatIllegalArgumentException().isThrownBy(make::run).withMessage(problem);
        }
    }

    @ParameterizedTest
    @CsvSource({"99, 200", "200, 600", "300, 299"})
    void a_range_outside_the_status_codes_is_refused(int first, int last) {
        assertThatIllegalArgumentException().isThrownBy(() -> new StatusRange(first, last));
    }

    @Test
    void a_range_holds_both_its_ends() {
        StatusRange range = new StatusRange(200, 204);

        assertThat(range.contains(199)).isFalse();
        assertThat(range.contains(200)).isTrue();
        assertThat(range.contains(204)).isTrue();
        assertThat(range.contains(205)).isFalse();
        assertThat(new StatusRange(100, 599).contains(599)).isTrue();
    }
}
