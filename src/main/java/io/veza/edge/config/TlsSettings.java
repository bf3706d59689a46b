package io.veza.edge.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How the HTTPS listener speaks TLS. What is in the files is looked at by who uses them.
 *
 * @param port 0 for a free one
 * @param certificates a PEM file or a folder of them
 * @param strictNames whether clients that ask for a name no certificate is for are refused
 * @param http2 whether HTTP/2 is offered
 * @param handshake how long a handshake may take
 * @param clientAuthorities who issues certificates of clients; given if they are asked for
 * @param clientRevocations lists of revoked ones; empty for not looking
 * @param ticketKeys a file of keys for session tickets; empty for own ones
 * @param ocspStapling whether responders are asked about the certificates, for clients that ask the edge
 */
public record TlsSettings(
        int port,
        Path certificates,
        boolean strictNames,
        boolean http2,
        Provider provider,
        Version minVersion,
        Duration handshake,
        Optional<Path> ticketKeys,
        boolean ocspStapling,
        ClientAuth clientAuth,
        Optional<Path> clientAuthorities,
        Optional<Path> clientRevocations) {

    /** Whether clients are asked for certificates. */
    public enum ClientAuth {
        NONE,
        OPTIONAL,
        REQUIRED
    }

    /** Who does the cryptography. */
    public enum Provider {
        AUTO,
        OPENSSL,
        JDK
    }

    /** The oldest version of TLS that is spoken. */
    public enum Version {
        TLS_1_2,
        TLS_1_3
    }
}
