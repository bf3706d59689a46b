package io.veza.edge.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.veza.edge.control.ServerTransition;
import java.util.List;
import java.util.function.Supplier;

/** What can be read of the running edge without knowing anybody's traffic, for the API and the console alike. Thread-safe. */
public final class ApiView {

    /** What the console shows; the API has all that are kept. */
    private static final int RECENT_TRANSITIONS = 50;

    private final Supplier<ApiTarget> edge;
    private final RuntimeApi.EdgeProcess process;
    private final ApiAccess access;
    private final JsonPools pools = new JsonPools();

    /** @param edge throws {@link ApiRoutes.NotRunning} before the start */
    public ApiView(Supplier<ApiTarget> edge, RuntimeApi.EdgeProcess process, ApiAccess access) {
        this.edge = edge;
        this.process = process;
        this.access = access;
    }

    JsonPools pools() {
        return pools;
    }

    JsonObject info() {
        return JsonTraffic.info(edge.get(), process, access);
    }

    /** Everything a page needs to show the present, as one text: {@code info}, {@code pools} and {@code transitions}. */
    public String snapshot() {
        ApiTarget target = edge.get();
        List<ServerTransition> transitions = target.statistics().transitions();
        JsonArray recent = JsonTraffic.transitions(
                transitions.subList(Math.max(0, transitions.size() - RECENT_TRANSITIONS), transitions.size()));
        return new JsonObject()
                .put("info", info())
                .put("pools", pools.all(target))
                .put("certificates", JsonCertificates.all(target))
                .put("transitions", recent)
                .encode();
    }
}
