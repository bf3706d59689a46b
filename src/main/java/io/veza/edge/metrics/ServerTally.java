package io.veza.edge.metrics;

import io.veza.edge.control.ServerTransition;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.CheckResult.Outcome;
import io.veza.edge.health.ServerState;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;

/**
 * What is exported of one server beside its traffic: checks, transitions, down time. Unlike {@link ServerHistory} an operator
 * cannot clear it, since counters that are exported only go up. Thread-safe.
 */
final class ServerTally {

    private final Map<Outcome, Long> checks = new EnumMap<>(Outcome.class);
    private final Map<ServerCondition, Long> transitions = new EnumMap<>(ServerCondition.class);
    private final ServerHistory history;
    private Duration lastCheck = Duration.ZERO;

    /** @param first the state that the server begins with, into which there is no transition */
    ServerTally(ServerState first) {
        this.history = new ServerHistory(first);
    }

    synchronized void checked(CheckResult result) {
        checks.merge(result.outcome(), 1L, Long::sum);
        lastCheck = result.took();
    }

    synchronized void changed(ServerTransition transition, ServerCondition to) {
        transitions.merge(to, 1L, Long::sum);
        history.changed(transition);
    }

    synchronized long checks(Outcome outcome) {
        return checks.getOrDefault(outcome, 0L);
    }

    synchronized long transitions(ServerCondition to) {
        return transitions.getOrDefault(to, 0L);
    }

    /** Down or in maintenance, a present time included. */
    Duration gone(Instant now) {
        return history.gone(now);
    }

    /** How long the last check took; zero before the first. */
    synchronized Duration lastCheck() {
        return lastCheck;
    }
}
