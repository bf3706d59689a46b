package io.veza.edge.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "backend-api-1",
                "A.b_c:9",
                "0123456789012345678901234567890123456789012345678901234567890123"
            })
    void names_are_unquoted_words(String name) {
        assertThat(server(name, "h").name()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a b",
                "a|b",
                "a;b",
                "a\"b",
                "\u00e4",
                "01234567890123456789012345678901234567890123456789012345678901234"
            })
    void other_names_are_refused_for_pools_servers_and_routes(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> server(name, "h")).withMessageStartingWith("server name");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> pool(name, Duration.ZERO, 0, List.of()))
                .withMessageStartingWith("pool name");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Route(name, "api", List.of(), List.of(), 0))
                .withMessageStartingWith("route name");
    }

    @Test
    void a_pool_has_distinct_names_and_addresses_and_copies_its_servers() {
        List<Server> servers = new ArrayList<>(List.of(server("a", "h1"), server("b", "h2")));
        Pool pool = pool("api", Duration.ZERO, 0, servers);
        servers.clear();

        assertThat(pool.servers()).hasSize(2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> pool("api", Duration.ZERO, 0, List.of(server("a", "h1"), server("a", "h2"))))
                .withMessage("server name a is used twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> pool("api", Duration.ZERO, 0, List.of(server("a", "h1"), server("b", "h1"))))
                .withMessage("server address h1:80 is used twice");
    }

    @Test
    void negative_times_and_sizes_are_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> pool("api", Duration.ofMillis(-1), 0, List.of()))
                .withMessageStartingWith("slow-start");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> pool("api", Duration.ZERO, -1, List.of()))
                .withMessage("max-queue -1 is negative");
    }

    @ParameterizedTest
    @CsvSource({"0,1,1,1,connect", "1,-1,1,1,server", "1,1,0,1,tunnel", "1,1,1,0,queue"})
    void every_timeout_is_positive(long connect, long server, long tunnel, long queue, String named) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PoolTimeouts(
                        Duration.ofSeconds(connect),
                        Duration.ofSeconds(server),
                        Duration.ofSeconds(tunnel),
                        Duration.ofSeconds(queue)))
                .withMessageStartingWith(named + " timeout");
    }

    @ParameterizedTest
    @CsvSource({"-1, false", "0, true", "256, true", "257, false"})
    void weights_go_from_0_to_256(int value, boolean valid) {
        if (valid) {
            assertThat(new Weight(value).value()).isEqualTo(value);
        } else {
            assertThatIllegalArgumentException().isThrownBy(() -> new Weight(value));
        }
    }

    @ParameterizedTest
    @CsvSource({"1.0, false", "1.01, true", "100, true", "100.1, false", "NaN, false"})
    void a_load_bound_is_above_1_and_at_most_100(double bound, boolean valid) {
        Runnable make = () -> new Balance(Algorithm.URI, new HashKey.Uri(), OptionalDouble.of(bound));
        if (valid) {
            assertThatCode(make::run).doesNotThrowAnyException();
        } else {
            assertThatIllegalArgumentException().isThrownBy(make::run).withMessageContaining("bounded-load");
        }
    }

    @Test
    void a_server_carries_at_least_one_connection() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Server("a", new ServerAddress("h", 80), Weight.DEFAULT, OptionalInt.of(0), false))
                .withMessage("max-connections 0 is below 1");
        assertThat(new Server("a", new ServerAddress("h", 80), Weight.DEFAULT, OptionalInt.of(1), false)
                        .maxConnections())
                .hasValue(1);
    }

    @Test
    void a_route_without_prefixes_takes_every_path() {
        assertThat(new Route("r", "api", List.of(), List.of(), 0).pathPrefixes())
                .containsExactly("/");
        assertThat(new Route("r", "api", List.of("/a", "/b"), List.of(), 0).pathPrefixes())
                .containsExactly("/a", "/b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "api", "/a b", "/a?b", "/a#b", "/\u00e4", "/a\u007f"})
    void a_prefix_that_no_path_can_have_is_refused(String prefix) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Route("r", "api", List.of(prefix), List.of(), 0))
                .withMessageStartingWith("path prefix");
    }

    @ParameterizedTest
    @CsvSource({
        "example.org, true",
        "*.example.org, true",
        "[::1], true",
        "Example.org, false",
        "example.org:80, false",
        "*, false",
        "a.*.b, false",
        "'', false",
    })
    void hosts_are_lower_case_names_without_a_port(String host, boolean valid) {
        Runnable make = () -> new Route("r", "api", List.of(), List.of(host), 0);
        if (valid) {
            assertThatCode(make::run).doesNotThrowAnyException();
        } else {
            assertThatIllegalArgumentException().isThrownBy(make::run).withMessageStartingWith("host");
        }
    }

    private static Server server(String name, String host) {
        return new Server(name, new ServerAddress(host, 80), Weight.DEFAULT, OptionalInt.empty(), false);
    }

    private static Pool pool(String name, Duration slowStart, int maxQueue, List<Server> servers) {
        return new Pool(
                name, Balance.ROUNDROBIN, slowStart, OnMarkedDown.NONE, PoolTimeouts.DEFAULT, maxQueue, servers);
    }
}
