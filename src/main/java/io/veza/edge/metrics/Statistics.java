package io.veza.edge.metrics;

import io.veza.edge.control.PoolController;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficPlane;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads what is counted and works out what only shows over time; {@link #sample} is to be called once a second. Thread-safe. */
public final class Statistics {

    private final List<PoolController> pools;
    private final TrafficPlane plane;
    private final Supplier<Collection<TrafficCounters>> counters;
    private final InstantSource clock;
    private final Instant started;

    public Statistics(
            List<PoolController> pools,
            TrafficPlane plane,
            Supplier<Collection<TrafficCounters>> counters,
            InstantSource clock) {
        this.pools = List.copyOf(pools);
        this.plane = plane;
        this.counters = counters;
        this.clock = clock;
        this.started = clock.instant();
    }

    /** Takes the counters' difference to a second ago. */
    public void sample() {}

    /** In the order in which they were bound. */
    public List<ListenerStatistics> listeners() {
        return List.of();
    }

    /** @throws IllegalArgumentException if there is no such pool */
    public PoolStatistics pool(String name) {
        PoolController pool = pools.stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no pool " + name));
        return new PoolStatistics(
                none(),
                0,
                plane.queued(pool.name()),
                0,
                0,
                0,
                0,
                0,
                0,
                true,
                started,
                0,
                Duration.ZERO,
                new ServerStatistics.Recent(List.of(), List.of()));
    }

    public ServerStatistics server(ServerEntry entry) {
        return new ServerStatistics(
                none(),
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                Duration.ZERO,
                Optional.empty(),
                new ServerStatistics.Recent(List.of(), List.of()));
    }

    private static Activity none() {
        return new Activity(
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                new Activity.Responses(0, 0, 0, 0, 0, 0),
                0,
                0,
                new Activity.Times(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO),
                new Activity.Percentiles(Duration.ZERO, Duration.ZERO, Duration.ZERO),
                Optional.empty());
    }

    /** Failures by reason, refusals included. */
    public Map<String, Long> failures() {
        return TrafficCounters.failures(counters.get());
    }

    /** The last 200 transitions of all pools, the newest last. */
    public List<ServerTransition> transitions() {
        return List.of();
    }

    /** When counting began. */
    public Instant started() {
        return started;
    }

    /** Now, by the clock that all times here are of. */
    public Instant now() {
        return clock.instant();
    }

    /** Sets the maxima to the present; with {@code all} every counter to zero, too. */
    public void clear(boolean all) {}
}
