package io.veza.edge.admin;

import io.veza.edge.control.Pools;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.proxy.TrafficPlane;

/**
 * The table of {@code show stat} for those who ask over HTTP. Made when the edge starts, so that it numbers servers as the
 * runtime API does. Thread-safe.
 */
public final class ApiTable {

    private final StatTable table;

    public ApiTable(Pools pools, TrafficPlane plane, Statistics statistics, RuntimeApi.EdgeProcess process) {
        this.table = new StatTable(new Proxies(pools, plane), statistics, process);
    }

    /** What HAProxy's statistics page gives out as {@code ;csv}. Waits for the event loops: not to be called on one. */
    public String csv() {
        return StatFormat.csv(table.rows(StatFilter.ALL));
    }
}
