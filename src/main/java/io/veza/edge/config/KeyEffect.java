package io.veza.edge.config;

import io.smallrye.config.ConfigValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a changed value does to an edge that runs, key by key. A key without an effect here fails a test. */
enum KeyEffect {
    /** It counts for whatever begins from now on: the next request, check, timer. */
    AT_ONCE,
    /** It counts for client connections made from now on; the others go on as they began. */
    NEW_CONNECTIONS,
    /** It counts for the next process: a reload with such a change is refused as a whole. */
    RESTART;

    /** Those that need a restart, and where their values are. */
    private static final Map<String, Function<EdgeConfig, ConfigValue>> FIXED = new TreeMap<>(Map.ofEntries(
            Map.entry("edge.listen.host", config -> config.listen().host()),
            Map.entry("edge.listen.http", config -> config.listen().http()),
            Map.entry("edge.listen.https", config -> config.listen().https()),
            Map.entry("edge.threads", EdgeConfig::threads),
            Map.entry("edge.admin.socket", config -> config.admin().socket()),
            Map.entry("edge.admin.token", config -> config.admin().token()),
            Map.entry("edge.access-log.format", config -> config.accessLog().format()),
            Map.entry("edge.access-log.target", config -> config.accessLog().target()),
            Map.entry("edge.access-log.sample", config -> config.accessLog().sample()),
            Map.entry(
                    "edge.access-log.errors-only", config -> config.accessLog().errorsOnly()),
            Map.entry("edge.access-log.query", config -> config.accessLog().query()),
            Map.entry("edge.lab.embedded", config -> config.lab().embedded())));

    /** Keys, and what keys begin with, of which a listener's connections take note as they are made. */
    private static final List<String> AT_THE_DOOR = List.of(
            "edge.listen.accept-proxy",
            "edge.listen.h2c",
            "edge.access.",
            "edge.tls.",
            "edge.trusted-proxies",
            "edge.timeouts.handshake",
            "edge.limits.request-line",
            "edge.limits.head",
            "edge.limits.headers",
            "edge.limits.connections-per-address",
            "edge.limits.connection-rate-per-address",
            "edge.limits.body-rate",
            "edge.limits.streams",
            "edge.limits.stream-resets");

    private static final List<String> ANY_TIME = List.of(
            "edge.default-pool",
            "edge.routes.",
            "edge.pools.",
            "edge.timeouts.",
            "edge.limits.connections",
            "edge.limits.idle-connections",
            "edge.shutdown.");

    /** Of a key as {@link KnownKeys} has it; null if nobody has thought of it. */
    static @Nullable KeyEffect of(String key) {
        if (FIXED.containsKey(key)) {
            return RESTART;
        }
        if (covers(AT_THE_DOOR, key)) {
            return NEW_CONNECTIONS;
        }
        return covers(ANY_TIME, key) ? AT_ONCE : null;
    }

    private static boolean covers(List<String> keys, String key) {
        return keys.stream().anyMatch(each -> each.endsWith(".") ? key.startsWith(each) : key.equals(each));
    }

    static List<Problem> obstacles(EdgeConfig running, EdgeConfig next) {
        List<Problem> problems = new ArrayList<>();
        FIXED.forEach((key, value) -> {
            String now = text(value.apply(running));
            String wanted = text(value.apply(next));
            if (!now.equals(wanted)) {
                problems.add(obstacle(key, now, wanted));
            }
        });
        String now = text(running.tls().certPath());
        String wanted = text(next.tls().certPath());
        if (now.isEmpty() != wanted.isEmpty()) {
            problems.add(new Problem(
                    "edge.tls.cert-path",
                    wanted,
                    (now.isEmpty() ? "the running edge has no HTTPS listener" : "the running edge has " + now)
                            + "; to open or close that listener needs a restart"));
        }
        return problems;
    }

    private static Problem obstacle(String key, String now, String wanted) {
        if (key.equals("edge.admin.token")) {
            // Neither of them is to be read in a log.
            return new Problem(key, "", "is not the one that the running edge goes by; another one needs a restart");
        }
        return new Problem(
                key,
                wanted,
                "the running edge has " + (now.isEmpty() ? "none" : now) + "; another value needs a restart");
    }

    private static String text(ConfigValue value) {
        return Objects.requireNonNullElse(value.getValue(), "").strip();
    }
}
