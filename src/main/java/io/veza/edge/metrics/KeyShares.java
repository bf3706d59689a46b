package io.veza.edge.metrics;

import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.pool.Algorithm;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which share of the keys each server of a hash pool has, and where they would go if it left. Found by asking the pool's
 * own balancer for {@link #PROBES} keys spread evenly over all hashes, so that it is true of what is running; a full server,
 * or one above the load bound, shows what it passes on. Kept until the pool changes. Thread-safe.
 */
public final class KeyShares {

    /** A share is exact to about one in this many. */
    public static final int PROBES = 10_000;

    /** 2^64 divided by the golden ratio, odd: its multiples spread over 64 bits as evenly as can be. */
    private static final long STEP = 0x9E37_79B9_7F4A_7C15L;

    /**
     * What one server has.
     *
     * @param keys of {@link #PROBES}
     * @param heirs who would take over how many of them, by name; nobody if that was not asked for
     */
    public record Share(int keys, Map<String, Integer> heirs) {
        public Share {
            heirs = Map.copyOf(heirs);
        }

        /** Of all keys, 0 to 1. */
        public double ratio() {
            return (double) keys / PROBES;
        }
    }

    /** What was found of one snapshot, by server name. */
    private record Found(PoolSnapshot snapshot, Map<String, Share> shares) {}

    private final boolean withHeirs;
    private final Map<String, Found> byPool = new ConcurrentHashMap<>();

    /**
     * @param withHeirs whether to find heirs, too: every server is looked at for every key then, 10 million looks in a pool
     *     of a thousand. In slow start a pool changes every second, and a scrape must not cost that.
     */
    public KeyShares(boolean withHeirs) {
        this.withHeirs = withHeirs;
    }

    /** By server name; empty for a pool that does not balance by a key. */
    @SuppressWarnings(
            "ReferenceEquality") // each change makes another snapshot, and a pool may come back with its versions
    public Map<String, Share> of(PoolSnapshot snapshot) {
        if (snapshot.definition().pool().balance().algorithm() != Algorithm.URI) {
            return Map.of();
        }
        String name = snapshot.definition().pool().name();
        Found found = byPool.get(name);
        if (found == null || found.snapshot() != snapshot) {
            found = new Found(snapshot, probe(snapshot));
            byPool.put(name, found);
        }
        return found.shares();
    }

    private Map<String, Share> probe(PoolSnapshot snapshot) {
        Map<String, Integer> owned = new HashMap<>();
        Map<String, Map<String, Integer>> inherited = new HashMap<>();
        for (int i = 0; i < PROBES; i++) {
            long key = i * STEP;
            String owner = name(snapshot.pick(key, Set.of()));
            if (owner != null) {
                owned.merge(owner, 1, Integer::sum);
                String heir = withHeirs ? name(snapshot.pick(key, Set.of(owner))) : null;
                if (heir != null) {
                    inherited.computeIfAbsent(owner, o -> new HashMap<>()).merge(heir, 1, Integer::sum);
                }
            }
        }
        Map<String, Share> shares = new LinkedHashMap<>();
        for (ServerEntry entry : snapshot.entries()) {
            String server = entry.server().name();
            shares.put(server, new Share(owned.getOrDefault(server, 0), inherited.getOrDefault(server, Map.of())));
        }
        return shares;
    }

    private static @Nullable String name(@Nullable ServerEntry entry) {
        return entry == null ? null : entry.server().name();
    }
}
