package io.veza.edge.pool;

/** How a pool chooses among its usable servers; the names are HAProxy's {@code balance} keywords. */
public enum Algorithm {
    ROUNDROBIN,
    LEASTCONN,
    RANDOM,
    URI
}
