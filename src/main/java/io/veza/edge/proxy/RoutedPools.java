package io.veza.edge.proxy;

import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.TransitionListener;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The pools that requests are placed in, by name; those that are gone as well until another has their name, since who took
 * a list of pools before may still ask for one. Thread-safe.
 */
final class RoutedPools {

    private final Map<String, PoolTraffic> byName = new ConcurrentHashMap<>();
    private final AtomicInteger ids = new AtomicInteger();
    private volatile List<PoolTraffic> present = List.of();
    private final TransitionListener listener;

    /** @param listener is told of the transitions of all of them */
    RoutedPools(TransitionListener listener) {
        this.listener = listener;
    }

    /** @throws IllegalArgumentException if there never was such a pool */
    PoolTraffic get(String name) {
        PoolTraffic pool = byName.get(name);
        if (pool == null) {
            throw new IllegalArgumentException("there is no pool " + name);
        }
        return pool;
    }

    /** Those that are not gone. */
    List<PoolTraffic> present() {
        return present;
    }

    Collection<PoolTraffic> all() {
        return byName.values();
    }

    /** What there would be for these, put to no use yet: the same objects where nothing but servers changes. */
    List<PoolTraffic> next(Map<PoolController, PoolDefinition> wanted) {
        List<PoolTraffic> next = new ArrayList<>();
        wanted.forEach((controller, definition) -> {
            PoolTraffic known = byName.get(controller.name());
            if (known == null || !known.isOf(controller)) {
                next.add(new PoolTraffic(controller, ids.getAndIncrement()));
            } else {
                PoolTraffic changed = known.isOf(controller, definition) ? known : new PoolTraffic(known, definition);
                if (!changed.equals(known)) {
                    known.succeededBy(changed);
                }
                next.add(changed);
            }
        });
        return next;
    }

    /** From now on these count for their names. */
    void begin(Collection<PoolTraffic> pools) {
        present = List.copyOf(pools);
        for (PoolTraffic pool : pools) {
            PoolTraffic before = byName.put(pool.name(), pool);
            if (before == null || !before.isOf(pool.controller())) {
                pool.controller().addListener(listener);
                pool.controller().addChangeListener(pool.queue::wakeAll);
            }
            pool.begin();
        }
    }
}
