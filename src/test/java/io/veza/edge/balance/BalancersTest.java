package io.veza.edge.balance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every balancer owes, whatever its algorithm. */
class BalancersTest {

    /** Each way to build one, and how far an idle server's share may be from its weight's, relatively. */
    enum Kind {
        ROUND_ROBIN(0.01),
        LEAST_CONNECTIONS(0.01),
        RANDOM_OF_TWO(0.1),
        // 256 points give a share with a standard deviation of a sixteenth; the bound is four of them.
        CONSISTENT_HASH(0.25),
        BOUNDED_HASH(0.25);

        private final double bound;

        Kind(double bound) {
            this.bound = bound;
        }

        Balancer<FakeServer> over(List<FakeServer> servers) {
            return switch (this) {
                case ROUND_ROBIN -> new RoundRobin<>(servers, new AtomicLong());
                case LEAST_CONNECTIONS -> new LeastConnections<>(servers, new AtomicLong());
                case RANDOM_OF_TWO -> new RandomOfTwo<>(servers, new SplittableRandom(7)::nextLong);
                case CONSISTENT_HASH -> new ConsistentHash<>(servers, OptionalDouble.empty());
                case BOUNDED_HASH -> new ConsistentHash<>(servers, OptionalDouble.of(1.25));
            };
        }
    }

    private static final int PICKS = 100_000;

    static Stream<Arguments> kindsAndWeights() {
        return Stream.of(Kind.values()).flatMap(kind -> Stream.of(
                        new int[] {1, 1},
                        new int[] {1, 1, 1, 1, 1},
                        new int[] {3, 1},
                        new int[] {10, 20, 30, 40},
                        new int[] {0, 2, 1},
                        new int[] {256, 256, 1})
                .map(weights -> Arguments.of(kind, weights)));
    }

    @ParameterizedTest
    @MethodSource("kindsAndWeights")
    void idle_servers_are_chosen_by_their_weights(Kind kind, int[] weights) {
        Balancer<FakeServer> balancer = kind.over(FakeServer.withWeights(weights));

        int[] counts = new int[weights.length];
        SplittableRandom keys = new SplittableRandom(1);
        for (int i = 0; i < PICKS; i++) {
            counts[index(requireNonNull(balancer.pick(keys.nextLong(), Set.of())))]++;
        }

        double whole = IntStream.of(weights).sum();
        for (int i = 0; i < weights.length; i++) {
            assertThat((double) counts[i] / PICKS)
                    .as("share of s%d", i)
                    .isCloseTo(weights[i] / whole, within(kind.bound * weights[i] / whole));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ROUND_ROBIN", "LEAST_CONNECTIONS", "RANDOM_OF_TWO"})
    void sessions_that_stay_are_shared_by_weight(Kind kind) {
        List<FakeServer> servers = FakeServer.withWeights(1, 2, 5);
        Balancer<FakeServer> balancer = kind.over(servers);

        for (int i = 0; i < 8000; i++) {
            requireNonNull(balancer.pick(0, Set.of())).inFlight++;
        }

        assertThat(servers.get(0).inFlight).isCloseTo(1000, within(20));
        assertThat(servers.get(1).inFlight).isCloseTo(2000, within(20));
        assertThat(servers.get(2).inFlight).isCloseTo(5000, within(20));
    }

    @ParameterizedTest
    @EnumSource
    void full_excluded_and_weightless_servers_are_never_chosen(Kind kind) {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 300; round++) {
            List<FakeServer> servers = new ArrayList<>();
            Set<String> excluded = new HashSet<>();
            Set<String> usable = new HashSet<>();
            for (int i = random.nextInt(9); i > 0; i--) {
                FakeServer server = new FakeServer("s" + i, random.nextInt(3) * 77);
                server.full = random.nextInt(3) == 0;
                server.inFlight = random.nextInt(10);
                if (random.nextInt(3) == 0) {
                    excluded.add(server.name());
                }
                if (!server.full && !excluded.contains(server.name()) && server.effectiveWeight() > 0) {
                    usable.add(server.name());
                }
                servers.add(server);
            }
            Balancer<FakeServer> balancer = kind.over(servers);

            for (int i = 0; i < 50; i++) {
                FakeServer picked = balancer.pick(random.nextLong(), excluded);

                if (usable.isEmpty()) {
                    assertThat(picked).isNull();
                } else {
                    assertThat(usable).contains(requireNonNull(picked).name());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void without_servers_there_is_no_choice(Kind kind) {
        assertThat(kind.over(List.of()).pick(1, Set.of())).isNull();
        assertThat(kind.over(FakeServer.withWeights(0, 0)).pick(1, Set.of())).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void the_only_server_gets_everything(Kind kind) {
        Balancer<FakeServer> balancer = kind.over(FakeServer.withWeights(3));

        for (int i = 0; i < 100; i++) {
            assertThat(requireNonNull(balancer.pick(i * 0x9E3779B97F4A7C15L, Set.of()))
                            .name())
                    .isEqualTo("s0");
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_server_at_the_first_step_of_its_slow_start_gets_about_one_per_cent(Kind kind) {
        List<FakeServer> servers = List.of(new FakeServer("ramping", 1), new FakeServer("full", 100));
        Balancer<FakeServer> balancer = kind.over(servers);

        Map<String, Integer> counts = new HashMap<>();
        SplittableRandom keys = new SplittableRandom(5);
        for (int i = 0; i < PICKS; i++) {
            counts.merge(
                    requireNonNull(balancer.pick(keys.nextLong(), Set.of())).name(), 1, Integer::sum);
        }

        // On the ring that is two points of 258, whose arcs vary.
        assertThat(counts.get("ramping")).isBetween(PICKS / 500, PICKS / 50);
    }

    private static int index(FakeServer server) {
        return Integer.parseInt(server.name().substring(1));
    }
}
