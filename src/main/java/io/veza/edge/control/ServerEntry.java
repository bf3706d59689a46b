package io.veza.edge.control;

import io.veza.edge.balance.Candidate;
import io.veza.edge.balance.SlowStart;
import io.veza.edge.health.Admission;
import io.veza.edge.health.ServerState;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.Weight;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One server as one snapshot has it. Immutable but for its {@link #load}, which is the same object in every snapshot.
 * Each change makes another entry; one that changes nothing gives this entry back.
 */
public final class ServerEntry implements Candidate {

    private final int id;
    private final Server server;
    private final InFlight load;
    private final byte[] cookieValue;
    private final int maxConnections;
    private final ServerState state;
    private final Weight weight;
    private final @Nullable InetSocketAddress address;
    private final boolean checked;
    private final int effectiveWeight;

    /** A server that appears: with the weight of its configuration, and not resolved yet. */
    ServerEntry(int id, Server server, ServerState state) {
        this.id = id;
        this.server = server;
        this.load = new InFlight();
        this.cookieValue = server.name().getBytes(StandardCharsets.US_ASCII);
        this.maxConnections = server.maxConnections().orElse(Integer.MAX_VALUE);
        this.state = state;
        this.weight = server.weight();
        this.address = null;
        this.checked = true;
        this.effectiveWeight = 0;
    }

    private ServerEntry(
            ServerEntry same,
            Server server,
            ServerState state,
            Weight weight,
            @Nullable InetSocketAddress address,
            boolean checked,
            int effectiveWeight) {
        this.id = same.id;
        this.server = server;
        this.load = same.load;
        this.cookieValue = same.cookieValue;
        this.maxConnections = server.maxConnections().orElse(Integer.MAX_VALUE);
        this.state = state;
        this.weight = weight;
        this.address = address;
        this.checked = checked;
        this.effectiveWeight = effectiveWeight;
    }

    /** The entry with the server changed in anything but its name. */
    ServerEntry withServer(Server next) {
        return next.equals(server)
                ? this
                : new ServerEntry(this, next, state, weight, address, checked, effectiveWeight);
    }

    ServerEntry withChecked(boolean next) {
        return next == checked ? this : new ServerEntry(this, server, state, weight, address, next, effectiveWeight);
    }

    @SuppressWarnings("ReferenceEquality") // a state that an event did not change is the same object
    ServerEntry withState(ServerState next) {
        return next == state ? this : new ServerEntry(this, server, next, weight, address, checked, effectiveWeight);
    }

    ServerEntry withWeight(Weight next) {
        return next.equals(weight)
                ? this
                : new ServerEntry(this, server, state, next, address, checked, effectiveWeight);
    }

    ServerEntry withAddress(@Nullable InetSocketAddress next) {
        return Objects.equals(next, address)
                ? this
                : new ServerEntry(this, server, state, weight, next, checked, effectiveWeight);
    }

    /** The entry with the effective weight that its state, weight and ramp come to at this time. */
    @SuppressWarnings("ReferenceEquality") // as in withState
    ServerEntry weighed(Duration slowStart, Instant now) {
        Duration elapsed =
                state.rampStart().map(start -> Duration.between(start, now)).orElse(slowStart);
        ServerState current = elapsed.compareTo(slowStart) >= 0 ? state.withoutRamp() : state;
        int effective = admission() == Admission.ALL ? SlowStart.effectiveWeight(weight, elapsed, slowStart) : 0;
        return current == state && effective == effectiveWeight
                ? this
                : new ServerEntry(this, server, current, weight, address, checked, effective);
    }

    /** A small number of this server, unique in the process and never given to another: for indexing arrays. */
    public int id() {
        return id;
    }

    @Override
    public Server server() {
        return server;
    }

    public ServerState state() {
        return state;
    }

    /** As configured, or as an operator set it since. */
    public Weight weight() {
        return weight;
    }

    /** Where to connect; null while the name has no address or was not resolved yet. */
    public @Nullable InetSocketAddress address() {
        return address;
    }

    /** Whether an operator lets it be checked; says nothing of a pool without checks. */
    public boolean checked() {
        return checked;
    }

    /** What it may be given: what its state admits, and nothing while there is no address to connect to. */
    public Admission admission() {
        return address == null ? Admission.NONE : state.admission();
    }

    /** What new sessions are balanced with: 0 whenever it takes none. */
    @Override
    public int effectiveWeight() {
        return effectiveWeight;
    }

    /** The same in units of weight: 0.5 is half of what weight 1 comes to after slow start. */
    public double effectiveUnits() {
        return (double) effectiveWeight / SlowStart.UNIT;
    }

    public InFlight load() {
        return load;
    }

    @Override
    public int inFlight() {
        return load.current();
    }

    @Override
    public boolean full() {
        return load.current() >= maxConnections;
    }

    /** Takes a place on this server; false if it is full. Each place taken is owed one {@link InFlight#release}. */
    public boolean tryAcquire() {
        return load.tryAcquire(maxConnections);
    }

    /** The value of the sticky cookie that names this server. Not to be written to. */
    public byte[] cookieValue() {
        return cookieValue;
    }

    @Override
    public String toString() {
        return server.name() + "[" + state.label() + " " + effectiveWeight + "]";
    }
}
