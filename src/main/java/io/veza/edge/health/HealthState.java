package io.veza.edge.health;

/** Whether a server answers, as far as it was observed. */
public enum HealthState {
    UP,
    DOWN
}
