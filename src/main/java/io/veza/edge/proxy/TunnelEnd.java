package io.veza.edge.proxy;

/** What ended a tunnel. */
public enum TunnelEnd {
    /** The client closed it. */
    CLIENT,
    /** The server closed it. */
    SERVER,
    /** Nothing came through it for the tunnel timeout. */
    TIMEOUT,
    /** Its server went down or into maintenance. */
    CUT,
    /** Its server, or the whole edge, is being drained. */
    DRAINED,
    /** An operator shut it down. */
    SHUT_DOWN
}
