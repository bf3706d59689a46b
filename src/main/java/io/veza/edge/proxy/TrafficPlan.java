package io.veza.edge.proxy;

import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.pool.Route;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What traffic is to go by next: made of a whole configuration, with the files that it names read, before anything of it is
 * put to use. See {@link TrafficPlane#plan}.
 */
public final class TrafficPlan {

    /**
     * A configuration as far as traffic is concerned.
     *
     * @param pools each with what is configured of it
     * @param defaultPool for requests that no route takes
     * @param listeners by their names; one that is missing stays as it is
     */
    public record Wanted(
            TrafficSettings settings,
            Map<PoolController, PoolDefinition> pools,
            List<Route> routes,
            Optional<String> defaultPool,
            Map<String, ListenerSettings> listeners) {}

    private final Wanted wanted;
    private final Map<String, PoolTraffic> pools = new HashMap<>();
    private final RouteTable<PoolTraffic> routes;

    /** @param pools of these, those that are wanted */
    TrafficPlan(Wanted wanted, Collection<PoolTraffic> pools) {
        this.wanted = wanted;
        pools.forEach(pool -> this.pools.put(pool.name(), pool));
        this.routes = new RouteTable<>(
                wanted.routes(),
                this.pools,
                wanted.defaultPool().map(this.pools::get).orElse(null));
    }

    Wanted wanted() {
        return wanted;
    }

    Map<String, PoolTraffic> pools() {
        return pools;
    }

    RouteTable<PoolTraffic> routes() {
        return routes;
    }
}
