package io.veza.edge.admin;

import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.proxy.TrafficPlane;
import java.util.List;

/** The running edge as the API sees it: what is asked and commanded. */
public record ApiTarget(List<PoolController> pools, TrafficPlane plane, Statistics statistics) {

    public ApiTarget {
        pools = List.copyOf(pools);
    }

    /** @throws ApiProblem with 404 if there is none of that name */
    PoolController pool(String name) {
        return pools.stream()
                .filter(pool -> pool.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new ApiProblem(
                        404,
                        "there is no pool of that name, only "
                                + pools.stream().map(PoolController::name).toList()));
    }

    /** @throws ApiProblem with 404 if there is none of that name */
    static ServerEntry server(PoolSnapshot pool, String name) {
        ServerEntry entry = pool.entry(name);
        if (entry == null) {
            throw new ApiProblem(404, "pool " + pool.definition().pool().name() + " has no server of that name");
        }
        return entry;
    }
}
