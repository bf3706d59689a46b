package io.veza.edge.pool;

/** What becomes of a server's sessions when its checks mark it down; HAProxy's {@code on-marked-down}. */
public enum OnMarkedDown {
    SHUTDOWN_SESSIONS,
    NONE
}
