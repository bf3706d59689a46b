package io.veza.edge.config;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Says that the edge can't be what it was configured to be: all problems, one to a line of the message. Thrown by an
 * observer of {@code StartupEvent}, before any port is bound, it makes Quarkus print the message without a trace and exit
 * with status 1.
 */
public final class InvalidConfigException extends ConfigurationException {

    private static final long serialVersionUID = 1;

    private final transient List<Problem> problems;

    private final transient EdgeSettings.Listen listen;

    private final transient Optional<Path> adminSocket;

    private final transient Optional<TlsSettings> tls;

    InvalidConfigException(
            List<Problem> problems, EdgeSettings.Listen listen, Optional<Path> adminSocket, Optional<TlsSettings> tls) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
        this.listen = listen;
        this.adminSocket = adminSocket;
        this.tls = tls;
    }

    /** Sorted by key; at least one. */
    public List<Problem> problems() {
        return problems;
    }

    /** Where clients would connect, so that this too can be looked at; port 0 if it is one of the problems. */
    public EdgeSettings.Listen listen() {
        return listen;
    }

    /** Where the runtime API would listen, for the same purpose; empty if nowhere, or if it is one of the problems. */
    public Optional<Path> adminSocket() {
        return adminSocket;
    }

    /** How clients would be spoken to over TLS, likewise. */
    public Optional<TlsSettings> tls() {
        return tls;
    }
}
