package io.veza.edge.config;

import java.util.List;
import java.util.stream.Collectors;

/** Says that the edge can't be what it was configured to be: all problems, one to a line of the message. */
public final class InvalidConfigException extends RuntimeException {

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
