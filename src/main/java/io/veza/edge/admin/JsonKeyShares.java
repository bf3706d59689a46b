package io.veza.edge.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.pool.Algorithm;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which share of the keys each server of a hash pool has, and where they would go if it left. Found by asking the pool's
 * own balancer for {@link #PROBES} keys spread evenly over all hashes, so that it is true of what is running; a full server,
 * or one above the load bound, shows what it passes on. Kept until the pool changes. Thread-safe.
 */
final class JsonKeyShares {

    /** A share is exact to about one in this many. */
    static final int PROBES = 10_000;

    /** How many heirs of a server's keys are named; the greatest, since a ring of 200 spreads them over 199. */
    private static final int HEIRS = 5;

    /** 2^64 divided by the golden ratio, odd: its multiples spread over 64 bits as evenly as can be. */
    private static final long STEP = 0x9E37_79B9_7F4A_7C15L;

    /** What was found of one snapshot, by server name. */
    private record Found(PoolSnapshot snapshot, Map<String, JsonObject> shares) {}

    private final Map<String, Found> byPool = new ConcurrentHashMap<>();

    /** By server name; empty for a pool that does not balance by a key. */
    Map<String, JsonObject> of(PoolSnapshot snapshot) {
        if (snapshot.definition().pool().balance().algorithm() != Algorithm.URI) {
            return Map.of();
        }
        String name = snapshot.definition().pool().name();
        Found found = byPool.get(name);
        if (found == null || found.snapshot().version() != snapshot.version()) {
            found = new Found(snapshot, probe(snapshot));
            byPool.put(name, found);
        }
        return found.shares();
    }

    private static Map<String, JsonObject> probe(PoolSnapshot snapshot) {
        Map<String, Integer> owned = new HashMap<>();
        Map<String, Map<String, Integer>> inherited = new HashMap<>();
        for (int i = 0; i < PROBES; i++) {
            long key = i * STEP;
            String owner = name(snapshot.pick(key, Set.of()));
            if (owner != null) {
                owned.merge(owner, 1, Integer::sum);
                String heir = name(snapshot.pick(key, Set.of(owner)));
                if (heir != null) {
                    inherited.computeIfAbsent(owner, o -> new HashMap<>()).merge(heir, 1, Integer::sum);
                }
            }
        }
        Map<String, JsonObject> shares = new LinkedHashMap<>();
        for (ServerEntry entry : snapshot.entries()) {
            String server = entry.server().name();
            shares.put(server, share(owned.getOrDefault(server, 0), inherited.getOrDefault(server, Map.of())));
        }
        return shares;
    }

    private static @Nullable String name(@Nullable ServerEntry entry) {
        return entry == null ? null : entry.server().name();
    }

    private static JsonObject share(int owned, Map<String, Integer> heirs) {
        List<JsonObject> greatest = heirs.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(HEIRS)
                .map(heir -> new JsonObject().put("server", heir.getKey()).put("share", fraction(heir.getValue())))
                .toList();
        return new JsonObject()
                .put("share", fraction(owned))
                .put("heirs", heirs.size())
                .put("greatestHeirs", new JsonArray(greatest));
    }

    private static double fraction(int probes) {
        return (double) probes / PROBES;
    }
}
