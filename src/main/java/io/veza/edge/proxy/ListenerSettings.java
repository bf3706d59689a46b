package io.veza.edge.proxy;

/**
 * How clients connect to one listener.
 *
 * @param scheme of what is asked for through it, with or without TLS; also the name of the listener
 * @param http2 whether HTTP/2 is spoken: by ALPN where there is TLS, else with prior knowledge
 */
public record ListenerSettings(String scheme, boolean http2) {

    /** HTTP/1.1 and nothing else. */
    public static ListenerSettings plain(String scheme) {
        return new ListenerSettings(scheme, false);
    }
}
