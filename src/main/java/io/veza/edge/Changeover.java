package io.veza.edge;

import io.veza.edge.config.EdgeSettings;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.Pools;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.probe.Prober;
import io.veza.edge.proxy.ListenerSettings;
import io.veza.edge.proxy.TrafficPlan;
import io.veza.edge.proxy.TrafficPlane;
import io.veza.edge.tls.Certificates;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes a running edge from one valid configuration to the next. First all that can fail is made: certificates, pools with
 * their names looked up, the plan of the traffic plane. Then it is put to use, in an order in which no request meets a half:
 * pools change their servers, each event loop changes over to new routes between two of its turns, and only then do those
 * go that nothing leads to any more.
 */
final class Changeover {

    private final PoolMaking making;
    private final Pools pools;
    private final TrafficPlane plane;
    private final Prober prober;
    private final Consumer<Certificates> newCertificates;
    private EdgeSettings running;
    private Optional<Certificates> certificates;

    /**
     * @param running what is in use
     * @param certificates the HTTPS listener's
     * @param newCertificates is given those that take their place
     */
    Changeover(
            EdgeSettings running,
            PoolMaking making,
            Pools pools,
            TrafficPlane plane,
            Prober prober,
            Optional<Certificates> certificates,
            Consumer<Certificates> newCertificates) {
        this.running = running;
        this.making = making;
        this.pools = pools;
        this.plane = plane;
        this.prober = prober;
        this.certificates = certificates;
        this.newCertificates = newCertificates;
    }

    /**
     * To be called by one thread at a time.
     *
     * @return what has changed, in words
     * @throws io.veza.edge.tls.PemException for a file that cannot be used; nothing has changed then
     */
    List<String> to(EdgeSettings next) {
        Optional<Certificates> nextCertificates = certificates(next);
        Map<String, PoolController> present = new HashMap<>();
        pools.all().forEach(pool -> present.put(pool.name(), pool));
        Map<ServerAddress, InetSocketAddress> addresses = lookedUp(next, present);
        Map<PoolController, PoolDefinition> wanted = new LinkedHashMap<>();
        for (PoolDefinition definition : next.pools()) {
            PoolController known = present.get(definition.pool().name());
            wanted.put(known == null ? made(definition, addresses) : known, definition);
        }
        TrafficPlan plan = plane.plan(new TrafficPlan.Wanted(
                PlaneSettings.traffic(next),
                wanted,
                next.routes(),
                next.defaultPool(),
                listeners(next, nextCertificates.orElse(null))));
        List<String> words = new ConfigChanges(running, next).words();
        if (words.isEmpty()) {
            return words;
        }
        // Nothing fails from here on.
        List<ServerEntry> gone = new ArrayList<>();
        wanted.forEach((pool, definition) -> {
            if (!pool.configured().equals(definition)) {
                gone.addAll(pool.reconfigure(definition, addresses));
            }
        });
        plane.follow(plan);
        present.values().stream()
                .filter(pool -> !wanted.containsKey(pool))
                .forEach(pool -> gone.addAll(pool.snapshot().entries()));
        pools.replace(wanted.keySet().stream()
                .sorted(Comparator.comparing(PoolController::name))
                .toList());
        plane.retire(gone);
        prober.look();
        if (!nextCertificates.equals(certificates)) {
            nextCertificates.ifPresent(newCertificates);
            certificates = nextCertificates;
        }
        running = next;
        return words;
    }

    /** The same ones as long as nothing is said of them that is new. */
    private Optional<Certificates> certificates(EdgeSettings next) {
        if (next.tls().equals(running.tls())) {
            return certificates;
        }
        return next.tls().map(tls -> new Certificates(CertificateCheck.options(tls), InstantSource.system()));
    }

    private static Map<String, ListenerSettings> listeners(EdgeSettings next, @Nullable Certificates certificates) {
        Map<String, ListenerSettings> listeners = new HashMap<>();
        listeners.put("http", PlaneSettings.listener("http", next));
        if (certificates != null && next.tls().isPresent()) {
            listeners.put("https", PlaneSettings.listener("https", next).withCertificates(certificates));
        }
        return listeners;
    }

    /** As at the start: taken as up, with an address if there is one, so that it serves at once. */
    private PoolController made(PoolDefinition definition, Map<ServerAddress, InetSocketAddress> addresses) {
        PoolController pool = making.pool(definition);
        Map<String, InetSocketAddress> byName = new HashMap<>();
        for (Server server : definition.pool().servers()) {
            InetSocketAddress address = addresses.get(server.address());
            if (address != null) {
                byName.put(server.name(), address);
            }
        }
        pool.resolved(byName);
        return pool;
    }

    /** What servers resolve to that are new, or have another address. Takes two seconds at most. */
    private Map<ServerAddress, InetSocketAddress> lookedUp(EdgeSettings next, Map<String, PoolController> present) {
        Set<ServerAddress> wanted = new HashSet<>();
        for (PoolDefinition definition : next.pools()) {
            PoolController known = present.get(definition.pool().name());
            Set<Server> before = known == null
                    ? Set.of()
                    : new HashSet<>(known.configured().pool().servers());
            definition.pool().servers().stream()
                    .filter(server -> !before.contains(server))
                    .map(Server::address)
                    .forEach(wanted::add);
        }
        return prober.resolve(wanted).toCompletableFuture().join();
    }
}
