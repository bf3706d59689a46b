package io.veza.edge.balance;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Two different servers drawn at random in proportion to their weights, and of these the one that carries less for its
 * weight. Several edges with the same servers do not follow each other, as they would with {@link LeastConnections}.
 * Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001.
 */
public final class RandomOfTwo<C extends Candidate> implements Balancer<C> {

    private final List<C> candidates;

    /** {@code upTo[i]} is the sum of the weights of the candidates 0 to i. */
    private final long[] upTo;

    private final LongSupplier entropy;

    /** @param entropy 64 independent random bits a call, safe for any thread */
    public RandomOfTwo(List<C> candidates, LongSupplier entropy) {
        this.candidates =
                candidates.stream().filter(c -> c.effectiveWeight() > 0).toList();
        this.upTo = new long[this.candidates.size()];
        long sum = 0;
        for (int i = 0; i < upTo.length; i++) {
            sum += this.candidates.get(i).effectiveWeight();
            upTo[i] = sum;
        }
        this.entropy = entropy;
    }

    @Override
    public @Nullable C pick(long key, Set<String> excluded) {
        int size = candidates.size();
        if (size < 2) {
            return size == 1 ? usable(0, excluded) : null;
        }
        long bits = entropy.getAsLong();
        int first = at(scaled(bits >>> 32, upTo[size - 1]));
        int second = otherThan(first, bits & 0xFFFF_FFFFL);
        C one = usable(first, excluded);
        C two = usable(second, excluded);
        if (one == null || two == null) {
            return one != null ? one : two != null ? two : anyAfter(first, excluded);
        }
        // As drawn if both are idle: the weights have had their say.
        boolean secondCarriesLess =
                (long) two.inFlight() * one.effectiveWeight() < (long) one.inFlight() * two.effectiveWeight();
        return secondCarriesLess ? two : one;
    }

    /** Draws among the rest, as if the first had been cut out of the line of weights. */
    private int otherThan(int first, long bits) {
        long weight = candidates.get(first).effectiveWeight();
        long point = scaled(bits, upTo[upTo.length - 1] - weight);
        return at(point < upTo[first] - weight ? point : point + weight);
    }

    /** From 32 random bits a number in {@code [0, bound)}; the bound is below 2^31 for any pool that fits in memory. */
    private static long scaled(long bits, long bound) {
        return (bits * bound) >>> 32;
    }

    private int at(long point) {
        int found = Arrays.binarySearch(upTo, point);
        return found >= 0 ? found + 1 : -found - 1;
    }

    private @Nullable C usable(int index, Set<String> excluded) {
        C candidate = candidates.get(index);
        return candidate.takes(excluded) ? candidate : null;
    }

    private @Nullable C anyAfter(int index, Set<String> excluded) {
        for (int step = 1; step < candidates.size(); step++) {
            C candidate = usable((index + step) % candidates.size(), excluded);
            if (candidate != null) {
                return candidate;
            }
        }
        return null;
    }
}
