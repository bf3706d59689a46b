package io.veza.edge.balance;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The server that would carry the least for its weight with one more; among equals, the one whose turn it is in
 * {@link RoundRobin}.
 *
 * <p>That one is taken without a search if it is idle. So idle servers share by weight at round robin's cost, where the
 * rule alone would send every single request to the heaviest, and a server in slow start gets no more than its turns
 * only because it is idle. A search looks at every server; an exact order kept up to date would need a lock shared by
 * all event loops, and a search of a thousand busy servers takes 1.7 µs.
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
        int turn = turns.next();
        C next = candidates.get(turn);
        if (next.inFlight() == 0 && next.takes(excluded)) {
            return next;
        }
        C least = null;
        for (int i = 0; i < size; i++) {
            C candidate = candidates.get(turn + i < size ? turn + i : turn + i - size);
            if (candidate.takes(excluded) && (least == null || wouldCarryLess(candidate, least))) {
                least = candidate;
            }
        }
        return least;
    }

    private static boolean wouldCarryLess(Candidate one, Candidate other) {
        return (one.inFlight() + 1L) * other.effectiveWeight() < (other.inFlight() + 1L) * one.effectiveWeight();
    }
}
