package io.veza.edge.balance;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The server that carries the least for its weight; among equals, the one whose turn it is in {@link RoundRobin}.
 *
 * <p>The search begins there and ends at the first idle server, which nothing can undercut, so a pool with idle servers
 * is balanced round robin at round robin's cost. Only a pool in which all are busy is looked through whole. An exact
 * order kept up to date would need a lock shared by all event loops.
 */
public final class LeastConnections<C extends Candidate> implements Balancer<C> {

    private final RoundRobin<C> turns;
    private final List<C> candidates;

    public LeastConnections(List<C> candidates, AtomicLong sequence) {
        this.turns = new RoundRobin<>(candidates, sequence);
        this.candidates = turns.candidates();
    }

    @Override
    public @Nullable C pick(long key, Set<String> excluded) {
        int size = candidates.size();
        if (size == 0) {
            return null;
        }
        C least = null;
        int index = turns.next();
        for (int i = 0; i < size; i++) {
            C candidate = candidates.get(index);
            if (candidate.takes(excluded) && (least == null || candidate.lessLoadedThan(least))) {
                least = candidate;
                if (least.inFlight() == 0) {
                    break;
                }
            }
            index = index + 1 == size ? 0 : index + 1;
        }
        return least;
    }
}
