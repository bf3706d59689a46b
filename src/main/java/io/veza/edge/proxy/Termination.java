package io.veza.edge.proxy;

import org.jspecify.annotations.Nullable;

/**
 * How an exchange ended, as the four letters that readers of HAProxy's logs know (configuration manual 2.6, section 8.5): who
 * ended it, in which stage, what the request's sticky cookie was and what the response did about it. For example {@code sHVN}:
 * the server was too slow to send its response's head, the cookie was valid and nothing was done about it.
 */
final class Termination {

    /** How far an exchange had come: the second letter if it did not end in good order. */
    enum Stage {
        REQUEST('R'),
        QUEUE('Q'),
        CONNECT('C'),
        HEADERS('H'),
        DATA('D');

        private final char letter;

        Stage(char letter) {
            this.letter = letter;
        }
    }

    /** What the sticky cookie was and what became of it: the third and fourth letter. */
    enum Cookie {
        /** The pool has none. */
        UNUSED("--"),
        NONE("NN"),
        NONE_INSERTED("NI"),
        VALID("VN"),
        VALID_UPDATED("VU"),
        INVALID("IN"),
        INVALID_INSERTED("II"),
        /** Of a server that takes nothing, or could not be reached. */
        DOWN("DN"),
        DOWN_INSERTED("DI"),
        EXPIRED("EN"),
        EXPIRED_INSERTED("EI");

        private final String letters;

        Cookie(String letters) {
            this.letters = letters;
        }

        /** The same after the response carried a cookie of ours, a new one or the old one dated anew. */
        Cookie set() {
            return switch (this) {
                case NONE -> NONE_INSERTED;
                case VALID, DOWN -> DOWN_INSERTED;
                case INVALID -> INVALID_INSERTED;
                case EXPIRED -> EXPIRED_INSERTED;
                default -> this;
            };
        }
    }

    private static final String WHO = "-CSPDKRcs";

    /** Every code there can be, made once: by who ended it, stage and cookie. */
    private static final String[][][] CODES = codes();

    private Termination() {}

    @SuppressWarnings("EnumOrdinal")
    private static String[][][] codes() {
        String[][][] codes = new String[WHO.length()][Stage.values().length][Cookie.values().length];
        for (int w = 0; w < codes.length; w++) {
            for (Stage stage : Stage.values()) {
                for (Cookie cookie : Cookie.values()) {
                    char second = w == 0 ? '-' : stage.letter;
                    codes[w][stage.ordinal()][cookie.ordinal()] = "" + WHO.charAt(w) + second + cookie.letters;
                }
            }
        }
        return codes;
    }

    static String code(@Nullable ExchangeFailure failure, Stage stage, Cookie cookie) {
        return code(who(failure), stage, cookie);
    }

    static String code(TunnelEnd end, Cookie cookie) {
        return code(who(end), Stage.DATA, cookie);
    }

    @SuppressWarnings("EnumOrdinal") // indices of a table made above
    private static String code(char who, Stage stage, Cookie cookie) {
        return CODES[WHO.indexOf(who)][stage.ordinal()][cookie.ordinal()];
    }

    private static char who(TunnelEnd end) {
        return switch (end) {
            case CLIENT, SERVER -> '-';
            case TIMEOUT -> 'c';
            case CUT -> 'D';
            case DRAINED, SHUT_DOWN -> 'K';
        };
    }

    private static char who(@Nullable ExchangeFailure failure) {
        if (failure == null) {
            return '-';
        }
        return failure instanceof ExchangeFailure.Cause cause ? who(cause) : 'P';
    }

    private static char who(ExchangeFailure.Cause cause) {
        return switch (cause) {
            case HEAD_TIMEOUT, BODY_TIMEOUT, BODY_TOO_SLOW, STOPPED_READING -> 'c';
            case ABORTED -> 'C';
            case CONNECT_FAILED, CLOSED_EARLY, STREAM_REFUSED, RESPONSE_CUT, NO_SERVER -> 'S';
            case MARKED_DOWN -> 'D';
            case RESPONSE_MALFORMED, UPGRADE_UNSUPPORTED, NO_ROUTE, NO_HOST, DENIED, SENT_TOO_MUCH -> 'P';
            case RESPONSE_TIMEOUT, RESPONSE_STALLED, QUEUE_TIMEOUT -> 's';
            case QUEUE_FULL -> 'S';
            case SHUT_DOWN -> 'K';
            case OVERLOADED -> 'R';
        };
    }
}
