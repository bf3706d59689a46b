package io.veza.edge.control;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How the servers of a pool are spoken to, by traffic and checks alike.
 *
 * @param tls empty for clear text
 * @param proxyHeader what a new connection begins with
 */
public record ServerLink(Protocol protocol, Optional<Tls> tls, ProxyHeader proxyHeader) {

    /** HTTP/1.1 in clear text and nothing before it. */
    public static final ServerLink PLAIN = new ServerLink(Protocol.HTTP1, Optional.empty(), ProxyHeader.NONE);

    /** What is spoken. */
    public enum Protocol {
        HTTP1,
        /** HTTP/2 in clear text, with prior knowledge. */
        H2C,
        /** HTTP/2 over TLS, agreed on by ALPN. */
        H2
    }

    /** The PROXY protocol's header, which tells a server whose connection it is. */
    public enum ProxyHeader {
        NONE,
        V1,
        V2
    }

    /**
     * TLS towards the servers.
     *
     * @param verified whether a server's certificate must be good and for its name
     * @param ca PEM file with those who may have signed it; empty for those that the JDK trusts
     * @param sni the name that is asked for and verified; empty for the host of the server's address
     * @param clientCert PEM file with the chain and the key that the edge shows
     */
    public record Tls(boolean verified, Optional<Path> ca, Optional<String> sni, Optional<Path> clientCert) {}

    public ServerLink {
        if (protocol == Protocol.H2 && tls.isEmpty()) {
            throw new IllegalArgumentException("h2 needs tls.enabled=true; HTTP/2 without TLS is h2c");
        }
        if (protocol == Protocol.H2C && tls.isPresent()) {
            throw new IllegalArgumentException("h2c is without TLS, and tls.enabled is true; HTTP/2 over TLS is h2");
        }
        if (protocol != Protocol.HTTP1 && proxyHeader != ProxyHeader.NONE) {
            throw new IllegalArgumentException(
                    "does not go with send-proxy, whose header names one client, while an HTTP/2 connection serves many");
        }
    }

    public boolean isHttp2() {
        return protocol != Protocol.HTTP1;
    }
}
