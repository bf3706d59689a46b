package io.veza.edge.tls;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How a listener speaks TLS.
 *
 * @param certificates a PEM file, or a folder of them
 * @param minVersion the oldest version that is spoken
 * @param strictNames whether a client that asks for a name no certificate is for is refused, or gets the default one
 * @param http2 whether HTTP/2 is offered
 * @param handshake how long a handshake may take
 * @param clients whose certificates are asked for
 * @param ticketKeys a file of keys that others have, too; empty for own ones
 * @param ocspStapling whether responders are asked about the certificates, for clients that ask the edge; BoringSSL only
 */
public record TlsOptions(
        Path certificates,
        Provider provider,
        Version minVersion,
        boolean strictNames,
        boolean http2,
        Duration handshake,
        Optional<Path> ticketKeys,
        boolean ocspStapling,
        ClientTrust clients) {

    /** Without certificates of clients, and asking no responders. */
    public TlsOptions(
            Path certificates,
            Provider provider,
            Version minVersion,
            boolean strictNames,
            boolean http2,
            Duration handshake,
            Optional<Path> ticketKeys) {
        this(certificates, provider, minVersion, strictNames, http2, handshake, ticketKeys, false, ClientTrust.NONE);
    }

    /** The same without other files than those of the certificates. */
    TlsOptions certificatesAlone() {
        return new TlsOptions(certificates, provider, minVersion, strictNames, http2, handshake, Optional.empty());
    }

    /** Who does the cryptography. */
    public enum Provider {
        /** OpenSSL where it can be loaded, else the JDK. */
        AUTO,
        /** BoringSSL by netty-tcnative. */
        OPENSSL,
        /** The JDK's own. */
        JDK
    }

    /** A version of TLS. */
    public enum Version {
        TLS_1_2("TLSv1.2"),
        TLS_1_3("TLSv1.3");

        private final String protocol;

        Version(String protocol) {
            this.protocol = protocol;
        }

        /** As the JDK and OpenSSL call it. */
        String protocol() {
            return protocol;
        }
    }
}
