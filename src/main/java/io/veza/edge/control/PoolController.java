package io.veza.edge.control;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.health.ServerState;
import io.veza.edge.pool.Server;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
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
    private final AtomicReference<PoolSnapshot> current;
    private final List<TransitionListener> listeners = new CopyOnWriteArrayList<>();

    /** Held for every change of the current snapshot and while it is told of. */
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Queue<ServerTransition> undelivered = new ArrayDeque<>();

    @GuardedBy("lock")
    private boolean delivering;

    /**
     * Begins with every server up, ready and at full weight, but taking traffic only once it is {@link #resolved}.
     *
     * @param clock best one that does not jump: slow start is measured by it
     * @param entropy 64 random bits a call, for any thread; asked by the {@code random} algorithm only
     */
    public PoolController(PoolDefinition definition, InstantSource clock, LongSupplier entropy, ServerIds ids) {
        this.name = definition.pool().name();
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

    /**
     * Does what an operator asks. Asking for what is so already changes nothing.
     *
     * @throws IllegalArgumentException if there is no such server, or the command is not possible now, saying why
     */
    public void apply(Command command) {
        synchronized (lock) {
            PoolSnapshot before = current.get();
            HealthPolicy policy = before.definition().health();
            Instant now = clock.instant();
            ServerEntry entry = before.entry(command.server());
            if (command instanceof Command.AddServer add) {
                add(before, add.added(), now);
            } else if (entry == null) {
                throw new IllegalArgumentException("pool " + name + " has no server " + command.server());
            } else if (command instanceof Command.SetAdmin set) {
                replace(before, entry, entry.withState(entry.state().administered(set.state(), policy, now)), now);
            } else if (command instanceof Command.SetWeight set) {
                replace(before, entry, entry.withWeight(set.weight()), now);
            } else if (command instanceof Command.RemoveServer) {
                remove(before, entry);
            }
        }
    }

    /** Takes in what a check found. A server that is gone by now is passed over. */
    public void checked(String server, CheckResult result) {
        change(server, (entry, policy, now) -> entry.withState(entry.state().checked(result, policy, now)));
    }

    /** Takes in what a server's name resolved to: an address, or null for none. One that is gone is passed over. */
    public void resolved(String server, @Nullable InetSocketAddress address) {
        change(server, (entry, policy, now) -> entry.withAddress(address)
                .withState(entry.state().resolved(address != null, policy, now)));
    }

    /** Takes the next step of every slow start. To be called about once a second; costs one read if nothing ramps. */
    public void tick() {
        if (!current.get().ramping()) {
            return;
        }
        synchronized (lock) {
            PoolSnapshot before = current.get();
            swap(before, before.definition(), before.entries(), clock.instant());
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
        if (changed == entry) {
            return;
        }
        boolean ramps = entry.state().rampStart().isPresent() || mayRamp(before, entry);
        ServerEntry next = (ramps ? changed : changed.withState(changed.state().withoutRamp()))
                .weighed(before.definition().pool().slowStart(), now);
        List<ServerEntry> entries = new ArrayList<>(before.entries());
        entries.set(entries.indexOf(entry), next);
        swap(before, before.definition(), entries, now);
        if (entry.state().differs(next.state())) {
            undelivered.add(ServerTransition.of(before.definition(), entry.state(), next, now));
            deliver();
        }
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
    private void add(PoolSnapshot before, Server server, Instant now) {
        List<Server> servers = new ArrayList<>(before.definition().pool().servers());
        servers.add(server);
        PoolDefinition definition = before.definition().withServers(servers);
        List<ServerEntry> entries = new ArrayList<>(before.entries());
        ServerEntry entry = new ServerEntry(ids.next(), server, ServerState.added(definition.health(), now));
        entries.add(
                mayRamp(before, entry) ? entry : entry.withState(entry.state().withoutRamp()));
        swap(before, definition, entries, now);
    }

    @GuardedBy("lock")
    private void remove(PoolSnapshot before, ServerEntry entry) {
        if (entry.state().admin() != AdminState.MAINT) {
            throw new IllegalArgumentException(
                    "server " + entry.server().name() + " must be in maintenance to be removed");
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
        if (!weighed.equals(before.entries())) {
            current.set(new PoolSnapshot(definition, weighed, before, sequence, entropy));
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
