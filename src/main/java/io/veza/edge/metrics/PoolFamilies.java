package io.veza.edge.metrics;

import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.proxy.ExchangeFailure;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficCounters.Count;
import io.veza.edge.proxy.TrafficCounters.Histogram;
import io.veza.edge.proxy.TrafficCounters.Scope;
import io.veza.edge.proxy.TrafficPlane;
import io.veza.edge.proxy.TunnelEnd;
import io.veza.edge.tls.Reloads;
import io.veza.edge.tls.ServerTls;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The metrics of one pool, its servers' among them. */
final class PoolFamilies {

    private final PoolController controller;
    private final TrafficPlane plane;
    private final PoolTally tally;
    private final KeyShares shares;
    private final String name;

    PoolFamilies(PoolController controller, TrafficPlane plane, PoolTally tally, KeyShares shares) {
        this.controller = controller;
        this.plane = plane;
        this.tally = tally;
        this.shares = shares;
        this.name = controller.name();
    }

    void add(Families families, Collection<TrafficCounters> loops) {
        PoolSnapshot snapshot = controller.snapshot();
        Counted counted = new Counted(loops, Scope.POOL, plane.poolId(name));
        states(families, snapshot);
        traffic(families, counted);
        boolean sticky = snapshot.definition().stickyCookie().isPresent();
        if (sticky) {
            persistence(families, counted);
        }
        if (snapshot.definition().pool().balance().algorithm() == Algorithm.URI) {
            families.add(Metric.POOL_HASH, counted.of(Count.HASH_PRIMARY), name, "primary");
            families.add(Metric.POOL_HASH, counted.of(Count.HASH_SPILLED), name, "spilled");
            families.add(Metric.POOL_HASH, counted.of(Count.HASH_KEYLESS), name, "keyless");
        }
        certificates(families);
        tunnels(families, counted);
        families.histogram(Metric.POOL_CHECK_DURATION_SECONDS, tally.checkDurations(), name);
        Map<String, KeyShares.Share> keys = shares.of(snapshot);
        for (ServerEntry entry : snapshot.entries()) {
            Counted ofServer = new Counted(loops, Scope.SERVER, entry.id());
            new ServerFamilies(families, name, entry, ofServer, tally)
                    .add(
                            snapshot.definition().pool().slowStart(),
                            sticky,
                            keys.get(entry.server().name()));
        }
    }

    /** Zero where servers are spoken to in clear text. */
    private void certificates(Families families) {
        Optional<Reloads> reloads = plane.serverTls(name).map(ServerTls::reloads);
        families.add(
                Metric.POOL_CERTIFICATE_RELOADS, reloads.map(Reloads::succeeded).orElse(0L), name, "taken");
        families.add(
                Metric.POOL_CERTIFICATE_RELOADS, reloads.map(Reloads::failed).orElse(0L), name, "refused");
        families.add(
                Metric.POOL_CERTIFICATE_FILES_REFUSED,
                reloads.map(each -> each.refused().size()).orElse(0),
                name);
    }

    private void states(Families families, PoolSnapshot snapshot) {
        families.add(Metric.POOL_UP, tally.isUp() ? 1 : 0, name);
        Map<ServerCondition, Integer> servers = new EnumMap<>(ServerCondition.class);
        snapshot.entries().forEach(entry -> servers.merge(ServerCondition.of(entry.state()), 1, Integer::sum));
        for (ServerCondition from : ServerCondition.values()) {
            families.add(Metric.POOL_SERVERS, servers.getOrDefault(from, 0), name, from.word());
            for (ServerCondition to : ServerCondition.values()) {
                if (from != to) {
                    families.add(Metric.POOL_TRANSITIONS, tally.transitions(from, to), name, from.word(), to.word());
                }
            }
        }
        families.add(Metric.POOL_DOWN_SECONDS, tally.downTime().toNanos() / 1e9, name);
    }

    private void traffic(Families families, Counted counted) {
        counted.traffic(families, Metric.POOL_REQUESTS, Metric.POOL_BYTES, name);
        families.add(Metric.POOL_ERRORS, counted.of(Count.ERRORS), name);
        Map<String, Long> failures = counted.failures();
        for (String reason : ExchangeFailure.reasons()) {
            families.add(Metric.POOL_FAILURES, failures.getOrDefault(reason, 0L), name, reason);
        }
        families.add(Metric.POOL_REQUESTS_IN_FLIGHT, counted.open(Count.REQUESTS, Count.ENDED), name);
        families.histogram(Metric.POOL_REQUEST_DURATION_SECONDS, counted.histogram(Histogram.REQUEST), name);
        families.histogram(Metric.POOL_QUEUE_DURATION_SECONDS, counted.histogram(Histogram.QUEUE), name);
        families.add(Metric.POOL_QUEUE_LENGTH, plane.queued(name), name);
        families.add(Metric.POOL_RETRIES, counted.of(Count.RETRIED), name);
        families.add(Metric.POOL_REDISPATCHES, counted.of(Count.REDISPATCHED), name);
    }

    private void persistence(Families families, Counted counted) {
        families.add(Metric.POOL_PERSISTENCE, counted.of(Count.PERSISTENCE_HIT), name, "hit");
        families.add(Metric.POOL_PERSISTENCE, counted.of(Count.PERSISTENCE_DRAINED), name, "drained");
        families.add(Metric.POOL_PERSISTENCE, counted.of(Count.PERSISTENCE_MISS), name, "miss");
        families.add(Metric.POOL_PERSISTENCE, counted.of(Count.PERSISTENCE_STALE), name, "stale");
    }

    private void tunnels(Families families, Counted counted) {
        families.add(Metric.POOL_TUNNELS_OPEN, counted.open(Count.TUNNELS_OPENED, Count.TUNNELS_CLOSED), name);
        families.add(Metric.POOL_TUNNELS, counted.of(Count.TUNNELS_OPENED), name);
        for (TunnelEnd end : TunnelEnd.values()) {
            families.add(
                    Metric.POOL_TUNNELS_CLOSED,
                    counted.of(TrafficCounters.closedBy(end)),
                    name,
                    end.name().toLowerCase(Locale.ROOT));
        }
    }
}
