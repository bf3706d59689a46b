package io.veza.edge.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.veza.edge.metrics.KeyShares.Share;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A server's share of the keys, and who would take it over, as JSON. */
final class JsonKeyShares {

    /** How many heirs of a server's keys are named; the greatest, since a ring of 200 spreads them over 199. */
    private static final int HEIRS = 5;

    private JsonKeyShares() {}

    /** Null for a server of a pool that does not balance by a key. */
    static @Nullable JsonObject of(@Nullable Share share) {
        if (share == null) {
            return null;
        }
        List<JsonObject> greatest = share.heirs().entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(HEIRS)
                .map(heir -> new JsonObject()
                        .put("server", heir.getKey())
                        .put("share", new Share(heir.getValue(), Map.of()).ratio()))
                .toList();
        return new JsonObject()
                .put("share", share.ratio())
                .put("heirs", share.heirs().size())
                .put("greatestHeirs", new JsonArray(greatest));
    }
}
