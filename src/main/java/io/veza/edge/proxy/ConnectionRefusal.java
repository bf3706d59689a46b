package io.veza.edge.proxy;

import java.util.Locale;

/** Why a connection was closed before it could send a request, or for what its client did to the protocol. */
public enum ConnectionRefusal {
    /** The listener's lists keep the client's address out. */
    DENIED,
    /** There is no memory left for more connections. */
    OVERLOADED,
    /** The client's address has as many connections as one may have. */
    ADDRESS_CONNECTIONS,
    /** The client's address makes connections faster than one may. */
    ADDRESS_RATE,
    /** The listener takes connections of trusted proxies alone, by their PROXY header, and this is none. */
    NOT_A_PROXY,
    /** A trusted proxy began with something that is no PROXY header, or broke off in it. */
    PROXY_HEADER_MALFORMED,
    /** A trusted proxy's PROXY header did not arrive in time. */
    PROXY_HEADER_LATE,
    /** An HTTP/2 client took back, or broke, too many requests. */
    H2_RESETS,
    /** An HTTP/2 client sent too many frames that ask for nothing. */
    H2_CONTROL_FRAMES,
    /** An HTTP/2 client opened its windows more often than there was anything to send. */
    H2_WINDOW_UPDATES,
    /** An HTTP/2 client cut a head into too many frames. */
    H2_CONTINUATIONS,
    /** An HTTP/2 client broke the protocol of the connection. */
    H2_PROTOCOL;

    /** Its name in counters, snake_case. */
    public String reason() {
        return name().toLowerCase(Locale.ROOT);
    }
}
