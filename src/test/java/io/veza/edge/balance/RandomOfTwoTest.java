package io.veza.edge.balance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RandomOfTwoTest {

    /** Weights 1, 2 and 1: the first draw's quarters belong to s0, s1, s1, s2; the second draws among the rest. */
    @ParameterizedTest(name = "draws {0} and {1} of the range: s{2} and s{3}")
    @CsvSource({
        "0x00000000, 0x00000000, 0, 1",
        "0x3FFFFFFF, 0xFFFFFFFF, 0, 2",
        "0x00000000, 0xAAAAAAAA, 0, 1", // s1 has two of the three parts left
        "0x00000000, 0xAAAAAAAB, 0, 2",
        "0x40000000, 0x00000000, 1, 0",
        "0xBFFFFFFF, 0x7FFFFFFF, 1, 0",
        "0xBFFFFFFF, 0x80000000, 1, 2",
        "0xC0000000, 0x00000000, 2, 0",
        "0xFFFFFFFF, 0x55555555, 2, 0",
        "0xFFFFFFFF, 0x55555556, 2, 1",
        "0xFFFFFFFF, 0xFFFFFFFF, 2, 1",
    })
    void two_different_servers_are_drawn_by_weight(long first, long second, int one, int two) {
        List<FakeServer> servers = FakeServer.withWeights(1, 2, 1);
        RandomOfTwo<FakeServer> balancer = new RandomOfTwo<>(servers, () -> first << 32 | second);

        assertThat(requireNonNull(balancer.pick(0, Set.of())).name()).isEqualTo("s" + one);

        servers.get(one).inFlight = 100;
        assertThat(requireNonNull(balancer.pick(0, Set.of())).name()).isEqualTo("s" + two);
    }

    @Test
    void the_one_that_carries_less_for_its_weight_is_chosen() {
        List<FakeServer> servers = FakeServer.withWeights(1, 3);
        RandomOfTwo<FakeServer> balancer = new RandomOfTwo<>(servers, new SplittableRandom(2)::nextLong);
        servers.get(0).inFlight = 2;
        servers.get(1).inFlight = 5;

        for (int i = 0; i < 100; i++) {
            assertThat(requireNonNull(balancer.pick(0, Set.of())).name()).isEqualTo("s1");
        }
    }

    /** Two choices keep the fullest of n servers near the average, where one choice would let it run far ahead. */
    @Test
    void sessions_that_stay_pile_up_nowhere() {
        List<FakeServer> servers = FakeServer.equal(100);
        RandomOfTwo<FakeServer> balancer = new RandomOfTwo<>(servers, new SplittableRandom(6)::nextLong);

        for (int i = 0; i < 10_000; i++) {
            requireNonNull(balancer.pick(0, Set.of())).inFlight++;
        }

        assertThat(servers).allSatisfy(s -> assertThat(s.inFlight).isBetween(95, 105));
    }
}
