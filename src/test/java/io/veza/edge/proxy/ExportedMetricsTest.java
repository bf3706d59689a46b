package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.Command;
import io.veza.edge.health.AdminState;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.HashKey;
import io.veza.edge.pool.Weight;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a scrape says of real traffic, of servers that come, go and change, and of nothing. */
@Timeout(60)
class ExportedMetricsTest {

    private static final Balance HASHED = new Balance(Algorithm.URI, new HashKey.Query("k"), OptionalDouble.empty());

    private static RawServer.Script answering() {
        return RawServer.always(RawServer.ok("x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "edge_pool_requests_total api 5xx",
                "edge_pool_failures_total api queue_full",
                "edge_pool_tunnels_closed_total api drained",
                "edge_pool_transitions_total api maint up",
                "edge_pool_persistence_total api stale",
                "edge_server_checks_total api s1 body",
                "edge_server_transitions_total api s1 maint",
                "edge_server_response_duration_seconds_bucket api s1 0.25",
                "edge_listener_refusals_total http length_and_encoding",
                "edge_process_log_lines_dropped_total"
            })
    void what_has_not_happened_yet_is_zero_and_not_absent(String series) throws Exception {
        List<String> words = List.of(series.split(" "));
        try (EdgeFixture edge = EdgeFixture.with().servers(1).start()) {

            assertThat(edge.collector.collect().stream()
                            .flatMap(family -> family.samples.stream())
                            .filter(sample -> sample.name.equals(words.get(0))
                                    && sample.labelValues.equals(words.subList(1, words.size())))
                            .map(sample -> sample.value))
                    .containsExactly(0.0);
        }
    }

    @Test
    void requests_errors_bytes_and_durations_are_counted_on_each_layer() throws Exception {
        try (RawServer server = new RawServer(answering());
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            for (int i = 0; i < 3; i++) {
                client.get("/").response();
                edge.nextEnded();
            }
            client.send("junk\r\n\r\n").rest();
            edge.nextEnded();

            assertThat(edge.metric("edge_listener_requests_total", "http", "2xx"))
                    .isEqualTo(3);
            assertThat(edge.metric("edge_listener_requests_total", "http", "4xx"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_listener_refusals_total", "http", "bad_request_line"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_listener_request_duration_seconds_count", "http"))
                    .isEqualTo(4);
            assertThat(edge.metric("edge_pool_requests_total", "api", "2xx")).isEqualTo(3);
            assertThat(edge.metric("edge_pool_request_duration_seconds_bucket", "api", "+Inf"))
                    .isEqualTo(3);
            assertThat(edge.metric("edge_pool_request_duration_seconds_sum", "api"))
                    .isPositive();
            assertThat(edge.metric("edge_pool_queue_duration_seconds_bucket", "api", "5.0E-4"))
                    .isEqualTo(3);
            assertThat(edge.metric("edge_server_requests_total", "api", "s1", "2xx"))
                    .isEqualTo(3);
            assertThat(edge.metric("edge_server_response_duration_seconds_count", "api", "s1"))
                    .isEqualTo(3);
            assertThat(edge.metric("edge_server_connect_duration_seconds_count", "api", "s1"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_server_connections_reused_total", "api", "s1"))
                    .isEqualTo(2);
            assertThat(edge.metric("edge_server_bytes_total", "api", "s1", "out"))
                    .isEqualTo(edge.metric("edge_pool_bytes_total", "api", "out"))
                    .isPositive();
            assertThat(edge.metric("edge_pool_errors_total", "api")).isZero();
            assertThat(edge.metric("edge_listener_requests_in_flight", "http")).isZero();
        }
    }

    /** The ladder's bounds are inclusive, as Prometheus says they are, and what is in a bucket is in all wider ones. */
    @Test
    void a_slow_answer_is_in_the_buckets_from_its_duration_on() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch late = new CountDownLatch(1);
        RawServer.Script slow = connection -> {
            connection.readHead();
            asked.countDown();
            late.await();
            connection.send(RawServer.ok("x"));
        };
        try (RawServer server = new RawServer(slow);
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            client.get("/");
            asked.await();
            long begun = System.nanoTime();
            while (System.nanoTime() - begun < Duration.ofMillis(30).toNanos()) {
                Thread.onSpinWait();
            }
            late.countDown();
            client.response();
            edge.nextEnded();

            assertThat(edge.metric("edge_server_response_duration_seconds_bucket", "api", "s1", "0.01"))
                    .isZero();
            assertThat(edge.metric("edge_server_response_duration_seconds_bucket", "api", "s1", "5.0"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_server_response_duration_seconds_sum", "api", "s1"))
                    .isBetween(0.01, 5.0);
        }
    }

    @Test
    void a_cookie_hits_misses_is_stale_or_leads_to_a_draining_server() throws Exception {
        try (RawServer one = new RawServer(answering());
                RawServer two = new RawServer(answering());
                EdgeFixture edge =
                        EdgeFixture.with().servers(one.port(), two.port()).start()) {
            edge.get("/");
            edge.nextEnded();
            edge.get("/", "Cookie: VEZA_SERVERID=s1\r\n");
            edge.nextEnded();
            edge.get("/", "Cookie: VEZA_SERVERID=nobody\r\n");
            edge.nextEnded();
            edge.admin("s1", AdminState.DRAIN);
            edge.get("/", "Cookie: VEZA_SERVERID=s1\r\n");
            edge.nextEnded();
            edge.markDown("s1");
            edge.get("/", "Cookie: VEZA_SERVERID=s1\r\n");
            edge.nextEnded();

            assertThat(edge.metric("edge_pool_persistence_total", "api", "miss"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_pool_persistence_total", "api", "hit")).isEqualTo(1);
            assertThat(edge.metric("edge_pool_persistence_total", "api", "drained"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_server_persistence_hits_total", "api", "s1"))
                    .isEqualTo(2);
            assertThat(edge.metric("edge_server_persistence_hits_total", "api", "s2"))
                    .isZero();
            assertThat(edge.metric("edge_pool_persistence_total", "api", "stale"))
                    .isEqualTo(2);
        }
    }

    @Test
    void a_key_is_at_home_spills_or_is_missing() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        RawServer.Script held = connection -> {
            String head;
            while ((head = connection.readHead()) != null) {
                if (head.contains("/held")) {
                    answer.await();
                }
                connection.send(RawServer.ok("x"));
            }
        };
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.balance = HASHED;
        setup.sticky = false;
        try (RawServer one = new RawServer(held);
                RawServer two = new RawServer(held);
                EdgeFixture edge = setup.server(one.port(), OptionalInt.of(1), false)
                        .server(two.port(), OptionalInt.of(1), false)
                        .start();
                RawClient holding = edge.client()) {
            edge.get("/?k=a");
            edge.get("/");
            edge.nextEnded();
            edge.nextEnded();
            holding.get("/held?k=a");
            while (edge.server("s1").inFlight() + edge.server("s2").inFlight() == 0) {
                Thread.onSpinWait();
            }

            edge.get("/?k=a");
            answer.countDown();
            holding.response();
            edge.nextEnded();
            edge.nextEnded();

            assertThat(edge.metric("edge_pool_hash_total", "api", "primary")).isEqualTo(2);
            assertThat(edge.metric("edge_pool_hash_total", "api", "spilled")).isEqualTo(1);
            assertThat(edge.metric("edge_pool_hash_total", "api", "keyless")).isEqualTo(1);
            assertThat(edge.metric("edge_server_hash_share_ratio", "api", "s1")
                            + edge.metric("edge_server_hash_share_ratio", "api", "s2"))
                    .isEqualTo(1);
        }
    }

    @Test
    void a_tunnel_is_open_until_it_ends_and_then_counted_by_what_ended_it() throws Exception {
        try (RawServer server = new RawServer(TunnelTest.ECHO);
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            RawClient client = edge.client();
            client.send(TunnelTest.UPGRADE + "\r\n").head();
            double open = edge.metric("edge_pool_tunnels_open", "api");

            client.close();
            edge.nextEnded();

            assertThat(open).isEqualTo(1);
            assertThat(edge.metric("edge_pool_tunnels_open", "api")).isZero();
            assertThat(edge.metric("edge_pool_tunnels_total", "api")).isEqualTo(1);
            assertThat(edge.metric("edge_pool_tunnels_closed_total", "api", "client"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_pool_request_duration_seconds_count", "api"))
                    .as("an hour in a tunnel is no slow request")
                    .isZero();
        }
    }

    @Test
    void connections_to_a_server_are_open_until_they_close() throws Exception {
        try (RawServer server = new RawServer(answering());
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            edge.get("/");
            double idle = edge.metric("edge_server_connections_open", "api", "s1");

            edge.markDown("s1");
            while (edge.open("s1") > 0) {
                Thread.onSpinWait();
            }

            assertThat(idle).isEqualTo(1);
            assertThat(edge.metric("edge_server_connections_open", "api", "s1")).isZero();
            assertThat(edge.metric("edge_server_connections_total", "api", "s1"))
                    .isEqualTo(1);
        }
    }

    @Test
    void a_server_that_cannot_be_reached_is_counted_where_it_hurts() throws Exception {
        try (EdgeFixture edge =
                EdgeFixture.with().servers(ConnectFaultTest.closedPort()).start()) {
            edge.get("/");
            edge.nextEnded();

            assertThat(edge.metric("edge_server_connect_failures_total", "api", "s1"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_pool_failures_total", "api", "connect_failed"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_pool_errors_total", "api")).isEqualTo(1);
            assertThat(edge.metric("edge_pool_requests_total", "api", "5xx")).isEqualTo(1);
        }
    }

    @Test
    void a_state_is_one_hot_and_its_changes_are_counted_from_and_to() throws Exception {
        try (EdgeFixture edge = EdgeFixture.with().servers(1, 2).start()) {
            edge.markDown("s1");
            edge.admin("s1", AdminState.MAINT);
            edge.admin("s1", AdminState.READY);
            edge.markUp("s1");

            for (String state : List.of("up", "down", "maint", "drain", "stopping")) {
                assertThat(edge.metric("edge_server_state", "api", "s1", state))
                        .as(state)
                        .isEqualTo(state.equals("up") ? 1 : 0);
            }
            assertThat(edge.metric("edge_pool_servers", "api", "up")).isEqualTo(2);
            assertThat(edge.metric("edge_pool_transitions_total", "api", "up", "down"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_pool_transitions_total", "api", "down", "maint"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_server_transitions_total", "api", "s1", "down"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_server_checks_total", "api", "s1", "connect"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_pool_check_duration_seconds_bucket", "api", "0.001"))
                    .isEqualTo(edge.metric("edge_pool_check_duration_seconds_count", "api"))
                    .isPositive();
            assertThat(edge.metric("edge_server_check_duration_seconds", "api", "s1"))
                    .isEqualTo(0.001);
            assertThat(edge.metric("edge_server_down_seconds_total", "api", "s1"))
                    .isPositive();
        }
    }

    /** Counters that are exported only go up, or every rate over them jumps: an operator clears only what he is shown. */
    @Test
    void clearing_the_counters_leaves_what_is_exported() throws Exception {
        try (RawServer server = new RawServer(answering());
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            edge.get("/");
            edge.nextEnded();
            edge.markDown("s1");
            edge.markUp("s1");

            edge.statistics.clear(true);

            assertThat(edge.metric("edge_pool_requests_total", "api", "2xx")).isEqualTo(1);
            assertThat(edge.metric("edge_server_transitions_total", "api", "s1", "down"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_server_checks_total", "api", "s1", "passed"))
                    .isEqualTo(1);
        }
    }

    @Test
    void a_ramp_shows_as_ratio_and_as_effective_weight() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.slowStart = Duration.ofHours(1);
        try (EdgeFixture edge = setup.servers(1, 2).start()) {
            edge.markDown("s1");
            double down = edge.metric("edge_server_effective_weight", "api", "s1");
            edge.markUp("s1");

            assertThat(down).isZero();
            assertThat(edge.metric("edge_server_effective_weight", "api", "s1")).isEqualTo(0.01);
            assertThat(edge.metric("edge_server_effective_weight", "api", "s2")).isEqualTo(1);
            assertThat(edge.metric("edge_server_slow_start_ratio", "api", "s1")).isLessThan(0.01);
            assertThat(edge.metric("edge_server_slow_start_ratio", "api", "s2")).isEqualTo(1);
        }
    }

    @Test
    void a_drain_shows_the_time_that_is_left() throws Exception {
        try (EdgeFixture edge = EdgeFixture.with().servers(1, 2).start()) {
            edge.pool.apply(new Command.DrainWithin("s1", Duration.ofMinutes(10), true, false));

            assertThat(edge.metric("edge_server_drain_remaining_seconds", "api", "s1"))
                    .isBetween(590.0, 600.0);
            assertThat(edge.metric("edge_server_drain_remaining_seconds", "api", "s2"))
                    .isZero();
            assertThat(edge.metric("edge_server_state", "api", "s1", "drain")).isEqualTo(1);
        }
    }

    @Test
    void a_removed_server_has_no_series_and_configuring_counts_as_a_version() throws Exception {
        try (EdgeFixture edge = EdgeFixture.with().servers(1, 2).start()) {
            double before = edge.metric("edge_process_config_version");
            edge.pool.apply(new Command.SetWeight("s2", new Weight(7)));
            edge.pool.apply(new Command.SetWeight("s2", new Weight(7)));
            edge.admin("s1", AdminState.MAINT);
            edge.pool.apply(new Command.RemoveServer("s1"));

            assertThat(before).isEqualTo(1);
            assertThat(edge.metric("edge_process_config_version")).isEqualTo(3);
            assertThat(edge.metric("edge_server_weight", "api", "s2")).isEqualTo(7);
            assertThat(edge.collector.collect().stream()
                            .flatMap(family -> family.samples.stream())
                            .filter(sample -> sample.labelValues.contains("s1")))
                    .isEmpty();
        }
    }

    @Test
    void a_loop_that_is_held_up_shows_in_its_delay() throws Exception {
        try (EdgeFixture edge = EdgeFixture.with().servers(1).start()) {
            edge.whileHeld(() -> {
                long begun = System.nanoTime();
                while (System.nanoTime() - begun < Duration.ofMillis(400).toNanos()) {
                    Thread.onSpinWait();
                }
            });
            while (edge.metric("edge_process_event_loop_delay_seconds_bucket", "0.25")
                    == edge.metric("edge_process_event_loop_delay_seconds_count")) {
                Thread.onSpinWait();
            }

            assertThat(edge.metric("edge_process_event_loop_delay_seconds_sum")).isGreaterThan(0.25);
        }
    }
}
