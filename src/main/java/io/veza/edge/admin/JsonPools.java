package io.veza.edge.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.health.ServerState;
import io.veza.edge.metrics.KeyShares;
import io.veza.edge.metrics.PoolStatistics;
import io.veza.edge.metrics.ServerStatistics;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.Pool;
import io.veza.edge.pool.Server;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Pools and servers as JSON: one snapshot of each pool with what is counted for it. Thread-safe. */
final class JsonPools {

    private final KeyShares shares = new KeyShares(true);

    JsonArray all(ApiTarget edge) {
        JsonArray pools = new JsonArray();
        edge.pools().forEach(pool -> pools.add(pool(edge, pool)));
        return pools;
    }

    JsonObject pool(ApiTarget edge, PoolController controller) {
        PoolSnapshot snapshot = controller.snapshot();
        PoolDefinition definition = snapshot.definition();
        PoolStatistics counted = edge.statistics().pool(controller.name());
        JsonObject json = new JsonObject()
                .put("name", controller.name())
                .put("version", snapshot.version())
                .put("balance", balance(definition.pool().balance()))
                .put("stickyCookie", definition.stickyCookie().isPresent())
                .put("slowStart", JsonActivity.seconds(definition.pool().slowStart()))
                .put("checks", checks(definition.health()))
                .put("up", counted.up())
                .put("since", JsonActivity.time(counted.upSince()))
                .put("serversUp", usable(snapshot))
                .put("inFlight", counted.activity().current())
                .put("mostInFlight", counted.activity().most())
                .put("tunnels", counted.tunnels())
                .put("queued", counted.queued())
                .put("mostQueued", counted.mostQueued())
                .put("maxQueue", definition.pool().maxQueue())
                .put("refused", counted.refused())
                .put("connectErrors", counted.connectErrors())
                .put("responseErrors", counted.responseErrors())
                .put("retries", counted.retries())
                .put("redispatches", counted.redispatches())
                .put("downs", counted.downs())
                .put("downTime", JsonActivity.seconds(counted.downTime()))
                .put("recent", JsonActivity.recent(counted.recent()));
        return JsonActivity.put(json, counted.activity()).put("servers", servers(edge, snapshot));
    }

    private static long usable(PoolSnapshot snapshot) {
        return snapshot.entries().stream().filter(e -> e.effectiveWeight() > 0).count();
    }

    private static JsonObject balance(Balance balance) {
        return new JsonObject()
                .put("algorithm", JsonFields.word(balance.algorithm()))
                .put(
                        "boundedLoad",
                        balance.boundedLoad().isPresent()
                                ? balance.boundedLoad().getAsDouble()
                                : null);
    }

    private static JsonObject checks(HealthPolicy policy) {
        return new JsonObject()
                .put("enabled", policy.enabled())
                .put("path", policy.path())
                .put("interval", JsonActivity.seconds(policy.interval()))
                .put("rise", policy.rise())
                .put("fall", policy.fall());
    }

    JsonArray servers(ApiTarget edge, PoolSnapshot snapshot) {
        Map<String, KeyShares.Share> keys = shares.of(snapshot);
        JsonArray servers = new JsonArray();
        snapshot.entries().forEach(entry -> servers.add(server(edge.statistics(), snapshot, entry, keys)));
        return servers;
    }

    JsonObject server(ApiTarget edge, PoolSnapshot snapshot, ServerEntry entry) {
        return server(edge.statistics(), snapshot, entry, shares.of(snapshot));
    }

    private static JsonObject server(
            Statistics statistics, PoolSnapshot snapshot, ServerEntry entry, Map<String, KeyShares.Share> keys) {
        Pool pool = snapshot.definition().pool();
        Server server = entry.server();
        ServerState state = entry.state();
        ServerStatistics counted = statistics.server(entry);
        Instant now = statistics.now();
        JsonObject json = new JsonObject()
                .put("pool", pool.name())
                .put("name", server.name())
                .put("address", server.address().toString())
                .put("resolved", resolved(entry.address()))
                .put("backup", server.backup())
                .put("state", JsonFields.word(state.admin()))
                .put("health", JsonFields.word(state.health()))
                .put("admits", JsonFields.word(entry.admission()))
                .put("reason", state.reason().word())
                .put("detail", state.detail())
                .put("since", JsonActivity.time(state.since()))
                .put("sinceSeconds", JsonActivity.seconds(Duration.between(state.since(), now)))
                .put("drain", drain(state, now))
                .put("weight", weight(entry))
                .put("slowStart", slowStart(state, pool.slowStart(), now))
                .put("inFlight", entry.inFlight())
                .put("mostInFlight", entry.load().most())
                .put("maxConnections", bound(server.maxConnections()))
                .put("tunnels", counted.tunnels())
                .put("checked", snapshot.definition().health().enabled() && entry.checked())
                .put("lastCheck", lastCheck(counted, now))
                .put("keys", JsonKeyShares.of(keys.get(server.name())));
        return counted(JsonActivity.put(json, counted.activity()), counted);
    }

    private static JsonObject counted(JsonObject json, ServerStatistics counted) {
        return json.put("dispatched", counted.dispatched())
                .put("connects", counted.connects())
                .put("reused", counted.reused())
                .put("connectErrors", counted.connectErrors())
                .put("responseErrors", counted.responseErrors())
                .put("retries", counted.retries())
                .put("redispatches", counted.redispatches())
                .put("checksFailed", counted.checksFailed())
                .put("downs", counted.downs())
                .put("downTime", JsonActivity.seconds(counted.downTime()))
                .put("recent", JsonActivity.recent(counted.recent()));
    }

    private static @Nullable String resolved(@Nullable InetSocketAddress address) {
        return address == null ? null : JsonTraffic.address(address);
    }

    private static @Nullable Integer bound(OptionalInt bound) {
        return bound.isPresent() ? bound.getAsInt() : null;
    }

    private static JsonObject weight(ServerEntry entry) {
        return new JsonObject()
                .put("configured", entry.server().weight().value())
                .put("set", entry.weight().value())
                .put("effective", entry.effectiveUnits());
    }

    private static @Nullable JsonObject drain(ServerState state, Instant now) {
        return state.drain()
                .map(drain -> new JsonObject()
                        .put("deadline", JsonActivity.time(drain.deadline()))
                        .put("remaining", JsonActivity.seconds(drain.remaining(now)))
                        .put("holders", drain.holdersStay() ? "stay" : "move")
                        .put("then", drain.thenMaintenance() ? "maint" : "drain"))
                .orElse(null);
    }

    private static @Nullable JsonObject slowStart(ServerState state, Duration window, Instant now) {
        return state.rampStart()
                .map(start -> {
                    Duration left = Duration.between(now, start.plus(window));
                    return new JsonObject()
                            .put("since", JsonActivity.time(start))
                            .put("remaining", JsonActivity.seconds(left.isNegative() ? Duration.ZERO : left));
                })
                .orElse(null);
    }

    private static @Nullable JsonObject lastCheck(ServerStatistics counted, Instant now) {
        return counted.lastCheck()
                .map(check -> {
                    CheckResult result = check.result();
                    return new JsonObject()
                            .put("passed", result.passed())
                            .put("outcome", JsonFields.word(result.outcome()))
                            .put("status", bound(result.status()))
                            .put("detail", result.detail())
                            .put("duration", JsonActivity.seconds(result.took()))
                            .put("at", JsonActivity.time(check.at()))
                            .put("age", JsonActivity.seconds(Duration.between(check.at(), now)));
                })
                .orElse(null);
    }
}
