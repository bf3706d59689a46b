package io.veza.edge.metrics;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.Pools;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.proxy.Listener;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficCounters.Count;
import io.veza.edge.proxy.TrafficCounters.Scope;
import io.veza.edge.proxy.TrafficPlane;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Reads what is counted and works out what only shows over time; {@link #sample} is to be called once a second. Thread-safe.
 */
public final class Statistics {

    private static final int MOST_TRANSITIONS = 200;

    private final Pools pools;
    private final TrafficPlane plane;
    private final Supplier<Collection<TrafficCounters>> counters;
    private final InstantSource clock;
    private final Instant started;
    private final Map<Integer, Series> listenerSeries = new ConcurrentHashMap<>();
    private final Map<Integer, Series> poolSeries = new ConcurrentHashMap<>();
    private final Map<Integer, Series> serverSeries = new ConcurrentHashMap<>();
    private final Map<Integer, ServerHistory> histories = new ConcurrentHashMap<>();
    private final Map<String, PoolAvailability> availabilities = new ConcurrentHashMap<>();

    /** Those that are gone as well until another has their name, since who took a list before may still ask. */
    private final Map<String, PoolController> watched = new ConcurrentHashMap<>();

    @GuardedBy("itself")
    private final Deque<ServerTransition> transitions = new ArrayDeque<>();

    public Statistics(
            Pools pools, TrafficPlane plane, Supplier<Collection<TrafficCounters>> counters, InstantSource clock) {
        this.pools = pools;
        this.plane = plane;
        this.counters = counters;
        this.clock = clock;
        this.started = clock.instant();
        pools.follow(this::watch);
    }

    private void watch(PoolController pool) {
        PoolAvailability availability = new PoolAvailability(PoolAvailability.isUp(pool.snapshot()), clock.instant());
        availabilities.put(pool.name(), availability);
        watched.put(pool.name(), pool);
        pool.addListener(this::changed);
        pool.addListener((name, server, result) -> history(server).checked(server, result, clock.instant()));
        pool.addChangeListener(() -> availability.is(PoolAvailability.isUp(pool.snapshot()), clock.instant()));
    }

    private void changed(ServerTransition transition) {
        history(transition.server()).changed(transition);
        synchronized (transitions) {
            if (transitions.size() == MOST_TRANSITIONS) {
                transitions.removeFirst();
            }
            transitions.addLast(transition);
        }
    }

    private ServerHistory history(ServerEntry server) {
        return histories.computeIfAbsent(server.id(), id -> new ServerHistory());
    }

    private Series listener(Listener listener) {
        return listenerSeries.computeIfAbsent(listener.id(), id -> new Series(counters, Scope.LISTENER, id));
    }

    private Series series(PoolController pool) {
        return poolSeries.computeIfAbsent(plane.poolId(pool.name()), id -> new Series(counters, Scope.POOL, id));
    }

    private Series series(ServerEntry server) {
        return serverSeries.computeIfAbsent(server.id(), id -> new Series(counters, Scope.SERVER, id));
    }

    /** Takes the counters' difference to a second ago, and forgets pools and servers that are gone. */
    public void sample() {
        Instant now = clock.instant();
        plane.listeners()
                .forEach(each -> listener(each).sample(now, listener(each).open()));
        Set<Integer> present = new HashSet<>();
        Set<Integer> presentPools = new HashSet<>();
        for (PoolController pool : pools.all()) {
            presentPools.add(plane.poolId(pool.name()));
            series(pool).sample(now, current(pool));
            for (ServerEntry entry : pool.snapshot().entries()) {
                present.add(entry.id());
                series(entry).sample(now, entry.inFlight());
            }
        }
        poolSeries.keySet().retainAll(presentPools);
        serverSeries.keySet().retainAll(present);
        histories.keySet().retainAll(present);
    }

    private long current(PoolController pool) {
        return pool.snapshot().entries().stream()
                        .mapToLong(ServerEntry::inFlight)
                        .sum()
                + plane.queued(pool.name());
    }

    /** In the order in which they were bound. */
    public List<ListenerStatistics> listeners() {
        Instant now = clock.instant();
        return plane.listeners().stream()
                .map(each -> {
                    Series series = listener(each);
                    return new ListenerStatistics(
                            each.name(),
                            each.address(),
                            series.activity(series.open(), 0, now),
                            plane.maxConnections(),
                            series.count(Count.REQUEST_FAILED),
                            series.count(Count.REFUSED));
                })
                .toList();
    }

    /** @throws IllegalArgumentException if there never was such a pool */
    public PoolStatistics pool(String name) {
        PoolController pool = watched.get(name);
        if (pool == null) {
            throw new IllegalArgumentException("there is no pool " + name);
        }
        Instant now = clock.instant();
        Series series = series(pool);
        PoolAvailability availability = availabilities.get(name);
        if (availability == null) {
            throw new IllegalStateException("pool " + name + " is not watched");
        }
        return new PoolStatistics(
                series.activity(current(pool), 0, now),
                series.tunnels(),
                plane.queued(name),
                plane.mostQueued(name),
                series.count(Count.EDGE_FAILED),
                series.count(Count.CONNECT_FAILED),
                series.count(Count.SERVER_FAILED),
                series.count(Count.RETRIED),
                series.count(Count.REDISPATCHED),
                availability.isUp(),
                availability.since(),
                availability.downs(),
                availability.downTime(now),
                series.recent());
    }

    public ServerStatistics server(ServerEntry entry) {
        Instant now = clock.instant();
        Series series = series(entry);
        ServerHistory history = history(entry);
        return new ServerStatistics(
                series.activity(entry.inFlight(), entry.load().most(), now),
                series.tunnels(),
                series.count(Count.DISPATCHED),
                series.count(Count.CONNECTED),
                series.count(Count.REUSED),
                series.count(Count.CONNECT_FAILED),
                series.count(Count.SERVER_FAILED),
                series.count(Count.RETRIED),
                series.count(Count.REDISPATCHED),
                history.checksFailed(),
                history.downs(),
                history.gone(now),
                history.lastCheck(),
                series.recent());
    }

    /** Failures by reason, refusals included. */
    public Map<String, Long> failures() {
        return TrafficCounters.failures(counters.get());
    }

    /** The last 200 transitions of all pools, the newest last. */
    public List<ServerTransition> transitions() {
        synchronized (transitions) {
            return List.copyOf(transitions);
        }
    }

    /** When counting began. */
    public Instant started() {
        return started;
    }

    /** Now, by the clock that all times here are of. */
    public Instant now() {
        return clock.instant();
    }

    /** Sets the maxima to the present; with {@code all} every counter to zero, too, but those of {@link #failures}. */
    public void clear(boolean all) {
        Instant now = clock.instant();
        plane.forgetMostQueued();
        plane.listeners()
                .forEach(each -> listener(each).clear(all, listener(each).open()));
        for (PoolController pool : pools.all()) {
            series(pool).clear(all, current(pool));
            PoolSnapshot snapshot = pool.snapshot();
            for (ServerEntry entry : snapshot.entries()) {
                entry.load().forgetMost();
                series(entry).clear(all, entry.inFlight());
            }
        }
        if (all) {
            histories.values().forEach(history -> history.clear(now));
            availabilities.values().forEach(availability -> availability.clear(now));
        }
    }
}
