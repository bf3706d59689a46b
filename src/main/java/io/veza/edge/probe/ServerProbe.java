package io.veza.edge.probe;

import io.vertx.core.Future;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.pool.ServerAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks one server and looks up its name, each by a timer of its own, so that nothing here waits for another server.
 * Belongs to the prober's context: every method is to be called on it.
 */
final class ServerProbe {

    /** How soon a name that never had an address is looked up again: its server can't be used until it has one. */
    private static final Duration MISSING = Duration.ofSeconds(1);

    /** Vert.x counts its timers from 0, so that cancelling 0 would cancel somebody else's. */
    private static final long NO_TIMER = -1;

    private final Prober prober;
    private final PoolController pool;
    private final int id;
    private final String name;
    private final ServerAddress configured;
    private long checkTimer = NO_TIMER;
    private long lookupTimer = NO_TIMER;
    private boolean checking;

    private boolean stopped;

    /** By which the next check was set. */
    private HealthPolicy followed;

    ServerProbe(Prober prober, PoolController pool, ServerEntry entry) {
        this.prober = prober;
        this.pool = pool;
        this.id = entry.id();
        this.name = entry.server().name();
        this.configured = entry.server().address();
        this.followed = policy();
    }

    /** Begins; completes when the address was looked up once, with whatever result. */
    Future<Void> start() {
        InetSocketAddress literal = NameLookup.literal(configured);
        if (literal == null) {
            return lookUp();
        }
        reachable(literal);
        return Future.succeededFuture();
    }

    /** Whether it still goes by the address this server has; an operator may change that. */
    boolean isFor(ServerEntry entry) {
        return configured.equals(entry.server().address());
    }

    /** Checks at once: what was known of the server does not count any more. */
    void checkNow() {
        checkAfter(Duration.ZERO);
    }

    /** Sets the next check anew if the pool is checked otherwise since the last one was: that may have been far off. */
    void follow() {
        HealthPolicy now = policy();
        if (!now.equals(followed)) {
            followed = now;
            checkAfter(Schedule.first(now.interval(), prober.random()));
        }
    }

    /** Ends; what is under way is not reported any more. */
    void stop() {
        stopped = true;
        prober.cancel(checkTimer);
        prober.cancel(lookupTimer);
    }

    /** The first address there is. From now on it is checked. */
    private void reachable(InetSocketAddress address) {
        pool.resolved(name, address);
        checkAfter(Schedule.first(policy().interval(), prober.random()));
    }

    private void checkAfter(Duration delay) {
        prober.cancel(checkTimer);
        if (!checking) {
            checkTimer = prober.after(delay, this::check);
        }
    }

    private void check() {
        HealthPolicy policy = policy();
        ServerEntry entry = entry();
        InetSocketAddress address = entry == null ? null : entry.address();
        if (entry == null
                || address == null
                || entry.state().admin() == AdminState.MAINT
                || !entry.checked()
                || !policy.enabled()) {
            checkAfter(Schedule.next(policy.interval(), Duration.ZERO, prober.random()));
            return;
        }
        checking = true;
        Instant since = entry.state().since();
        prober.check(pool, address, configured, policy).onSuccess(result -> checked(result, address, since));
    }

    /** @param since when the state the check was made in began */
    private void checked(CheckResult result, InetSocketAddress address, Instant since) {
        checking = false;
        ServerEntry checked = entry();
        if (checked == null) {
            return;
        }
        if (!checked.state().since().equals(since) || !address.equals(checked.address())) {
            // Maintenance, say, has come and gone: what was found before says nothing of what is there now. Asked of
            // the
            // state itself, since word of its change may come later than the result.
            check();
            return;
        }
        try {
            pool.checked(name, result);
        } finally {
            // Whatever a listener makes of the result: a server that is not checked any more never comes back.
            ServerEntry after = entry();
            HealthPolicy policy = policy();
            Duration interval = after == null || after.state().settled() ? policy.interval() : policy.fastInterval();
            checkAfter(Schedule.next(interval, result.took(), prober.random()));
        }
    }

    private Future<Void> lookUp() {
        return prober.lookUp(configured.host()).transform(found -> {
            ServerEntry entry = entry();
            // One whose address an operator has set goes by this name no more; the prober ends this probe soon.
            if (entry != null && isFor(entry)) {
                lookedUp(found.succeeded() ? found.result() : List.of(), entry.address());
            }
            return Future.succeededFuture();
        });
    }

    private void lookedUp(List<InetAddress> found, @Nullable InetSocketAddress current) {
        boolean missing = current == null && found.isEmpty();
        Duration interval = missing ? MISSING : prober.lookupInterval(policy().interval());
        try {
            if (current != null) {
                pool.resolved(name, choose(found, current));
            } else if (missing) {
                pool.resolved(name, null);
            } else {
                reachable(new InetSocketAddress(found.get(0), configured.port()));
            }
        } finally {
            lookupTimer = prober.after(Schedule.next(interval, Duration.ZERO, prober.random()), this::lookUp);
        }
    }

    /** Keeps the address while the name has it, since name servers rotate their answers, or while they have none. */
    private InetSocketAddress choose(List<InetAddress> found, InetSocketAddress current) {
        boolean keeps = found.isEmpty() || found.contains(current.getAddress());
        return new InetSocketAddress(keeps ? current.getAddress() : found.get(0), configured.port());
    }

    private HealthPolicy policy() {
        return pool.snapshot().definition().health();
    }

    /** The server as it stands; null once it is not this probe's any more, even if another goes by its name. */
    private @Nullable ServerEntry entry() {
        ServerEntry entry = pool.snapshot().entry(name);
        return stopped || entry == null || entry.id() != id ? null : entry;
    }
}
