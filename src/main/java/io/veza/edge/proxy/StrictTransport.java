package io.veza.edge.proxy;

import io.veza.edge.http1.Octets;
import java.time.Duration;

/** {@code Strict-Transport-Security} (RFC 6797) as a listener adds it to every response; made once. */
public final class StrictTransport {

    private final String value;
    private final byte[] line;

    /**
     * @param maxAge how long browsers keep to TLS, in whole seconds; zero has them forget
     * @param preload whether the host may be put on the lists that browsers come with
     */
    public StrictTransport(Duration maxAge, boolean includeSubdomains, boolean preload) {
        value = "max-age=" + maxAge.toSeconds() + (includeSubdomains ? "; includeSubDomains" : "")
                + (preload ? "; preload" : "");
        line = Octets.ascii("Strict-Transport-Security: " + value + "\r\n");
    }

    /** The field's value. */
    String value() {
        return value;
    }

    /** The whole line; not to be written to. */
    byte[] line() {
        return line;
    }
}
