package io.veza.edge.accesslog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.veza.edge.proxy.ExchangeFailure;
import io.veza.edge.proxy.TunnelEnd;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LoopLogTest {

    private final FactsRing ring = new FactsRing(1 << 14, 1 << 20, () -> {});

    private LoopLog log(double sample, boolean errorsOnly) {
        return new LoopLog(
                ring,
                new AccessLogSettings(AccessLogSettings.Format.HAPROXY, Optional.empty(), sample, errorsOnly, true),
                false);
    }

    @ParameterizedTest
    @CsvSource({"1, 10000", "0.5, 5000", "0.1, 1000", "0.001, 10", "0, 0"})
    void the_sample_is_near_its_share_and_the_same_each_time(double sample, long expected) {
        LoopLog log = log(sample, false);
        FakeExchange exchange = new FakeExchange();

        for (int i = 0; i < 10_000; i++) {
            log.ended(exchange);
        }

        assertThat(ring.waiting()).isBetween(expected - 1, expected + 1);
    }

    @Test
    void a_sample_is_not_every_other_exchange() {
        LoopLog log = log(0.5, false);
        FakeExchange exchange = new FakeExchange();
        int[] logged = new int[2];

        for (int i = 0; i < 10_000; i++) {
            long before = ring.waiting();
            log.ended(exchange);
            logged[i % 2] += (int) (ring.waiting() - before);
        }

        assertThat(logged[0]).isBetween(2400, 2600);
        assertThat(logged[1]).isBetween(2400, 2600);
    }

    @Test
    void a_share_that_is_none_is_refused() {
        assertThatThrownBy(() -> log(1.5, false)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> log(Double.NaN, false)).isInstanceOf(IllegalArgumentException.class);
    }

    private static FakeExchange withStatus(int status) {
        FakeExchange exchange = new FakeExchange();
        exchange.status = status;
        return exchange;
    }

    private static Stream<FakeExchange> normal() {
        FakeExchange closed = withStatus(101);
        closed.tunnelEnd = TunnelEnd.CLIENT;
        return Stream.of(closed, withStatus(200), withStatus(304), withStatus(404), withStatus(499));
    }

    private static Stream<FakeExchange> worthALine() {
        FakeExchange retried = new FakeExchange();
        retried.retries = 1;
        FakeExchange redispatched = new FakeExchange();
        redispatched.redispatched = true;
        FakeExchange aborted = withStatus(200);
        aborted.failure = ExchangeFailure.Cause.ABORTED;
        FakeExchange cut = withStatus(101);
        cut.tunnelEnd = TunnelEnd.CUT;
        return Stream.of(
                cut,
                withStatus(0),
                withStatus(500),
                withStatus(503),
                retried,
                redispatched,
                aborted,
                FakeExchange.malformed());
    }

    @ParameterizedTest
    @MethodSource("normal")
    void errors_only_leaves_out_what_ended_in_good_order(FakeExchange exchange) {
        log(1, true).ended(exchange);
        assertThat(ring.waiting()).isZero();

        log(1, false).ended(exchange);
        assertThat(ring.waiting()).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("worthALine")
    void errors_only_keeps_failures_repeats_and_statuses_of_500_and_above(FakeExchange exchange) {
        log(1, true).ended(exchange);

        assertThat(ring.waiting()).isEqualTo(1);
    }

    @Test
    void a_head_that_has_no_line_end_is_taken_as_it_is() {
        log(1, false).ended(FakeExchange.of("GET /x HTTP/1.1"));
        log(1, false).ended(FakeExchange.of(""));

        assertThat(ring.waiting()).isEqualTo(2);
    }
}
