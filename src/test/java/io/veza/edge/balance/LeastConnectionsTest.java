package io.veza.edge.balance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeastConnectionsTest {

    @ParameterizedTest(name = "weights {0} with {1} in flight: s{2}")
    @CsvSource({
        "1-1-1, 3-1-2, 1",
        "1-1-1, 3-2-0, 2",
        "1-2-1, 3-4-3, 1",
        "1-3-1, 1-2-1, 1",
        "0-1-1, 0-5-6, 1",
        "2-1,   2-0,   1",
        "256-1, 2147483647-8388606, 1", // the comparison needs more than 32 bits
        "256-1, 2147483647-8388608, 0",
    })
    void the_least_loaded_for_its_weight_is_chosen_whoever_has_the_turn(String weights, String loads, int chosen) {
        List<FakeServer> servers = FakeServer.withWeights(numbers(weights));
        int[] inFlight = numbers(loads);
        for (int i = 0; i < inFlight.length; i++) {
            servers.get(i).inFlight = inFlight[i];
        }
        LeastConnections<FakeServer> balancer = new LeastConnections<>(servers, new AtomicLong());

        for (int turn = 0; turn < 7; turn++) {
            assertThat(requireNonNull(balancer.pick(0, Set.of())).name()).isEqualTo("s" + chosen);
        }
    }

    @Test
    void equals_take_turns_by_weight() {
        LeastConnections<FakeServer> balancer =
                new LeastConnections<>(FakeServer.withWeights(5, 1, 1), new AtomicLong());

        assertThat(Stream.generate(() -> requireNonNull(balancer.pick(0, Set.of())))
                        .limit(14)
                        .map(s -> s.name().substring(1))
                        .collect(Collectors.joining()))
                .isEqualTo("02001000200100");
    }

    /** It once got a quarter of all requests with one per cent of the weight, because idle meant least loaded. */
    @Test
    void a_light_server_gets_no_more_than_its_turns_only_because_it_is_idle() {
        List<FakeServer> servers = List.of(new FakeServer("ramping", 1), new FakeServer("full", 100));
        servers.get(1).inFlight = 50;
        LeastConnections<FakeServer> balancer = new LeastConnections<>(servers, new AtomicLong());

        int ramping = 0;
        for (int i = 0; i < 1010; i++) {
            ramping += requireNonNull(balancer.pick(0, Set.of())).name().equals("ramping") ? 1 : 0;
        }

        assertThat(ramping).isEqualTo(10);
    }

    private static int[] numbers(String joined) {
        return Stream.of(joined.split("-")).mapToInt(Integer::parseInt).toArray();
    }
}
