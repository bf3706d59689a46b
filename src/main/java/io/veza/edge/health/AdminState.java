package io.veza.edge.health;

/** What the operator wants of a server, independent of its health. */
public enum AdminState {
    /** Takes traffic. */
    READY,
    /** Takes no new sessions but keeps those it has: running exchanges, tunnels, holders of its sticky cookie. */
    DRAIN,
    /** Takes nothing, is not checked, and its sessions are cut. */
    MAINT
}
