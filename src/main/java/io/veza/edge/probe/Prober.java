package io.veza.edge.probe;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.Pools;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerLink;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.tls.PemException;
import io.veza.edge.tls.ServerTls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Watches every server of some pools: follows their names, checks them, reports to their controllers, and has these take
 * the steps of slow starts. All of it runs on one context without blocking it, look-ups on threads of their own; best on a Vert.x whose loops carry no traffic.
 */
public final class Prober implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Prober.class);

    /** How long the start of the process may wait for names. */
    private static final Duration FIRST_LOOKUPS = Duration.ofSeconds(2);

    /** Look-ups at once: a dead name server holds each for many seconds, and the names that resolve must get past. */
    private static final int LOOKUP_THREADS = 8;

    /** A name is not looked up more often, however short the checks' interval: name servers are shared. */
    private static final Duration SHORTEST_LOOKUP = Duration.ofSeconds(5);

    /** How often slow starts take a step and servers that came or went are noticed. */
    private static final Duration TICK = Duration.ofSeconds(1);

    private final Vertx vertx;
    private final Pools pools;
    private final LongSupplier entropy;
    private final NameLookup names;
    private final Duration shortestLookup;
    private final Context context;
    private final WorkerExecutor lookups;

    /** How the servers of each pool are reached; another thread adds those of a new pool. */
    private final Map<PoolController, CheckLink> links = new ConcurrentHashMap<>();

    /** By server id; touched on the context only, as is what follows. */
    private final Map<Integer, ServerProbe> probes = new HashMap<>();

    private long ticks;
    private boolean closed;

    /** @param entropy 64 random bits a call, asked from one thread only */
    public Prober(Vertx vertx, Pools pools, LongSupplier entropy) {
        this(vertx, pools, entropy, NameLookup.ofSystem(), SHORTEST_LOOKUP);
    }

    Prober(Vertx vertx, Pools pools, LongSupplier entropy, NameLookup names, Duration shortestLookup) {
        this.vertx = vertx;
        this.pools = pools;
        this.entropy = entropy;
        this.names = names;
        this.shortestLookup = shortestLookup;
        this.context = vertx.getOrCreateContext();
        this.lookups = vertx.createSharedWorkerExecutor("edge-lookup", LOOKUP_THREADS);
        pools.follow(pool -> {
            links.put(pool, new CheckLink(pool.configured().link()));
            pool.addListener(this::onTransition);
        });
    }

    /** By which checks are secured, one for each pool whose servers speak TLS. */
    public List<ServerTls> serverTls() {
        return links.values().stream()
                .map(CheckLink::tls)
                .flatMap(Optional::stream)
                .toList();
    }

    /** Begins; completes when every name was looked up once, whatever came of it, or after two seconds. Never fails. */
    public CompletionStage<Void> start() {
        CompletableFuture<Void> looked = new CompletableFuture<>();
        context.runOnContext(now -> {
            // Not by Quarkus' scheduler: it goes by the time of day, and stops for as long as that is set back.
            ticks = vertx.setPeriodic(TICK.toMillis(), tick -> tick());
            Future.join(follow()).onComplete(done -> looked.complete(null));
        });
        return looked.completeOnTimeout(null, FIRST_LOOKUPS.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void tick() {
        pools.all().forEach(PoolController::tick);
        follow();
    }

    /** Looks at once for pools and servers that came, went or are to be checked otherwise, as it does every second. */
    public void look() {
        context.runOnContext(now -> follow());
    }

    /**
     * What these names resolve to, for servers to be used before their checks have begun. Completes when each was looked up
     * once, or after two seconds without those that were not. Never fails.
     */
    public CompletionStage<Map<ServerAddress, InetSocketAddress>> resolve(Collection<ServerAddress> addresses) {
        Map<ServerAddress, InetSocketAddress> found = new ConcurrentHashMap<>();
        CompletableFuture<Void> looked = new CompletableFuture<>();
        List<Future<?>> under = new ArrayList<>();
        for (ServerAddress address : addresses) {
            InetSocketAddress literal = NameLookup.literal(address);
            if (literal != null) {
                found.put(address, literal);
            } else {
                under.add(lookUp(address.host()).onSuccess(all -> {
                    if (!all.isEmpty()) {
                        found.put(address, new InetSocketAddress(all.get(0), address.port()));
                    }
                }));
            }
        }
        Future.join(under).onComplete(done -> looked.complete(null));
        return looked.completeOnTimeout(null, FIRST_LOOKUPS.toMillis(), TimeUnit.MILLISECONDS)
                .thenApply(done -> Map.copyOf(found));
    }

    @Override
    public void close() {
        context.runOnContext(now -> {
            closed = true;
            vertx.cancelTimer(ticks);
            probes.values().forEach(ServerProbe::stop);
            probes.clear();
            lookups.close();
        });
    }

    /** Starts probes for servers that came and ends those of servers that went; gives the new ones' first look-ups. */
    private List<Future<Void>> follow() {
        List<Future<Void>> started = new ArrayList<>();
        Set<Integer> present = new HashSet<>();
        links.keySet().retainAll(pools.all());
        for (PoolController pool : closed ? List.<PoolController>of() : pools.all()) {
            relink(pool);
            resolveLiterals(pool);
            for (ServerEntry entry : pool.snapshot().entries()) {
                present.add(entry.id());
                ServerProbe known = probes.get(entry.id());
                if (known == null || !known.isFor(entry)) {
                    if (known != null) {
                        known.stop();
                    }
                    ServerProbe probe = new ServerProbe(this, pool, entry);
                    probes.put(entry.id(), probe);
                    started.add(probe.start());
                } else {
                    known.follow();
                }
            }
        }
        probes.entrySet().removeIf(probe -> {
            boolean gone = !present.contains(probe.getKey());
            if (gone) {
                probe.getValue().stop();
            }
            return gone;
        });
        return started;
    }

    /** Where a pool's servers are spoken to otherwise now, checks do so as well. */
    private void relink(PoolController pool) {
        ServerLink link = pool.snapshot().definition().link();
        CheckLink known = links.get(pool);
        if (known == null || !known.isFor(link)) {
            try {
                links.put(pool, new CheckLink(link));
            } catch (PemException e) {
                // Read a moment ago for traffic; one second later there is another try.
                LOG.warnf("checks of pool %s go on as before: %s", pool.name(), e.getMessage());
            }
        }
    }

    /** Servers that came and have an address instead of a name need no look-up; at the start these may be a thousand. */
    private void resolveLiterals(PoolController pool) {
        Map<String, InetSocketAddress> literals = new HashMap<>();
        for (ServerEntry entry : pool.snapshot().entries()) {
            InetSocketAddress literal = probes.containsKey(entry.id())
                    ? null
                    : NameLookup.literal(entry.server().address());
            if (literal != null) {
                literals.put(entry.server().name(), literal);
            }
        }
        if (!literals.isEmpty()) {
            pool.resolved(literals);
        }
    }

    /** A server back from maintenance is taken as up until a check says otherwise, so that must not wait. */
    private void onTransition(ServerTransition transition) {
        if (transition.from().admin() == AdminState.MAINT && transition.to().admin() != AdminState.MAINT) {
            int id = transition.server().id();
            context.runOnContext(now -> {
                ServerProbe probe = probes.get(id);
                if (probe != null) {
                    probe.checkNow();
                }
            });
        }
    }

    /** How long the answer for a name is used that resolved. */
    Duration lookupInterval(Duration checkInterval) {
        return checkInterval.compareTo(shortestLookup) > 0 ? checkInterval : shortestLookup;
    }

    long random() {
        return entropy.getAsLong();
    }

    /** Runs the action on the context after the delay, to the millisecond, by a clock that does not jump. */
    long after(Duration delay, Runnable action) {
        return vertx.setTimer(Math.max(1, delay.toMillis()), fired -> action.run());
    }

    void cancel(long timer) {
        vertx.cancelTimer(timer);
    }

    Future<CheckResult> check(
            PoolController pool, InetSocketAddress address, ServerAddress configured, HealthPolicy policy) {
        return Check.run(vertx, Objects.requireNonNull(links.get(pool)), address, configured, policy);
    }

    /** At least one address, or a failure. */
    Future<List<InetAddress>> lookUp(String host) {
        return lookups.executeBlocking(() -> names.addresses(host), false);
    }
}
