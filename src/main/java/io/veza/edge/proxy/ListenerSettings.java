package io.veza.edge.proxy;

import io.veza.edge.tls.Certificates;
import org.jspecify.annotations.Nullable;

/**
 * How clients connect to one listener.
 *
 * @param scheme of what is asked for through it, with or without TLS; also the name of the listener
 * @param http2 whether HTTP/2 is spoken: by ALPN where there is TLS, else with prior knowledge
 * @param certificates by which TLS is spoken; null for plain text
 */
public record ListenerSettings(String scheme, boolean http2, @Nullable Certificates certificates) {

    /** In plain text. */
    public ListenerSettings(String scheme, boolean http2) {
        this(scheme, http2, null);
    }

    /** HTTP/1.1 and nothing else. */
    public static ListenerSettings plain(String scheme) {
        return new ListenerSettings(scheme, false);
    }
}
