package io.veza.edge.proxy;

/**
 * How clients connect to one listener.
 *
 * @param scheme of what is asked for through it, with or without TLS; also the name of the listener
 * @param http2 whether HTTP/2 is spoken: by ALPN where there is TLS, else with prior knowledge
 * @param acceptProxy whether connections of trusted proxies begin with a PROXY header
 */
public record ListenerSettings(String scheme, boolean http2, boolean acceptProxy) {

    /** HTTP/1.1 and nothing else. */
    public static ListenerSettings plain(String scheme) {
        return new ListenerSettings(scheme, false, false);
    }

    /** The same, with or without the PROXY header of trusted proxies. */
    public ListenerSettings withAcceptProxy(boolean accept) {
        return new ListenerSettings(scheme, http2, accept);
    }
}
