package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.health.AdminState;
import io.veza.edge.metrics.Activity;
import io.veza.edge.metrics.ListenerStatistics;
import io.veza.edge.metrics.PoolStatistics;
import io.veza.edge.metrics.ServerStatistics;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the statistics make of real traffic. */
class StatisticsTest {

    private static void awaitEnded(EdgeFixture edge, int exchanges) throws InterruptedException {
        for (int i = 0; i < exchanges; i++) {
            edge.nextEnded();
        }
    }

    @Test
    void counts_add_up_over_listener_pool_and_server() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            edge.statistics.sample();
            for (int i = 0; i < 5; i++) {
                client.get("/").response();
            }
            client.send("junk\r\n\r\n").rest();
            awaitEnded(edge, 6);

            edge.statistics.sample();

            Activity listener = edge.statistics.listeners().get(0).activity();
            PoolStatistics pool = edge.statistics.pool("api");
            ServerStatistics one = edge.statistics.server(edge.server("s1"));
            assertThat(listener.total()).isEqualTo(1);
            assertThat(listener.requests()).isEqualTo(6);
            assertThat(listener.requestRate()).isEqualTo(6);
            assertThat(listener.responses()).isEqualTo(new Activity.Responses(0, 5, 0, 1, 0, 0));
            assertThat(edge.statistics.listeners().get(0).requestErrors()).isEqualTo(1);
            assertThat(pool.activity().requests()).isEqualTo(5);
            assertThat(pool.activity().mostRate()).isEqualTo(5);
            assertThat(pool.recent().requests()).endsWith(0, 5);
            assertThat(one.dispatched()).isEqualTo(5);
            assertThat(one.connects()).isEqualTo(1);
            assertThat(one.reused()).isEqualTo(4);
            assertThat(one.activity().bytesOut()).isEqualTo(pool.activity().bytesOut());
            assertThat(one.activity().most()).isEqualTo(1);
            assertThat(one.activity().times().total())
                    .isGreaterThanOrEqualTo(one.activity().times().response())
                    .isPositive();
            assertThat(one.activity().percentiles().p99())
                    .isGreaterThanOrEqualTo(one.activity().percentiles().p50())
                    .isPositive();
            assertThat(one.activity().sinceLast()).isPresent();
        }
    }

    @Test
    void clearing_sets_maxima_back_and_with_all_the_counts() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            edge.get("/");
            edge.get("/");
            awaitEnded(edge, 2);
            edge.statistics.sample();
            edge.statistics.sample();

            edge.statistics.clear(false);
            Activity kept = edge.statistics.pool("api").activity();
            edge.statistics.clear(true);
            Activity cleared = edge.statistics.pool("api").activity();

            assertThat(kept.requests()).isEqualTo(2);
            assertThat(kept.mostRate()).isZero();
            assertThat(kept.most()).isZero();
            assertThat(cleared.requests()).isZero();
            assertThat(cleared.bytesOut()).isZero();
            edge.get("/");
            awaitEnded(edge, 1);
            assertThat(edge.statistics.pool("api").activity().requests()).isEqualTo(1);
        }
    }

    @Test
    void a_pool_without_a_usable_server_is_down_and_says_since_when_and_how_often() throws Exception {
        try (EdgeFixture edge = EdgeFixture.with().servers(1).start()) {
            assertThat(edge.statistics.pool("api").up()).isTrue();

            edge.markDown("s1");
            PoolStatistics down = edge.statistics.pool("api");
            ServerStatistics server = edge.statistics.server(edge.server("s1"));
            edge.markUp("s1");
            edge.admin("s1", AdminState.MAINT);

            assertThat(down.up()).isFalse();
            assertThat(down.downs()).isEqualTo(1);
            assertThat(server.downs()).isEqualTo(1);
            assertThat(server.checksFailed()).isEqualTo(1);
            assertThat(server.lastCheck().orElseThrow().result().detail()).isEqualTo("test");
            assertThat(edge.statistics.pool("api").downs()).isEqualTo(2);
            assertThat(edge.statistics.server(edge.server("s1")).downs()).isEqualTo(1);
            assertThat(edge.statistics.transitions()).hasSize(3);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 65_535, 65_536, 100_000, 1_000_000, 123_456_789, 30_000_000_000L})
    void a_duration_is_at_most_a_quarter_below_the_end_of_its_bucket(long nanos) {
        int bucket = Durations.bucket(nanos);

        assertThat(Durations.upperNanos(bucket)).isGreaterThan(nanos);
        assertThat((double) Durations.upperNanos(bucket)).isLessThanOrEqualTo(Math.max(nanos * 1.25, 1 << 16));
    }

    @Test
    void durations_beyond_the_last_bucket_are_in_it() {
        assertThat(Durations.bucket(Duration.ofDays(1).toNanos())).isEqualTo(Durations.BUCKETS - 1);
    }

    /** A client that left while its answer was made counted as a bad request, for which operators are woken up. */
    @Test
    void a_client_that_gives_up_its_answer_has_sent_no_bad_request() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer server = new RawServer(RawServer.silent(asked));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            try (RawClient gone = edge.client()) {
                gone.get("/slow");
                assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
                gone.socket.setSoLinger(true, 0);
            }
            awaitEnded(edge, 1);
            ListenerStatistics afterGone = edge.statistics.listeners().get(0);
            try (RawClient half = edge.client()) {
                half.send("GET / HT").socket.shutdownOutput();
                half.rest();
            }
            awaitEnded(edge, 1);
            ListenerStatistics afterHalf = edge.statistics.listeners().get(0);

            assertThat(afterGone.requestErrors()).isZero();
            assertThat(afterGone.activity().clientAborts()).isEqualTo(1);
            assertThat(afterHalf.requestErrors()).isEqualTo(1);
        }
    }

    /** It counted among those that got no server: an operator's own doing looked like a pool in need. */
    @Test
    void an_exchange_that_an_operator_shut_down_was_not_refused() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer server = new RawServer(RawServer.silent(asked));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient waiting = edge.client()) {
            waiting.get("/stuck");
            assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();

            edge.plane.shutdownSessions(edge.server("s1"));
            assertThat(waiting.response()).startsWith("HTTP/1.1 503");

            assertThat(edge.statistics.pool("api").refused()).isZero();
            assertThat(edge.failures()).containsOnly(Map.entry("shut_down", 1L));
        }
    }
}
