package io.veza.edge.control;

import io.veza.edge.health.HealthPolicy;
import io.veza.edge.persistence.StickyCookie;
import io.veza.edge.pool.Pool;
import io.veza.edge.pool.Server;
import java.util.List;
import java.util.Optional;

/**
 * All that is configured of one pool: its servers and balance, how they are checked, what keeps clients on them, how they
 * are spoken to.
 */
public record PoolDefinition(Pool pool, HealthPolicy health, Optional<StickyCookie> stickyCookie, ServerLink link) {

    /** A pool whose servers speak HTTP/1.1 in clear text. */
    public PoolDefinition(Pool pool, HealthPolicy health, Optional<StickyCookie> stickyCookie) {
        this(pool, health, stickyCookie, ServerLink.PLAIN);
    }

    /** Whether the other is the same but for its servers. */
    public boolean equalsButServers(PoolDefinition other) {
        return withServers(List.of()).equals(other.withServers(List.of()));
    }

    PoolDefinition withLink(ServerLink other) {
        return new PoolDefinition(pool, health, stickyCookie, other);
    }

    PoolDefinition withServers(List<Server> servers) {
        Pool changed = new Pool(
                pool.name(),
                pool.balance(),
                pool.slowStart(),
                pool.onMarkedDown(),
                pool.timeouts(),
                pool.maxQueue(),
                servers);
        return new PoolDefinition(changed, health, stickyCookie, link);
    }
}
