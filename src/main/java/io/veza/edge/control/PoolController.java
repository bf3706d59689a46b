package io.veza.edge.control;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.Drain;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.health.HealthState;
import io.veza.edge.health.ServerState;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The only writer of one pool: turns commands, check results, addresses and the passing of time into its next snapshot.
 * Writers take the pool's lock one after the other; readers take the current snapshot and never wait.
 */
public final class PoolController {

    private final String name;
    private final InstantSource clock;
    private final LongSupplier entropy;
    private final ServerIds ids;
    private final AtomicLong sequence = new AtomicLong();
    private final AtomicLong configurations = new AtomicLong();
    private final AtomicReference<PoolSnapshot> current;
    private final List<TransitionListener> listeners = new CopyOnWriteArrayList<>();
    private final List<CheckListener> checkListeners = new CopyOnWriteArrayList<>();
    private final List<Runnable> changeListeners = new CopyOnWriteArrayList<>();

    /** Held for every change of the current snapshot and while it is told of. */
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Queue<ServerTransition> undelivered = new ArrayDeque<>();

    @GuardedBy("lock")
    private boolean delivering;

    /** What the configuration says, whatever operators have changed since. */
    private volatile PoolDefinition configured;

    /**
     * Begins with every server up, ready and at full weight, but taking traffic only once it is {@link #resolved}.
     *
     * @param clock best one that does not jump: slow start is measured by it
     * @param entropy 64 random bits a call, for any thread; asked by the {@code random} algorithm only
     */
    public PoolController(PoolDefinition definition, InstantSource clock, LongSupplier entropy, ServerIds ids) {
        this.name = definition.pool().name();
        this.configured = definition;
        this.clock = clock;
        this.entropy = entropy;
        this.ids = ids;
        ServerState start = ServerState.atStart(definition.health(), clock.instant());
        List<ServerEntry> entries = new ArrayList<>();
        for (Server server : definition.pool().servers()) {
            entries.add(new ServerEntry(ids.next(), server, start));
        }
        this.current = new AtomicReference<>(new PoolSnapshot(definition, entries, null, sequence, entropy));
    }

    public String name() {
        return name;
    }

    public PoolSnapshot snapshot() {
        return current.get();
    }

    public void addListener(TransitionListener listener) {
        listeners.add(listener);
    }

    public void addListener(CheckListener listener) {
        checkListeners.add(listener);
    }

    /** Runs this after every change of the snapshot, transition or not, under the pool's lock: it must be quick. */
    public void addChangeListener(Runnable listener) {
        changeListeners.add(listener);
    }

    /**
     * Does what an operator asks. Asking for what is so already changes nothing.
     *
     * @throws IllegalArgumentException if there is no such server, or the command is not possible now, saying why
     */
    public void apply(Command command) {
        synchronized (lock) {
            PoolSnapshot before = current.get();
            Instant now = clock.instant();
            ServerEntry entry = before.entry(command.server());
            if (command instanceof Command.AddServer add) {
                add(before, add, now);
            } else if (entry == null) {
                throw new IllegalArgumentException("pool " + name + " has no server " + command.server());
            } else if (command instanceof Command.SetAddress set) {
                InetSocketAddress to = set.address();
                ServerAddress address = new ServerAddress(to.getAddress().getHostAddress(), to.getPort());
                changeServer(before, entry, entry.server().at(address), to, now);
            } else if (command instanceof Command.SetMaxConnections set) {
                changeServer(before, entry, entry.server().bounded(set.maxConnections()), entry.address(), now);
            } else if (command instanceof Command.RemoveServer) {
                remove(before, entry);
            } else {
                replace(before, entry, commanded(before, entry, command, now), now);
            }
            if (command.configures() && current.get().version() != before.version()) {
                configurations.incrementAndGet();
            }
        }
    }

    /** How often a command has changed what a server is, rather than its state. */
    public long configurations() {
        return configurations.get();
    }

    /** The entry after a command that changes nothing about what the server is. */
    private static ServerEntry commanded(PoolSnapshot before, ServerEntry entry, Command command, Instant now) {
        HealthPolicy policy = before.definition().health();
        ServerState state = entry.state();
        if (command instanceof Command.SetAdmin set) {
            return entry.withState(state.administered(set.state(), policy, now));
        }
        if (command instanceof Command.DrainWithin drain) {
            if (drain.within().isNegative()) {
                throw new IllegalArgumentException("deadline " + drain.within() + " is negative");
            }
            Drain end = new Drain(now.plus(drain.within()), drain.holdersStay(), drain.thenMaintenance());
            return entry.withState(state.drained(end, policy, now).at(now, policy));
        }
        if (command instanceof Command.SetHealth set) {
            if (entry.address() == null && set.health() != HealthState.DOWN) {
                throw new IllegalArgumentException(
                        "server " + entry.server().name() + " has no address, it cannot be " + set.health());
            }
            return entry.withState(state.forced(set.health(), now));
        }
        if (command instanceof Command.SetChecked set) {
            if (!policy.enabled()) {
                throw new IllegalArgumentException(
                        "pool " + before.definition().pool().name() + " has no checks");
            }
            return entry.withChecked(set.checked());
        }
        if (command instanceof Command.SetWeight set) {
            return entry.withWeight(set.weight());
        }
        throw new IllegalStateException("not a command about one server's state: " + command);
    }

