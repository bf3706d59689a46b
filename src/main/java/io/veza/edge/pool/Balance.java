package io.veza.edge.pool;

import java.util.OptionalDouble;

/**
 * A pool's way of choosing: the algorithm and, for {@link Algorithm#URI}, its key and load bound.
 *
 * @param boundedLoad a factor above 1 over the average load that no server may exceed; empty for no bound. Source:
 *     Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2018.
 */
public record Balance(Algorithm algorithm, HashKey hashKey, OptionalDouble boundedLoad) {

    public static final Balance ROUNDROBIN = of(Algorithm.ROUNDROBIN);

    public Balance {
        if (boundedLoad.isPresent() && !(boundedLoad.getAsDouble() > 1.0 && boundedLoad.getAsDouble() <= 100.0)) {
            throw new IllegalArgumentException(
                    "bounded-load " + boundedLoad.getAsDouble() + " is not above 1 and at most 100");
        }
    }

    /** The algorithm with the default key and no bound. */
    public static Balance of(Algorithm algorithm) {
        return new Balance(algorithm, new HashKey.Uri(), OptionalDouble.empty());
    }
}
