package io.veza.edge.metrics;

import io.prometheus.client.Collector;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.Pools;
import io.veza.edge.proxy.Listener;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficPlane;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * What a scrape gets: the event loops' counters folded, and the present of listeners, pools and servers, all read at that
 * moment without keeping anybody waiting. What is not there any more, such as a removed server, has no series any more.
 * Thread-safe.
 */
public final class EdgeCollector extends Collector {

    private final TrafficPlane plane;
    private final Supplier<Collection<TrafficCounters>> loops;
    private final Pools controllers;
    private final Map<PoolController, PoolFamilies> pools = new ConcurrentHashMap<>();
    private final ProcessFamilies process;

    /**
     * To be made before checks start, so that none is missed.
     *
     * @param loops the counters of all event loops
     * @param clock the one that the controllers go by
     */
    public EdgeCollector(
            Pools controllers,
            TrafficPlane plane,
            Supplier<Collection<TrafficCounters>> loops,
            InstantSource clock,
            ProcessFacts facts) {
        this.plane = plane;
        this.loops = loops;
        KeyShares shares = new KeyShares(false);
        this.controllers = controllers;
        controllers.follow(pool -> pools.put(pool, new PoolFamilies(pool, plane, new PoolTally(pool, clock), shares)));
        controllers.whenGone(pools::remove);
        this.process = new ProcessFamilies(facts, controllers);
    }

    @Override
    public List<MetricFamilySamples> collect() {
        Families families = new Families();
        Collection<TrafficCounters> now = loops.get();
        for (Listener listener : plane.listeners()) {
            ListenerFamilies.add(
                    families, new Counted(now, TrafficCounters.Scope.LISTENER, listener.id()), listener, plane);
        }
        for (PoolController controller : controllers.all()) {
            PoolFamilies pool = pools.get(controller);
            // One that went just now has none any more.
            if (pool != null) {
                pool.add(families, now);
            }
        }
        process.add(families, now);
        return families.all();
    }
}
