package io.veza.edge.proxy;

import io.veza.edge.pool.AddressRule;
import io.veza.edge.tls.Certificates;
import org.jspecify.annotations.Nullable;

/**
 * How clients connect to one listener.
 *
 * @param scheme of what is asked for through it, with or without TLS; also the name of the listener
 * @param http2 whether HTTP/2 is spoken: by ALPN where there is TLS, else with prior knowledge
 * @param certificates by which TLS is spoken; null for plain text
 * @param acceptProxy whether connections of trusted proxies begin with a PROXY header
 * @param clients which may connect
 * @param redirect sends clients to the listener with TLS; null where they are served
 * @param strictTransport what every response carries, in place of what a server says of it; null for nothing
 */
public record ListenerSettings(
        String scheme,
        boolean http2,
        @Nullable Certificates certificates,
        boolean acceptProxy,
        AddressRule clients,
        @Nullable HttpsRedirect redirect,
        @Nullable StrictTransport strictTransport) {

    /** For everybody, in plain text. */
    public ListenerSettings(String scheme, boolean http2) {
        this(scheme, http2, null, false, AddressRule.OPEN, null, null);
    }

    /** HTTP/1.1 and nothing else. */
    public static ListenerSettings plain(String scheme) {
        return new ListenerSettings(scheme, false);
    }

    /** The same, over TLS. */
    public ListenerSettings withCertificates(Certificates read) {
        return new ListenerSettings(scheme, http2, read, acceptProxy, clients, redirect, strictTransport);
    }

    /** The same, with or without the PROXY header of trusted proxies. */
    public ListenerSettings withAcceptProxy(boolean accept) {
        return new ListenerSettings(scheme, http2, certificates, accept, clients, redirect, strictTransport);
    }

    /** The same, for these clients alone. */
    public ListenerSettings withClients(AddressRule rule) {
        return new ListenerSettings(scheme, http2, certificates, acceptProxy, rule, redirect, strictTransport);
    }

    /** The same, sending its clients elsewhere. */
    public ListenerSettings withRedirect(@Nullable HttpsRedirect to) {
        return new ListenerSettings(scheme, http2, certificates, acceptProxy, clients, to, strictTransport);
    }

    /** The same, with this on every response. */
    public ListenerSettings withStrictTransport(@Nullable StrictTransport strict) {
        return new ListenerSettings(scheme, http2, certificates, acceptProxy, clients, redirect, strict);
    }
}
