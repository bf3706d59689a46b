package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.Command;
import io.veza.edge.health.AdminState;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whose count it is when a request does not go where it was meant to. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PlacementMetricsTest {

    private static final String COOKIE_OF_S1 = "Cookie: VEZA_SERVERID=s1\r\n";

    private static RawServer.Script answering() {
        return RawServer.always(RawServer.ok("x"));
    }

    /**
     * The time that the first server did not answer to a connect was counted as the response time of the second one, if that
     * was reached by an idle connection: of two servers the healthy one looked slow.
     */
    @Test
    void a_server_is_not_charged_for_the_time_lost_at_another() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.loops = 1;
        try (BlackHole hole = new BlackHole();
                RawServer server = new RawServer(answering());
                EdgeFixture edge = setup.servers(hole.port(), server.port()).start()) {
            edge.get("/", "Cookie: VEZA_SERVERID=s2\r\n");
            edge.nextEnded();

            edge.get("/", COOKIE_OF_S1);
            EdgeFixture.Ended redispatched = edge.nextEnded();

            assertThat(redispatched.redispatched()).isTrue();
            assertThat(edge.metric("edge_server_connections_reused_total", "api", "s2"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_server_response_duration_seconds_sum", "api", "s2"))
                    .as("less than the connect timeout that was waited for the other")
                    .isLessThan(0.5);
        }
    }

    /** It was a hit, and one of the server that it did not name. */
    @Test
    void a_cookie_whose_server_cannot_be_reached_is_stale_whatever_the_other_server_does() throws Exception {
        RawServer.Script junk = RawServer.always("junk\r\n\r\n");
        try (RawServer server = new RawServer(junk);
                EdgeFixture edge = EdgeFixture.with()
                        .servers(ConnectFaultTest.closedPort(), server.port())
                        .start()) {
            edge.get("/", COOKIE_OF_S1);
            EdgeFixture.Ended ended = edge.nextEnded();

            assertThat(ended.status()).isEqualTo(502);
            assertThat(ended.server()).isEqualTo("s2");
            assertThat(edge.metric("edge_pool_persistence_total", "api", "stale"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_pool_persistence_total", "api", "hit")).isZero();
            assertThat(edge.metric("edge_server_persistence_hits_total", "api", "s2"))
                    .isZero();
        }
    }

    @Test
    void a_cookie_of_the_only_server_which_cannot_be_reached_is_stale() throws Exception {
        try (EdgeFixture edge =
                EdgeFixture.with().servers(ConnectFaultTest.closedPort()).start()) {
            edge.get("/", COOKIE_OF_S1);
            edge.nextEnded();

            assertThat(edge.metric("edge_pool_persistence_total", "api", "stale"))
                    .isEqualTo(1);
            assertThat(edge.metric("edge_server_persistence_hits_total", "api", "s1"))
                    .isZero();
        }
    }

    /** Its server took it, whatever came of it. */
    @Test
    void a_cookie_that_led_to_a_server_is_a_hit_though_the_server_failed() throws Exception {
        try (RawServer server = new RawServer(RawServer.always("junk\r\n\r\n"));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            edge.get("/", COOKIE_OF_S1);
            edge.nextEnded();

            assertThat(edge.metric("edge_pool_persistence_total", "api", "hit")).isEqualTo(1);
            assertThat(edge.metric("edge_server_persistence_hits_total", "api", "s1"))
                    .isEqualTo(1);
        }
    }

    /** Nobody knows whether its server would have taken it: it was counted as a hit of no server. */
    @Test
    void a_cookie_of_a_request_that_got_no_place_is_neither_hit_nor_stale() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.timeouts = new PoolTimeouts(
                Duration.ofMillis(500), Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofMillis(100));
        try (RawServer server = new RawServer(RawServer.silent(asked));
                EdgeFixture edge =
                        setup.server(server.port(), OptionalInt.of(1), false).start();
                RawClient first = edge.client()) {
            first.get("/");
            asked.await();

            edge.get("/", COOKIE_OF_S1);
            edge.nextEnded();

            assertThat(edge.metric("edge_pool_failures_total", "api", "queue_timeout"))
                    .isEqualTo(1);
            for (String result : new String[] {"hit", "drained", "miss", "stale"}) {
                assertThat(edge.metric("edge_pool_persistence_total", "api", result))
                        .as(result)
                        .isZero();
            }
        }
    }

    /** There is no transition into the state that a server begins with, so the time in it was not counted. */
    @Test
    void a_server_that_is_added_in_maintenance_has_down_time_from_then_on() throws Exception {
        try (EdgeFixture edge = EdgeFixture.with().servers(1).start()) {
            Server added =
                    new Server("s2", new ServerAddress("127.0.0.1", 2), Weight.DEFAULT, OptionalInt.empty(), false);
            edge.pool.apply(new Command.AddServer(added, AdminState.MAINT, true));
            Instant begun = Instant.now();
            while (Instant.now().toEpochMilli() < begun.toEpochMilli() + 2) {
                Thread.onSpinWait();
            }
            edge.admin("s2", AdminState.READY);
            double over = edge.metric("edge_server_down_seconds_total", "api", "s2");

            assertThat(over).isPositive();
            assertThat(edge.metric("edge_server_down_seconds_total", "api", "s2"))
                    .isEqualTo(over);
            assertThat(edge.metric("edge_server_down_seconds_total", "api", "s1"))
                    .isZero();
        }
    }
}
