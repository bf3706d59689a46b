package io.veza.edge.pool;

/**
 * The configured share of a server among its pool's servers, as HAProxy counts it: 0 to 256, where 0 takes no new
 * sessions but still serves the holders of its sticky cookie.
 */
public record Weight(int value) {

    public static final int MAX = 256;

    /** What a server gets whose weight nobody set. */
    public static final Weight DEFAULT = new Weight(1);

    public Weight {
        if (value < 0 || value > MAX) {
            throw new IllegalArgumentException("weight " + value + " is not in 0.." + MAX);
        }
    }
}
