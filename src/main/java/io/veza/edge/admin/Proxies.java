package io.veza.edge.admin;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.Pools;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.proxy.Listener;
import io.veza.edge.proxy.TrafficPlane;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Listeners, pools and servers by the names and numbers that HAProxy knows them by. A proxy's number counts listeners first,
 * then pools, from 2, since HAProxy gives 1 away inside; a server's is the smallest from 1 that was free in its pool when
 * it appeared. Thread-safe.
 */
final class Proxies {

    private static final int FIRST = 2;

    private final Pools pools;
    private final TrafficPlane plane;

    /** By pool, then by {@link ServerEntry#id}. */
    @GuardedBy("itself")
    private final Map<String, Map<Integer, Integer>> serverIds = new HashMap<>();

    Proxies(Pools pools, TrafficPlane plane) {
        this.pools = pools;
        this.plane = plane;
        pools.follow(pool -> {
            number(pool);
            pool.addChangeListener(() -> number(pool));
        });
    }

    List<PoolController> pools() {
        return pools.all();
    }

    int maxConnections() {
        return plane.maxConnections();
    }

    /** The connections to these servers, idle ones included, in their order. Waits for the event loops. */
    List<Integer> connections(List<ServerEntry> servers) {
        return plane.open(servers);
    }

    Optional<Integer> listenerId(String name) {
        List<Listener> listeners = plane.listeners();
        for (int i = 0; i < listeners.size(); i++) {
            if (listeners.get(i).name().equals(name)) {
                return Optional.of(FIRST + i);
            }
        }
        return Optional.empty();
    }

    int id(PoolController pool) {
        return FIRST + plane.listeners().size() + pools.all().indexOf(pool);
    }

    int serverId(PoolController pool, ServerEntry entry) {
        synchronized (serverIds) {
            // One that was removed after the caller's snapshot has no number any more.
            return serverIds.getOrDefault(pool.name(), Map.of()).getOrDefault(entry.id(), 0);
        }
    }

    private void number(PoolController pool) {
        synchronized (serverIds) {
            Map<Integer, Integer> ids = serverIds.computeIfAbsent(pool.name(), name -> new HashMap<>());
            List<ServerEntry> entries = pool.snapshot().entries();
            Set<Integer> there = entries.stream().map(ServerEntry::id).collect(Collectors.toSet());
            ids.keySet().retainAll(there);
            Set<Integer> taken = new TreeSet<>(ids.values());
            for (ServerEntry entry : entries) {
                if (!ids.containsKey(entry.id())) {
                    int free = 1;
                    while (!taken.add(free)) {
                        free++;
                    }
                    ids.put(entry.id(), free);
                }
            }
        }
    }

    /** By name or {@code #number}. */
    Optional<PoolController> pool(String name) {
        return pools.all().stream()
                .filter(pool -> is(name, pool.name(), id(pool)))
                .findFirst();
    }

    /** The number of a listener or pool, by name or {@code #number}. */
    Optional<Integer> id(String name) {
        List<Listener> listeners = plane.listeners();
        for (int i = 0; i < listeners.size(); i++) {
            if (is(name, listeners.get(i).name(), FIRST + i)) {
                return Optional.of(FIRST + i);
            }
        }
        return pool(name).map(this::id);
    }

    Optional<ServerEntry> server(PoolController pool, String name) {
        return pool.snapshot().entries().stream()
                .filter(entry -> is(name, entry.server().name(), serverId(pool, entry)))
                .findFirst();
    }

    private static boolean is(String asked, String name, int id) {
        return asked.startsWith("#") ? leadingNumber(asked.substring(1)) == id : asked.equals(name);
    }

    /** As C's {@code atoi}: 0 for what does not begin with a number. */
    static int leadingNumber(String text) {
        int end = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
        while (end < text.length() && end < 10 && Character.digit(text.charAt(end), 10) >= 0) {
            end++;
        }
        try {
            return Integer.parseInt(text.substring(0, end));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** A server and its pool. */
    record Target(PoolController pool, ServerEntry entry) {
        String server() {
            return entry.server().name();
        }
    }

    /**
     * The server that {@code pool/server} names.
     *
     * @throws RuntimeRefusal if there is none, in HAProxy's words
     */
    Target target(String text) {
        int slash = text.indexOf('/');
        if (slash < 0 || slash == text.length() - 1) {
            throw new RuntimeRefusal("Require 'backend/server'.\n");
        }
        PoolController pool =
                pool(text.substring(0, slash)).orElseThrow(() -> new RuntimeRefusal("No such backend.\n"));
        ServerEntry entry =
                server(pool, text.substring(slash + 1)).orElseThrow(() -> new RuntimeRefusal("No such server.\n"));
        return new Target(pool, entry);
    }
}
