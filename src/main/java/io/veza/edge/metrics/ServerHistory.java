package io.veza.edge.metrics;

import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.HealthState;
import io.veza.edge.health.ServerState;
import io.veza.edge.metrics.ServerStatistics.LastCheck;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What became of one server: its checks, how often it went down and for how long it was gone. Thread-safe. */
final class ServerHistory {

    private long checksFailed;
    private long downs;
    private Duration gone = Duration.ZERO;
    private @Nullable Instant goneSince;
    private @Nullable LastCheck lastCheck;

    /** Of a server that is up. */
    ServerHistory() {}

    /** Of a server that begins so; one that was added may begin down or in maintenance. */
    ServerHistory(ServerState first) {
        goneSince = isGone(first) ? first.since() : null;
    }

    synchronized void checked(ServerEntry server, CheckResult result, Instant now) {
        lastCheck = new LastCheck(result, now);
        if (!result.passed() && server.state().health() != HealthState.DOWN) {
            checksFailed++;
        }
    }

    synchronized void changed(ServerTransition transition) {
        if (transition.to().health() == HealthState.DOWN && transition.from().health() != HealthState.DOWN) {
            downs++;
        }
        boolean away = isGone(transition.to());
        Instant since = goneSince;
        if (away && since == null) {
            goneSince = transition.at();
        } else if (!away && since != null) {
            gone = gone.plus(Duration.between(since, transition.at()));
            goneSince = null;
        }
    }

    private static boolean isGone(ServerState state) {
        return state.health() == HealthState.DOWN || state.admin() == AdminState.MAINT;
    }

    synchronized long checksFailed() {
        return checksFailed;
    }

    synchronized long downs() {
        return downs;
    }

    synchronized Duration gone(Instant now) {
        Instant since = goneSince;
        return since == null ? gone : gone.plus(Duration.between(since, now));
    }

    synchronized Optional<LastCheck> lastCheck() {
        return Optional.ofNullable(lastCheck);
    }

    /** Sets the counts to zero; a time that it is gone begins now. */
    synchronized void clear(Instant now) {
        checksFailed = 0;
        downs = 0;
        gone = Duration.ZERO;
        if (goneSince != null) {
            goneSince = now;
        }
    }
}
