package io.veza.edge.proxy;

/** How a server was chosen by the hash of a request's key. */
public enum HashPlacement {
    /** It is the key's own. */
    PRIMARY,
    /** The key's own was full, above the load bound or could not be reached: the next along the ring. */
    SPILLED,
    /** The request has no such key: round robin. */
    KEYLESS
}
