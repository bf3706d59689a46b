package io.veza.edge.metrics;

import io.veza.edge.health.AdminState;
import io.veza.edge.health.HealthState;
import io.veza.edge.health.ServerState;
import java.util.Locale;

/**
 * Both axes of a server's state in one word, as graphs need it: maintenance says more than anything else, down more than
 * drain.
 */
enum ServerCondition {
    UP,
    DRAIN,
    STOPPING,
    DOWN,
    MAINT;

    private final String word = name().toLowerCase(Locale.ROOT);

    static ServerCondition of(ServerState state) {
        if (state.admin() == AdminState.MAINT) {
            return MAINT;
        }
        if (state.health() == HealthState.DOWN) {
            return DOWN;
        }
        if (state.admin() == AdminState.DRAIN) {
            return DRAIN;
        }
        return state.health() == HealthState.STOPPING ? STOPPING : UP;
    }

    /** The value of the labels {@code state}, {@code from} and {@code to}. */
    String word() {
        return word;
    }
}
