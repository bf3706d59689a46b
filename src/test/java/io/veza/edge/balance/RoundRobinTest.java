package io.veza.edge.balance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RoundRobinTest {

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "1,       0000",
        "7,       0000",
        "1-1-1,   012012012",
        "5-5-5,   012012012",
        "5-1-1,   02001000200100", // the example of the class comment, twice
        "2-1,     010010",
        "3-2,     01001",
        "0-1-0-1, 131313",
        "1-100,   11111",
    })
    void the_order_is_that_of_the_strides(String weights, String order) {
        int[] parsed = Stream.of(weights.split("-")).mapToInt(Integer::parseInt).toArray();
        RoundRobin<FakeServer> balancer = new RoundRobin<>(FakeServer.withWeights(parsed), new AtomicLong());

        assertThat(Stream.generate(() -> pick(balancer))
                        .limit(order.length())
                        .map(s -> s.name().substring(1))
                        .collect(Collectors.joining()))
                .isEqualTo(order);
    }

    static Stream<int[]> weights() {
        return Stream.of(
                new int[] {1},
                new int[] {1, 1},
                new int[] {3, 1},
                new int[] {5, 1, 1},
                new int[] {4, 6},
                new int[] {256, 1},
                new int[] {7, 11, 13, 17},
                new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    }

    @ParameterizedTest
    @MethodSource("weights")
    void shares_are_exact_over_every_period_wherever_it_begins(int[] weights) {
        AtomicLong sequence = new AtomicLong();
        RoundRobin<FakeServer> balancer = new RoundRobin<>(FakeServer.withWeights(weights), sequence);

        for (int start = 0; start < 50; start++) {
            assertExactOverOnePeriod(balancer, weights);
            pick(balancer);
        }
    }

    @ParameterizedTest
    @MethodSource("weights")
    void shares_are_exact_over_a_period_in_which_the_sequence_is_taken_back(int[] weights) {
        for (int before = 0; before < 60; before++) {
            AtomicLong sequence = new AtomicLong(RoundRobin.REBASE - before);
            RoundRobin<FakeServer> balancer = new RoundRobin<>(FakeServer.withWeights(weights), sequence);

            assertExactOverOnePeriod(balancer, weights);
            assertExactOverOnePeriod(balancer, weights);
        }
    }

    @Test
    void the_sequence_is_taken_back_before_it_overflows() {
        AtomicLong sequence = new AtomicLong(RoundRobin.REBASE);
        RoundRobin<FakeServer> balancer = new RoundRobin<>(FakeServer.withWeights(3, 2, 1), sequence);

        pick(balancer);

        assertThat(sequence.get()).isBetween(0L, 3L * 3);
    }

    private static void assertExactOverOnePeriod(RoundRobin<FakeServer> balancer, int[] weights) {
        int divisor = 0;
        int period = 0;
        for (int weight : weights) {
            divisor = gcd(weight, divisor);
            period += weight;
        }
        Map<String, Integer> expected = new HashMap<>();
        for (int i = 0; i < weights.length; i++) {
            expected.put("s" + i, weights[i] / divisor);
        }
        assertThat(counts(balancer, period / divisor)).isEqualTo(expected);
    }

    /** Smoothness: between one pick of the heaviest and its g-th next, each server comes g·weight/top times, ±1. */
    @ParameterizedTest
    @MethodSource("weights")
    void no_server_comes_in_bursts(int[] weights) {
        RoundRobin<FakeServer> balancer = new RoundRobin<>(FakeServer.withWeights(weights), new AtomicLong(12_345));
        int heaviest = 0;
        for (int i = 0; i < weights.length; i++) {
            heaviest = weights[i] > weights[heaviest] ? i : heaviest;
        }

        List<int[]> countsAtHeaviest = new ArrayList<>();
        int[] counts = new int[weights.length];
        while (countsAtHeaviest.size() < 300) {
            int index = Integer.parseInt(pick(balancer).name().substring(1));
            counts[index]++;
            if (index == heaviest) {
                countsAtHeaviest.add(counts.clone());
            }
        }

        for (int from = 0; from < 100; from++) {
            for (int generations = 1; generations < 200; generations += 7) {
                for (int i = 0; i < weights.length; i++) {
                    int came = countsAtHeaviest.get(from + generations)[i]
                            - countsAtHeaviest.get(from)[i];
                    double due = (double) generations * weights[i] / weights[heaviest];
                    // Within one, as the comment says: strictly less than one away means rounded down or up.
                    assertThat(Math.abs(came - due)).isLessThan(1.0);
                }
            }
        }
    }

    @Test
    void a_rebuilt_balancer_goes_on_where_the_last_one_was() {
        AtomicLong sequence = new AtomicLong();
        List<FakeServer> servers = FakeServer.equal(4);

        List<String> picked = Stream.generate(() -> pick(new RoundRobin<>(servers, sequence)))
                .limit(8)
                .map(FakeServer::name)
                .toList();

        assertThat(picked).containsExactly("s0", "s1", "s2", "s3", "s0", "s1", "s2", "s3");
    }

    @Test
    void what_an_unusable_server_would_get_is_shared_by_the_others() {
        List<FakeServer> servers = FakeServer.equal(5);
        RoundRobin<FakeServer> balancer = new RoundRobin<>(servers, new AtomicLong());
        servers.get(1).full = true;

        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < 900; i++) {
            counts.merge(requireNonNull(balancer.pick(0, Set.of("s3"))).name(), 1, Integer::sum);
        }

        assertThat(counts).isEqualTo(Map.of("s0", 300, "s2", 300, "s4", 300));
    }

    @Test
    void one_usable_server_among_a_thousand_is_found() {
        List<FakeServer> servers = FakeServer.equal(1000);
        servers.forEach(s -> s.full = true);
        servers.get(777).full = false;
        RoundRobin<FakeServer> balancer = new RoundRobin<>(servers, new AtomicLong());

        for (int i = 0; i < 100; i++) {
            assertThat(pick(balancer).name()).isEqualTo("s777");
        }
    }

    private static FakeServer pick(RoundRobin<FakeServer> balancer) {
        return requireNonNull(balancer.pick(0, Set.of()));
    }

    private static Map<String, Integer> counts(RoundRobin<FakeServer> balancer, int picks) {
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < picks; i++) {
            counts.merge(pick(balancer).name(), 1, Integer::sum);
        }
        return counts;
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
