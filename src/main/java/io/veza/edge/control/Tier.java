package io.veza.edge.control;

import io.veza.edge.balance.Balancer;
import io.veza.edge.balance.ConsistentHash;
import io.veza.edge.balance.LeastConnections;
import io.veza.edge.balance.RandomOfTwo;
import io.veza.edge.balance.RoundRobin;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.Balance;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A pool's ordinary servers, or its backups, and the balancer over those of them that take new sessions. */
final class Tier {

    private final List<ServerEntry> usable;
    private final Balancer<ServerEntry> keyed;
    private final Balancer<ServerEntry> keyless;

    private Tier(List<ServerEntry> members, Balancer<ServerEntry> keyed, Balancer<ServerEntry> keyless) {
        this.usable = members.stream().filter(e -> e.effectiveWeight() > 0).toList();
        this.keyed = keyed;
        this.keyless = keyless;
    }

    /**
     * @param members all of the tier, also those that take nothing now
     * @param previous the tier this one replaces, to go on from its ring
     */
    static Tier of(
            Balance balance,
            List<ServerEntry> members,
            @Nullable Tier previous,
            AtomicLong sequence,
            LongSupplier entropy) {
        Algorithm algorithm = balance.algorithm();
        Balancer<ServerEntry> balancer =
                switch (algorithm) {
                    case ROUNDROBIN -> new RoundRobin<>(members, sequence);
                    case LEASTCONN -> new LeastConnections<>(members, sequence);
                    case RANDOM -> new RandomOfTwo<>(members, entropy);
                    case URI ->
                        previous != null && previous.keyed instanceof ConsistentHash<ServerEntry> ring
                                ? ring.next(members)
                                : new ConsistentHash<>(members, balance.boundedLoad());
                };
        return new Tier(members, balancer, algorithm == Algorithm.URI ? new RoundRobin<>(members, sequence) : balancer);
    }

    @Nullable
    ServerEntry pick(long key, Set<String> excluded) {
        return keyed.pick(key, excluded);
    }

    /** Whether this server is the key's own; false in a tier that does not balance by key. */
    boolean owns(long key, ServerEntry entry) {
        return keyed instanceof ConsistentHash<ServerEntry> ring && ring.owns(key, entry);
    }

    @Nullable
    ServerEntry pickWithoutKey(Set<String> excluded) {
        return keyless.pick(0, excluded);
    }

    /** Whether any server takes new sessions, full or not, that is not excluded. */
    boolean usable(Set<String> excluded) {
        if (excluded.isEmpty()) {
            return !usable.isEmpty();
        }
        for (ServerEntry entry : usable) {
            if (!excluded.contains(entry.server().name())) {
                return true;
            }
        }
        return false;
    }

    /** Whether every usable server that is not excluded is full. */
    boolean full(Set<String> excluded) {
        for (ServerEntry entry : usable) {
            if (entry.takes(excluded)) {
                return false;
            }
        }
        return true;
    }
}
