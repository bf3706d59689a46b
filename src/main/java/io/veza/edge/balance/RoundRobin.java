package io.veza.edge.balance;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Weighted round robin by static stride scheduling: no lock, no memory beyond one number per server, the same cost for
 * two servers as for a thousand. Source: gRFC A58, "client-side weighted round robin".
 *
 * <p>One shared sequence runs over the servers again and again; a run over all of them is a generation. The heaviest is
 * chosen in every generation, the others in {@code weight} of every {@code top} generations, spread evenly, where
 * weights are divided by their greatest common divisor and {@code top} is the greatest. With weights a=5, b=1, c=1 the
 * generations are {@code a c | a | a b | a | a}: exactly 5:1:1 over one period of seven picks, and in any run of g
 * generations each server is chosen g·weight/top times, rounded down or up.
 *
 * <p>The sequence belongs to whoever builds the balancer, and goes on when the servers change: a pool that is rebuilt
 * often must not start over with its first server each time.
 */
public final class RoundRobin<C extends Candidate> implements Balancer<C> {

    /**
     * Past this the sequence is taken back to the same phase of an earlier period, so that it never overflows, where
     * one period would be cut short. Half of the range is left for threads that run on until one of them succeeds.
     */
    static final long REBASE = 1L << 62;

    /** Unusable picks in a row after which to look for any usable server: it is an overload and fairness is second. */
    private static final int MISSES = 16;

    private final List<C> candidates;
    private final int[] weights;
    private final int top;
    private final AtomicLong sequence;

    public RoundRobin(List<C> candidates, AtomicLong sequence) {
        this.candidates =
                candidates.stream().filter(c -> c.effectiveWeight() > 0).toList();
        this.weights = reduced(this.candidates);
        int greatest = 0;
        for (int weight : weights) {
            greatest = Math.max(greatest, weight);
        }
        this.top = greatest;
        this.sequence = sequence;
    }

    @Override
    public @Nullable C pick(long key, Set<String> excluded) {
        if (candidates.isEmpty()) {
            return null;
        }
        int index = 0;
        for (int misses = 0; misses < MISSES; misses++) {
            index = next();
            C candidate = candidates.get(index);
            if (candidate.takes(excluded)) {
                return candidate;
            }
        }
        for (int step = 1; step <= candidates.size(); step++) {
            C candidate = candidates.get((index + step) % candidates.size());
            if (candidate.takes(excluded)) {
                return candidate;
            }
        }
        return null;
    }

    /** The index whose turn it is, usable or not. There is at least one candidate. */
    int next() {
        int size = weights.length;
        while (true) {
            long n = sequence.getAndIncrement();
            if (n >= REBASE) {
                sequence.compareAndSet(n + 1, (n + 1) % ((long) size * top));
            }
            int index = (int) Math.floorMod(n, (long) size);
            if (top == 1) {
                return index;
            }
            long generation = Math.floorMod(Math.floorDiv(n, (long) size), (long) top);
            // The half-turn between neighbours keeps equal light servers from being chosen in the same generation.
            long phase = (weights[index] * generation + (long) index * (top / 2)) % top;
            if (phase >= top - weights[index]) {
                return index;
            }
        }
    }

    /** The candidates that can be chosen, in the order of {@link #next}. */
    List<C> candidates() {
        return candidates;
    }

    private static int[] reduced(List<? extends Candidate> candidates) {
        int divisor = 0;
        for (Candidate candidate : candidates) {
            divisor = gcd(candidate.effectiveWeight(), divisor);
        }
        int[] weights = new int[candidates.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = candidates.get(i).effectiveWeight() / divisor;
        }
        return weights;
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
