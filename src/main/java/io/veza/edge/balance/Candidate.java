package io.veza.edge.balance;

import io.veza.edge.pool.Server;
import java.util.Set;

/** One server as a balancer sees it. Weight and identity are fixed; the load is read afresh at every pick. */
public interface Candidate {

    Server server();

    /** In hundredths of the configured unit, 0 to 25,600, so that slow start works at weight 1; 0 is never picked. */
    int effectiveWeight();

    /** Exchanges and tunnels it carries now. */
    int inFlight();

    /** Whether it is at its {@code max-connections}. */
    boolean full();

    /** Whether it may be given one more by a request that has already failed on the {@code excluded} names. */
    default boolean takes(Set<String> excluded) {
        return !full() && (excluded.isEmpty() || !excluded.contains(server().name()));
    }
}
