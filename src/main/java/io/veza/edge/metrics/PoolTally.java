package io.veza.edge.metrics;

import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.health.CheckResult;
import io.veza.edge.proxy.DurationBuckets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is exported of one pool beside its traffic: transitions, checks, down time, and the {@link ServerTally} of each of its
 * servers. Listens to the pool's controller from its making on. Thread-safe.
 */
final class PoolTally {

    private record Change(ServerCondition from, ServerCondition to) {}

    private final PoolController pool;
    private final InstantSource clock;
    private final PoolAvailability availability;
    private final Map<Integer, ServerTally> servers = new ConcurrentHashMap<>();
    private final Map<Change, Long> changes = new HashMap<>();
    private final long[] checkDurations = new long[DurationBuckets.COUNT + 1];

    PoolTally(PoolController pool, InstantSource clock) {
        this.pool = pool;
        this.clock = clock;
        this.availability = new PoolAvailability(PoolAvailability.isUp(pool.snapshot()), clock.instant());
        pool.addListener(this::changed);
        pool.addListener((name, server, result) -> checked(server, result));
        pool.addChangeListener(this::follow);
        follow();
    }

    /**
     * Looks at the pool after a change, under its lock: a scrape cannot do this, since a server that came while it looked
     * would lose what was counted of it.
     */
    private void follow() {
        PoolSnapshot now = pool.snapshot();
        availability.is(PoolAvailability.isUp(now), clock.instant());
        Set<Integer> present = new HashSet<>();
        for (ServerEntry entry : now.entries()) {
            present.add(entry.id());
            server(entry);
        }
        if (servers.size() > present.size()) {
            servers.keySet().retainAll(present);
        }
    }

    private synchronized void changed(ServerTransition transition) {
        ServerCondition from = ServerCondition.of(transition.from());
        ServerCondition to = ServerCondition.of(transition.to());
        // A deadline that is set anew, or a server that goes down in maintenance, is no other state to look at.
        if (from != to) {
            changes.merge(new Change(from, to), 1L, Long::sum);
            server(transition.server()).changed(transition, to);
        }
    }

    private synchronized void checked(ServerEntry server, CheckResult result) {
        server(server).checked(result);
        DurationBuckets.count(checkDurations, result.took().toNanos());
    }

    ServerTally server(ServerEntry server) {
        return servers.computeIfAbsent(server.id(), id -> new ServerTally(server.state()));
    }

    synchronized long transitions(ServerCondition from, ServerCondition to) {
        return changes.getOrDefault(new Change(from, to), 0L);
    }

    /** The buckets of {@link DurationBuckets}, and after them the sum in nanoseconds. */
    synchronized long[] checkDurations() {
        return checkDurations.clone();
    }

    /** For how long there was no server for new sessions, the present time included. */
    Duration downTime() {
        return availability.downTime(now());
    }

    boolean isUp() {
        return availability.isUp();
    }

    Instant now() {
        return clock.instant();
    }
}