    /** Takes in what a check found. A server that is gone by now, or not to be checked, is passed over. */
    public void checked(String server, CheckResult result) {
        synchronized (lock) {
            ServerEntry entry = current.get().entry(server);
            if (entry == null || !entry.checked()) {
                return;
            }
            checkListeners.forEach(listener -> listener.onCheck(name, entry, result));
            change(
                    server,
                    (before, policy, now) -> before.withState(before.state().checked(result, policy, now)));
        }
    }

    /** Takes in what a server's name resolved to: an address, or null for none. One that is gone is passed over. */
    public void resolved(String server, @Nullable InetSocketAddress address) {
        change(server, (entry, policy, now) -> entry.withAddress(address)
                .withState(entry.state().resolved(address != null, policy, now)));
    }

    /**
     * As {@link #resolved(String, InetSocketAddress)} for many at once, in one snapshot: where a pool hashes, each makes a
     * ring, which for a thousand servers one after the other takes seconds.
     */
    public void resolved(Map<String, InetSocketAddress> addresses) {
        synchronized (lock) {
            PoolSnapshot before = current.get();
            Instant now = clock.instant();
            List<ServerEntry> entries = new ArrayList<>(before.entries());
            entries.replaceAll(entry -> {
                InetSocketAddress address = addresses.get(entry.server().name());
                return address == null
                        ? entry
                        : entry.withAddress(address)
                                .withState(entry.state()
                                        .resolved(true, before.definition().health(), now));
            });
            replace(before, entries, now);
        }
    }

    /**
     * Takes the next step of every slow start and ends drains whose deadline came. To be called about once a second; costs
     * one read if there is neither.
     */
    public void tick() {
        if (!current.get().moving()) {
            return;
        }
        synchronized (lock) {
            PoolSnapshot before = current.get();
            swap(before, before.definition(), before.entries(), clock.instant());
            for (ServerEntry entry : current.get().entries()) {
                change(
                        entry.server().name(),
                        (same, policy, now) -> same.withState(same.state().at(now, policy)));
            }
        }
    }

    /** What the configuration says of the pool, whatever operators have changed since. */
    public PoolDefinition configured() {
        return configured;
    }

    /**
     * Takes on what the configuration says now; see {@link Reconfiguration} for what operators have changed. Servers that
     * stay keep their state and counts, at another address, too. A new one takes traffic after its first check that passes,
     * as any that is added; but where no server is left that takes sessions it counts as up until that check, as at the
     * start, since a pool that is renumbered must not be gone for so long.
     *
     * @param addresses of names that servers have now; one that is missing is looked up later
     * @return the servers that are gone; what runs on them goes on
     */
    public List<ServerEntry> reconfigure(PoolDefinition next, Map<ServerAddress, InetSocketAddress> addresses) {
        synchronized (lock) {
            PoolSnapshot before = current.get();
            Instant now = clock.instant();
            // The same object as long as it does not change: that is what an exchange compares.
            PoolDefinition taken = next.link().equals(configured.link()) ? next.withLink(configured.link()) : next;
            Reconfiguration changing = new Reconfiguration(configured, taken, before, addresses, now);
            List<ServerEntry> entries = changing.entries(ids);
            for (ServerEntry entry : entries) {
                ServerEntry earlier = before.entry(entry.server().name());
                if (earlier != null && earlier.state().differs(entry.state())) {
                    undelivered.add(ServerTransition.of(changing.definition(), earlier.state(), entry, now));
                }
            }
            configured = taken;
            swap(before, changing.definition(), entries, now);
            deliver();
            return changing.gone();
        }
    }

    private interface Step {
        ServerEntry apply(ServerEntry entry, HealthPolicy policy, Instant now);
    }

    private void change(String server, Step step) {
        synchronized (lock) {
            PoolSnapshot before = current.get();
            ServerEntry entry = before.entry(server);
            if (entry != null) {
                Instant now = clock.instant();
                replace(before, entry, step.apply(entry, before.definition().health(), now), now);
            }
        }
    }

    @GuardedBy("lock")
    private void replace(PoolSnapshot before, ServerEntry entry, ServerEntry changed, Instant now) {
        if (changed != entry) {
            List<ServerEntry> entries = new ArrayList<>(before.entries());
            entries.set(entries.indexOf(entry), changed);
            replace(before, entries, now);
        }
    }

