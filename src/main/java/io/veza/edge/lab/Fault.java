package io.veza.edge.lab;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What is wrong with a lab server at the moment, switched over {@code /fault}.
 *
 * @param delay before every answer while {@link Kind#SLOW}; zero otherwise
 */
record Fault(Kind kind, Duration delay) {

    /** The ways of being broken; each says which requests it strikes. */
    enum Kind {
        NONE("none"),
        /** Every answer, that of the health check too, comes late. */
        SLOW("slow"),
        /** Nothing is answered, connections stay open. */
        HANG("hang"),
        /** Everything but the health check gets a 500. */
        ERROR("500"),
        /** Every request gets its connection reset. */
        RESET("reset"),
        /** Only the health check fails, with a 503. */
        UNHEALTHY("unhealthy"),
        /** The process ends without a goodbye; embedded, the server closes its listener and all connections. */
        EXIT("exit");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    static final Fault NONE = new Fault(Kind.NONE, Duration.ZERO);

    private static final Duration LONGEST_DELAY = Duration.ofMinutes(10);

    /**
     * Reads the parameters of {@code POST /fault}.
     *
     * @param milliseconds the delay of {@code slow}; empty for any other kind
     * @throws IllegalArgumentException saying which kinds and delays there are
     */
    static Fault parse(String word, String milliseconds) {
        Kind kind = Arrays.stream(Kind.values())
                .filter(candidate -> candidate.word.equals(word.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("kind \"" + word + "\" is none of "
                        + Arrays.stream(Kind.values()).map(Kind::word).collect(Collectors.joining(", "))));
        if (kind != Kind.SLOW) {
            return new Fault(kind, Duration.ZERO);
        }
        if (!milliseconds.matches("[0-9]{1,6}") || Integer.parseInt(milliseconds) > LONGEST_DELAY.toMillis()) {
            throw new IllegalArgumentException(
                    "slow needs ms in 0.." + LONGEST_DELAY.toMillis() + ", not \"" + milliseconds + "\"");
        }
        return new Fault(kind, Duration.ofMillis(Integer.parseInt(milliseconds)));
    }
}
