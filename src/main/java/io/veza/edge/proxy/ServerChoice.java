package io.veza.edge.proxy;

import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.health.Admission;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.persistence.StickyCookie;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which server one request goes to, now and after each disappointment: the one to try again, else that of its sticky
 * cookie, else the balancer's pick, never one that could not be reached. Belongs to one exchange.
 */
final class ServerChoice {

    private final boolean hashes;
    private final long hashKey;
    private final @Nullable StickySession session;
    private Set<String> excluded = Set.of();
    private @Nullable String again;
    private @Nullable String avoided;
    private @Nullable HashPlacement placement;

    ServerChoice(PoolTraffic pool, RequestHead head) {
        HashKeyReader reader = pool.hashKey;
        StickyCookie sticky = pool.sticky;
        this.hashes = reader != null;
        this.hashKey = reader == null ? 0 : reader.read(head);
        this.session = sticky == null ? null : new StickySession(sticky, pool.snapshot(), head);
    }

    /** The server to go to, which may be full; null if none is usable, or all are full. */
    @Nullable
    ServerEntry in(PoolSnapshot snapshot) {
        ServerEntry chosen = among(snapshot);
        String last = avoided;
        if (chosen == null && last != null && !saturated(snapshot)) {
            avoided = null;
            excluded.remove(last);
            chosen = among(snapshot);
        }
        return chosen;
    }

    private @Nullable ServerEntry among(PoolSnapshot snapshot) {
        placement = null;
        ServerEntry bound = boundTo(snapshot);
        if (bound != null) {
            return bound;
        }
        if (!hashes) {
            return snapshot.pick(hashKey, excluded);
        }
        if (hashKey == HashKeyReader.NONE) {
            placement = HashPlacement.KEYLESS;
            return snapshot.pickWithoutKey(excluded);
        }
        ServerEntry picked = snapshot.pick(hashKey, excluded);
        if (picked != null) {
            placement = snapshot.owns(hashKey, picked) ? HashPlacement.PRIMARY : HashPlacement.SPILLED;
        }
        return picked;
    }

    /** How the hash chose the server last chosen; null if something else did. */
    @Nullable
    HashPlacement placement() {
        return placement;
    }

    /** The name of the one server that will do while things are as they are; null if the balancer is free to choose. */
    @Nullable
    String bound(PoolSnapshot snapshot) {
        ServerEntry bound = boundTo(snapshot);
        return bound == null ? null : bound.server().name();
    }

    private @Nullable ServerEntry boundTo(PoolSnapshot snapshot) {
        ServerEntry same = named(snapshot, again);
        if (same != null && same.admission() == Admission.ALL) {
            return same;
        }
        ServerEntry holder = session == null ? null : named(snapshot, session.server());
        return holder != null && holder.admission() != Admission.NONE ? holder : null;
    }

    private @Nullable ServerEntry named(PoolSnapshot snapshot, @Nullable String name) {
        return name == null || excluded.contains(name) ? null : snapshot.entry(name);
    }

    /** Whether there are usable servers, but every one is full. */
    boolean saturated(PoolSnapshot snapshot) {
        return snapshot.saturated(excluded);
    }

    /** Prefers this server next time, as long as it takes new sessions. */
    void again(ServerEntry server) {
        again = server.server().name();
    }

    /** Goes elsewhere next time, unless there is nobody else. */
    void avoid(ServerEntry server) {
        again = null;
        avoided = server.server().name();
        exclude(server);
    }

    /** Never chooses this server again. */
    void exclude(ServerEntry server) {
        if (excluded.isEmpty()) {
            excluded = new HashSet<>();
        }
        excluded.add(server.server().name());
    }

    /** The name of the server that the request's cookie led to when it came; null if to none. */
    @Nullable
    String holder() {
        return session == null ? null : session.server();
    }

    /** What the request's cookie was, and what a response of this server made of it; null if there was no response. */
    Termination.Cookie cookie(@Nullable ServerEntry served) {
        if (session == null) {
            return Termination.Cookie.UNUSED;
        }
        return served == null ? session.seen() : session.after(served);
    }

    /** The cookie line that a response of this server must carry, or null. */
    byte @Nullable [] setCookie(ServerEntry served) {
        return session == null ? null : session.setCookie(served);
    }
}