    /** @param entries those of the snapshot in their order, some of them changed */
    @GuardedBy("lock")
    private void replace(PoolSnapshot before, List<ServerEntry> entries, Instant now) {
        for (int i = 0; i < entries.size(); i++) {
            ServerEntry entry = before.entries().get(i);
            ServerEntry changed = entries.get(i);
            if (changed != entry) {
                boolean ramps = entry.state().rampStart().isPresent() || mayRamp(before, entry);
                ServerEntry next = (ramps
                                ? changed
                                : changed.withState(changed.state().withoutRamp()))
                        .weighed(before.definition().pool().slowStart(), now);
                entries.set(i, next);
                if (entry.state().differs(next.state())) {
                    undelivered.add(ServerTransition.of(before.definition(), entry.state(), next, now));
                }
            }
        }
        swap(before, before.definition(), entries, now);
        deliver();
    }

    /** Slow start spares a server at the expense of the others, so there must be one. */
    private static boolean mayRamp(PoolSnapshot before, ServerEntry entry) {
        return !before.definition().pool().slowStart().isZero()
                && before.entries().stream()
                        .anyMatch(other -> other != entry
                                && other.effectiveWeight() > 0
                                && other.server().backup() == entry.server().backup());
    }

    @GuardedBy("lock")
    private void add(PoolSnapshot before, Command.AddServer add, Instant now) {
        Server server = add.added();
        List<Server> servers = new ArrayList<>(before.definition().pool().servers());
        servers.add(server);
        PoolDefinition definition = before.definition().withServers(servers);
        HealthPolicy policy = definition.health();
        List<ServerEntry> entries = new ArrayList<>(before.entries());
        ServerState state = ServerState.added(policy, now).administered(add.admin(), policy, now);
        ServerEntry entry = new ServerEntry(ids.next(), server, state).withChecked(add.checked() || !policy.enabled());
        entries.add(
                mayRamp(before, entry) ? entry : entry.withState(entry.state().withoutRamp()));
        swap(before, definition, entries, now);
    }

    /** Changes what the server is while it stays the same to its sessions and cookie holders. */
    @GuardedBy("lock")
    private void changeServer(
            PoolSnapshot before, ServerEntry entry, Server server, @Nullable InetSocketAddress address, Instant now) {
        List<Server> servers = new ArrayList<>(before.definition().pool().servers());
        servers.set(servers.indexOf(entry.server()), server);
        PoolDefinition definition = before.definition().withServers(servers);
        List<ServerEntry> entries = new ArrayList<>(before.entries());
        entries.set(entries.indexOf(entry), entry.withServer(server).withAddress(address));
        swap(before, definition, entries, now);
    }

    @GuardedBy("lock")
    private void remove(PoolSnapshot before, ServerEntry entry) {
        if (entry.state().admin() != AdminState.MAINT) {
            throw new IllegalArgumentException(
                    "server " + entry.server().name() + " must be in maintenance to be removed");
        }
        if (entry.inFlight() > 0) {
            throw new IllegalArgumentException(
                    "server " + entry.server().name() + " still carries " + entry.inFlight() + " sessions");
        }
        List<Server> servers = new ArrayList<>(before.definition().pool().servers());
        servers.remove(entry.server());
        List<ServerEntry> entries = new ArrayList<>(before.entries());
        entries.remove(entry);
        swap(before, before.definition().withServers(servers), entries, clock.instant());
    }

    @GuardedBy("lock")
    private void swap(PoolSnapshot before, PoolDefinition definition, List<ServerEntry> entries, Instant now) {
        Duration slowStart = definition.pool().slowStart();
        List<ServerEntry> weighed =
                entries.stream().map(e -> e.weighed(slowStart, now)).toList();
        if (!weighed.equals(before.entries()) || !definition.equals(before.definition())) {
            current.set(new PoolSnapshot(definition, weighed, before, sequence, entropy));
            changeListeners.forEach(Runnable::run);
        }
    }

    /** Leaves it to the outermost call when a listener itself causes a change, so that all hear the first one first. */
    @GuardedBy("lock")
    private void deliver() {
        if (delivering) {
            return;
        }
        delivering = true;
        RuntimeException failure = null;
        try {
            for (ServerTransition next = undelivered.poll(); next != null; next = undelivered.poll()) {
                for (TransitionListener listener : listeners) {
                    try {
                        listener.onTransition(next);
                    } catch (RuntimeException e) {
                        // The others are told all the same: one of them cuts the sessions of a dead server.
                        failure = e;
                    }
                }
            }
        } finally {
            delivering = false;
        }
        if (failure != null) {
            throw failure;
        }
    }
}
