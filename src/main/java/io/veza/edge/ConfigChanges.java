package io.veza.edge;

import io.veza.edge.config.EdgeSettings;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.pool.Server;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is otherwise in one configuration than in another, in words for a log. */
final class ConfigChanges {

    private final List<String> words = new ArrayList<>();

    ConfigChanges(EdgeSettings before, EdgeSettings after) {
        pools(byName(before), byName(after));
        part("routes", before.routes(), after.routes());
        part("the default pool", before.defaultPool(), after.defaultPool());
        part("timeouts", before.timeouts(), after.timeouts());
        part("limits", before.limits(), after.limits());
        part("trusted proxies", before.trustedProxies(), after.trustedProxies());
        part("TLS", before.tls(), after.tls());
        part("what is redirected and held to HTTPS", before.httpsPolicy(), after.httpsPolicy());
        part("who may connect", before.access(), after.access());
        part("the listeners", before.listen(), after.listen());
        part("the shutdown", before.shutdown(), after.shutdown());
    }

    /** One for each pool and part; empty if they are the same. */
    List<String> words() {
        return List.copyOf(words);
    }

    private void part(String name, Object before, Object after) {
        if (!before.equals(after)) {
            words.add(name + " changed");
        }
    }

    private static Map<String, PoolDefinition> byName(EdgeSettings settings) {
        Map<String, PoolDefinition> pools = new TreeMap<>();
        settings.pools().forEach(pool -> pools.put(pool.pool().name(), pool));
        return pools;
    }

    private void pools(Map<String, PoolDefinition> before, Map<String, PoolDefinition> after) {
        List<String> untouched = new ArrayList<>();
        after.forEach((name, pool) -> {
            PoolDefinition earlier = before.get(name);
            if (earlier == null) {
                words.add("pool " + name + " added");
            } else if (earlier.equals(pool)) {
                untouched.add(name);
            } else {
                words.add("pool " + name + " changed (" + String.join(", ", changes(earlier, pool)) + ")");
            }
        });
        before.keySet().stream()
                .filter(name -> !after.containsKey(name))
                .forEach(name -> words.add("pool " + name + " removed"));
        if (!words.isEmpty() && !untouched.isEmpty()) {
            words.add("untouched: " + String.join(", ", untouched));
        }
    }

    private static List<String> changes(PoolDefinition before, PoolDefinition after) {
        Map<String, Server> earlier = new HashMap<>();
        before.pool().servers().forEach(server -> earlier.put(server.name(), server));
        List<String> changes = new ArrayList<>();
        for (Server server : after.pool().servers()) {
            Server same = earlier.remove(server.name());
            if (same == null) {
                changes.add("server " + server.name() + " added");
            } else if (!same.equals(server)) {
                changes.add("server " + server.name() + " changed");
            }
        }
        earlier.keySet().stream().sorted().forEach(name -> changes.add("server " + name + " removed"));
        if (!before.equalsButServers(after)) {
            changes.add("settings");
        }
        if (changes.isEmpty()) {
            changes.add("the order of its servers");
        }
        return changes;
    }
}
