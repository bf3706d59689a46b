package io.veza.edge.control;

import io.veza.edge.health.Admission;
import io.veza.edge.persistence.StickyCookie;
import io.veza.edge.pool.Balance;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One pool at one moment: definition, servers with their states and effective weights, and the balancers built of them,
 * together, so that a reader never sees halves. Immutable; only the in-flight counts it points to move. A request takes
 * one snapshot and decides everything by it.
 */
public final class PoolSnapshot {

    private final PoolDefinition definition;
    private final List<ServerEntry> entries;
    private final long version;
    private final Map<String, ServerEntry> byName;
    private final CookieTable byCookie;
    private final Tier primaries;
    private final Tier backups;
    private final boolean moving;

    /** @param previous the snapshot this one replaces, or null for a pool's first */
    PoolSnapshot(
            PoolDefinition definition,
            List<ServerEntry> entries,
            @Nullable PoolSnapshot previous,
            AtomicLong sequence,
            LongSupplier entropy) {
        this.definition = definition;
        this.entries = List.copyOf(entries);
        this.version = previous == null ? 1 : previous.version + 1;
        this.byName = new HashMap<>(entries.size() * 2);
        for (ServerEntry entry : entries) {
            byName.put(entry.server().name(), entry);
        }
        this.byCookie = new CookieTable(entries);
        Balance balance = definition.pool().balance();
        // A ring goes on by the rules it was made with, which another configuration may have changed.
        PoolSnapshot same =
                previous != null && previous.definition.pool().balance().equals(balance) ? previous : null;
        this.primaries =
                Tier.of(balance, tier(entries, false), same == null ? null : same.primaries, sequence, entropy);
        this.backups = Tier.of(balance, tier(entries, true), same == null ? null : same.backups, sequence, entropy);
        this.moving = entries.stream()
                .anyMatch(e ->
                        e.state().rampStart().isPresent() || e.state().drain().isPresent());
    }

    private static List<ServerEntry> tier(List<ServerEntry> entries, boolean backup) {
        return entries.stream().filter(e -> e.server().backup() == backup).toList();
    }

    public PoolDefinition definition() {
        return definition;
    }

    /** All servers in the configured order. */
    public List<ServerEntry> entries() {
        return entries;
    }

    /** Counts the pool's snapshots from 1. */
    public long version() {
        return version;
    }

    public @Nullable ServerEntry entry(String serverName) {
        return byName.get(serverName);
    }

    /**
     * A server for a new session, or null if none is usable or all are full ({@link #saturated} tells which). Backups
     * are chosen among only when no ordinary server is usable for this request, not when these are full.
     *
     * @param key the hash of the request's key; looked at by {@code uri} pools only
     * @param excluded names of servers that have just failed this request
     */
    public @Nullable ServerEntry pick(long key, Set<String> excluded) {
        ServerEntry entry = primaries.pick(key, excluded);
        return entry != null || primaries.usable(excluded) ? entry : backups.pick(key, excluded);
    }

    /** Whether this server is the one that the key belongs to while things are as they are, and not one it spilled to. */
    public boolean owns(long key, ServerEntry entry) {
        return (primaries.usable(Set.of()) ? primaries : backups).owns(key, entry);
    }

    /** As {@link #pick} for a request that has no key: round robin where the pool balances by key. */
    public @Nullable ServerEntry pickWithoutKey(Set<String> excluded) {
        ServerEntry entry = primaries.pickWithoutKey(excluded);
        return entry != null || primaries.usable(excluded) ? entry : backups.pickWithoutKey(excluded);
    }

    /** Whether there are usable servers, but every one is full: the request may wait for a place. */
    public boolean saturated(Set<String> excluded) {
        Tier tier = primaries.usable(excluded) ? primaries : backups;
        return tier.usable(excluded) && tier.full(excluded);
    }

    /**
     * The server that this sticky cookie value names, if it admits persistent traffic; its weight may be 0, and it may
     * be full. Dates after the name are passed over here; {@link StickyCookie#age} judges them. Does not allocate.
     */
    public @Nullable ServerEntry persistent(byte[] buf, int from, int to) {
        ServerEntry entry = byCookie.find(buf, from, StickyCookie.serverEnd(buf, from, to));
        return entry == null || entry.admission() == Admission.NONE ? null : entry;
    }

    /** Whether this sticky cookie value names a server of the pool, usable or not. */
    public boolean names(byte[] buf, int from, int to) {
        return byCookie.find(buf, from, StickyCookie.serverEnd(buf, from, to)) != null;
    }

    /** Whether something changes with time alone, a ramp or a drain, so that ticks matter. */
    boolean moving() {
        return moving;
    }
}
