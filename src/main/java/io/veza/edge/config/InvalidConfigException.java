package io.veza.edge.config;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Says that the edge can't be what it was configured to be: all problems, one to a line of the message. Thrown by an
 * observer of {@code StartupEvent}, before any port is bound, it makes Quarkus print the message without a trace and exit
 * with status 1.
 */
public final class InvalidConfigException extends ConfigurationException {

    private static final long serialVersionUID = 1;

    private final transient List<Problem> problems;

    InvalidConfigException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** Sorted by key; at least one. */
    public List<Problem> problems() {
        return problems;
    }
}
