package io.veza.edge.health;

/** What was observed of a server, or what an operator had it taken for. */
public enum HealthState {
    UP,
    /** On its way out by an operator's word: serves those it has, until a check says something else. (HAProxy's NOLB.) */
    STOPPING,
    DOWN
}
