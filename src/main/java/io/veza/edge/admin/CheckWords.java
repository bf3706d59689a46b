package io.veza.edge.admin;

import io.veza.edge.health.CheckResult;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The result of a check in HAProxy's words and numbers.
 *
 * @param number in {@code show servers state}
 * @param verdict there: 0 unknown, 2 failed, 3 passed
 */
record CheckWords(
        String word, String sentence, int number, int verdict, String detail, OptionalInt code, OptionalLong millis) {

    private static final CheckWords NONE =
            new CheckWords("INI", "Initializing", 1, 0, "", OptionalInt.empty(), OptionalLong.empty());

    static CheckWords of(Optional<CheckResult> last) {
        return last.map(CheckWords::of).orElse(NONE);
    }

    private static CheckWords of(CheckResult result) {
        return switch (result.outcome()) {
            case PASSED -> of(result, "L7OK", "Layer7 check passed", 15, 3, true);
            case DNS -> of(result, "SOCKERR", "Socket error", 5, 2, false);
            case CONNECT -> of(result, "L4CON", "Layer4 connection problem", 8, 2, false);
            case TLS_TIMEOUT -> of(result, "L6TOUT", "Layer6 timeout", 10, 2, false);
            case TLS -> of(result, "L6RSP", "Layer6 invalid response", 11, 2, false);
            case TIMEOUT -> of(result, "L7TOUT", "Layer7 timeout", 12, 2, false);
            case PROTOCOL, BODY -> of(result, "L7RSP", "Layer7 invalid response", 13, 2, false);
            case STATUS -> of(result, "L7STS", "Layer7 wrong status", 17, 2, true);
        };
    }

    private static CheckWords of(
            CheckResult result, String word, String sentence, int number, int verdict, boolean withCode) {
        return new CheckWords(
                word,
                sentence,
                number,
                verdict,
                result.passed() ? "" : result.detail(),
                withCode ? result.status() : OptionalInt.empty(),
                OptionalLong.of(result.took().toMillis()));
    }
}
