package io.veza.edge.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class InFlightTest {

    @Test
    void places_are_taken_up_to_the_bound_and_given_back() {
        InFlight load = new InFlight();

        assertThat(load.tryAcquire(2)).isTrue();
        assertThat(load.tryAcquire(2)).isTrue();
        assertThat(load.tryAcquire(2)).isFalse();
        assertThat(load.current()).isEqualTo(2);

        load.release();
        assertThat(load.current()).isEqualTo(1);
        assertThat(load.tryAcquire(2)).isTrue();
    }

    @Test
    void without_a_bound_there_is_always_a_place() {
        InFlight load = new InFlight();

        for (int i = 0; i < 1000; i++) {
            assertThat(load.tryAcquire(Integer.MAX_VALUE)).isTrue();
        }

        assertThat(load.current()).isEqualTo(1000);
    }

    @Test
    void a_second_release_is_an_error_and_leaves_the_count_at_zero() {
        InFlight load = new InFlight();
        load.tryAcquire(1);
        load.release();

        assertThatIllegalStateException().isThrownBy(load::release);
        assertThat(load.current()).isZero();
    }
}
