package io.veza.edge.metrics;

import io.veza.edge.control.ServerEntry;
import io.veza.edge.health.CheckResult.Outcome;
import io.veza.edge.proxy.TrafficCounters.Count;
import io.veza.edge.proxy.TrafficCounters.Histogram;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The metrics of one server, in one scrape. */
final class ServerFamilies {

    private final Families families;
    private final String pool;
    private final String name;
    private final ServerEntry entry;
    private final Counted counted;
    private final ServerTally tally;
    private final Instant now;

    ServerFamilies(Families families, String pool, ServerEntry entry, Counted counted, PoolTally tallies) {
        this.families = families;
        this.pool = pool;
        this.name = entry.server().name();
        this.entry = entry;
        this.counted = counted;
        this.tally = tallies.server(entry);
        this.now = tallies.now();
    }

    /**
     * @param sticky whether the pool has a sticky cookie
     * @param share of the keys; null in a pool that does not hash
     */
    void add(Duration slowStart, boolean sticky, KeyShares.@Nullable Share share) {
        states();
        weights(slowStart, share);
        traffic();
        if (sticky) {
            add(
                    Metric.SERVER_PERSISTENCE_HITS,
                    counted.of(Count.PERSISTENCE_HIT) + counted.of(Count.PERSISTENCE_DRAINED));
        }
        connections();
        checks();
    }

    private void states() {
        ServerCondition is = ServerCondition.of(entry.state());
        for (ServerCondition each : ServerCondition.values()) {
            families.add(Metric.SERVER_STATE, each == is ? 1 : 0, pool, name, each.word());
            families.add(Metric.SERVER_TRANSITIONS, tally.transitions(each), pool, name, each.word());
        }
        add(Metric.SERVER_DOWN_SECONDS, seconds(tally.gone(now)));
        add(
                Metric.SERVER_DRAIN_REMAINING_SECONDS,
                entry.state()
                        .drain()
                        .map(drain -> seconds(drain.remaining(now)))
                        .orElse(0.0));
    }

    private void weights(Duration slowStart, KeyShares.@Nullable Share share) {
        add(Metric.SERVER_WEIGHT, entry.weight().value());
        add(Metric.SERVER_EFFECTIVE_WEIGHT, entry.effectiveUnits());
        add(
                Metric.SERVER_SLOW_START_RATIO,
                entry.state()
                        .rampStart()
                        .map(start -> Math.min(1, seconds(Duration.between(start, now)) / seconds(slowStart)))
                        .orElse(1.0));
        if (share != null) {
            add(Metric.SERVER_HASH_SHARE_RATIO, share.ratio());
        }
    }

    private void traffic() {
        counted.traffic(families, Metric.SERVER_REQUESTS, Metric.SERVER_BYTES, pool, name);
        add(Metric.SERVER_ERRORS, counted.of(Count.ERRORS));
        add(Metric.SERVER_REQUESTS_IN_FLIGHT, entry.inFlight());
        families.histogram(Metric.SERVER_RESPONSE_DURATION_SECONDS, counted.histogram(Histogram.RESPONSE), pool, name);
        add(Metric.SERVER_RETRIES, counted.of(Count.RETRIED));
        add(Metric.SERVER_REDISPATCHES, counted.of(Count.REDISPATCHED));
        add(Metric.SERVER_TUNNELS_OPEN, counted.open(Count.TUNNELS_OPENED, Count.TUNNELS_CLOSED));
        add(Metric.SERVER_TUNNELS, counted.of(Count.TUNNELS_OPENED));
    }

    private void connections() {
        families.histogram(Metric.SERVER_CONNECT_DURATION_SECONDS, counted.histogram(Histogram.CONNECT), pool, name);
        add(Metric.SERVER_CONNECTIONS_OPEN, counted.open(Count.CONNECTED, Count.DISCONNECTED));
        add(Metric.SERVER_CONNECTIONS, counted.of(Count.CONNECTED));
        add(Metric.SERVER_CONNECTIONS_REUSED, counted.of(Count.REUSED));
        add(Metric.SERVER_CONNECT_FAILURES, counted.of(Count.CONNECT_FAILED));
        add(Metric.SERVER_TLS_HANDSHAKE_FAILURES, counted.of(Count.HANDSHAKE_FAILED));
    }

    private void checks() {
        for (Outcome outcome : Outcome.values()) {
            families.add(
                    Metric.SERVER_CHECKS,
                    tally.checks(outcome),
                    pool,
                    name,
                    outcome.name().toLowerCase(Locale.ROOT));
        }
        add(Metric.SERVER_CHECK_DURATION_SECONDS, seconds(tally.lastCheck()));
    }

    private void add(Metric metric, double value) {
        families.add(metric, value, pool, name);
    }

    private void add(Metric metric, long value) {
        families.add(metric, value, pool, name);
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
