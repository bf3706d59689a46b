package io.veza.edge.balance;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A circle of points, each belonging to one server. A server's points follow from its name and its weight alone: they
 * are the first so many of an endless sequence that its name seeds, {@value #POINTS_PER_UNIT} for a unit of weight. So
 * a weight that changes adds or takes points of that server, and no others.
 *
 * <p>A point is 48 bits of hash and, below them, 16 bits of server index, so that the sorted array is the whole
 * structure. Indexes follow the order of names; where two servers' hashes meet, the first name owns the key.
 */
final class Ring {

    static final int POINTS_PER_UNIT = 256;
    static final int MAX_SERVERS = 1 << 16;

    private static final long INDEX_MASK = MAX_SERVERS - 1;

    private final String[] names;
    private final int[] weights;
    private final long[] points;

    private Ring(String[] names, int[] weights, long[] points) {
        this.names = names;
        this.weights = weights;
        this.points = points;
    }

    /**
     * @param names in ascending order, at most {@value #MAX_SERVERS}
     * @param weights in hundredths, parallel to the names
     */
    static Ring of(String[] names, int[] weights) {
        if (names.length > MAX_SERVERS) {
            throw new IllegalArgumentException(names.length + " servers are more than a ring of " + MAX_SERVERS);
        }
        boolean[] all = new boolean[names.length];
        Arrays.fill(all, true);
        return new Ring(names, weights, points(names, weights, all));
    }

    /** The ring of these servers, made from this one by merging in only the points of servers whose weight changed. */
    Ring next(String[] newNames, int[] newWeights) {
        if (!Arrays.equals(names, newNames)) {
            return of(newNames, newWeights);
        }
        if (Arrays.equals(weights, newWeights)) {
            return this;
        }
        boolean[] changed = new boolean[weights.length];
        for (int i = 0; i < changed.length; i++) {
            changed[i] = weights[i] != newWeights[i];
        }
        return new Ring(names, newWeights, merged(changed, points(names, newWeights, changed)));
    }

    int size() {
        return points.length;
    }

    /** The position of the first point at or after the key, around the circle. The ring is not empty. */
    int find(long key) {
        long from = key & ~INDEX_MASK;
        int low = 0;
        int high = points.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (points[middle] < from) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == points.length ? 0 : low;
    }

    /** The index of the server to whom the point at this position belongs. */
    int serverAt(int position) {
        return (int) (points[position] & INDEX_MASK);
    }

    private long[] merged(boolean[] replaced, long[] fresh) {
        int kept = 0;
        for (long point : points) {
            kept += replaced[(int) (point & INDEX_MASK)] ? 0 : 1;
        }
        long[] all = new long[kept + fresh.length];
        int to = 0;
        int from = 0;
        for (long point : points) {
            if (!replaced[(int) (point & INDEX_MASK)]) {
                while (from < fresh.length && fresh[from] < point) {
                    all[to++] = fresh[from++];
                }
                all[to++] = point;
            }
        }
        System.arraycopy(fresh, from, all, to, fresh.length - from);
        return all;
    }

    /** The points of the servers that are wanted, in ascending order. */
    private static long[] points(String[] names, int[] weights, boolean[] wanted) {
        int total = 0;
        for (int i = 0; i < names.length; i++) {
            total = Math.addExact(total, wanted[i] ? count(weights[i]) : 0);
        }
        long[] points = new long[total];
        int at = 0;
        for (int i = 0; i < names.length; i++) {
            if (wanted[i]) {
                byte[] name = names[i].getBytes(StandardCharsets.UTF_8);
                long state = KeyHash.hash(name, 0, name.length);
                for (int left = count(weights[i]); left > 0; left--) {
                    state += GOLDEN;
                    points[at++] = (mixed(state) & ~INDEX_MASK) | i;
                }
            }
        }
        Arrays.sort(points);
        return points;
    }

    /** At least one point for any weight above 0, however small. */
    private static int count(int weight) {
        return weight == 0 ? 0 : Math.max(1, weight * POINTS_PER_UNIT / SlowStart.UNIT);
    }

    /** The fraction of the golden ratio in 64 bits, odd: the step of SplitMix64. */
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    /**
     * The output function of SplitMix64. Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators",
     * 2014, with the constants of Stafford's variant 13.
     */
    private static long mixed(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
