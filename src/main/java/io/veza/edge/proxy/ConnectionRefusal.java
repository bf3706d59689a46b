package io.veza.edge.proxy;

import java.util.Locale;

/** Why a connection was closed before it could send a request. */
public enum ConnectionRefusal {
    /** The listener's lists keep the client's address out. */
    DENIED,
    /** The client's address has as many connections as one may have. */
    ADDRESS_CONNECTIONS,
    /** The client's address makes connections faster than one may. */
    ADDRESS_RATE,
    /** A trusted proxy began with something that is no PROXY header, or broke off in it. */
    PROXY_HEADER_MALFORMED,
    /** A trusted proxy's PROXY header did not arrive in time. */
    PROXY_HEADER_LATE;

    /** Its name in counters, snake_case. */
    public String reason() {
        return name().toLowerCase(Locale.ROOT);
    }
}
