package io.veza.edge.admin;

import io.veza.edge.admin.RuntimeCommand.Arguments;
import io.veza.edge.admin.RuntimeSession.Level;
import io.veza.edge.admin.RuntimeSession.SeverityOutput;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Commands about the client's own session. */
final class ClientCommands {

    private ClientCommands() {}

    static List<RuntimeCommand> commands() {
        return List.of(
                RuntimeCommand.of(
                        "set timeout",
                        Level.USER,
                        RuntimeCommand.usage("set timeout [cli] <delay>", "change a timeout setting"),
                        ClientCommands::setTimeout),
                RuntimeCommand.of(
                        "set severity-output",
                        Level.USER,
                        RuntimeCommand.usage(
                                "set severity-output [none|number|string]",
                                "set presence of severity level in feedback information"),
                        ClientCommands::setSeverityOutput),
                RuntimeCommand.of(
                        "show cli level",
                        Level.USER,
                        RuntimeCommand.usage("show cli level", "display the level of the current CLI session"),
                        (session, none) -> new RuntimeReply(
                                RuntimeReply.Severity.INFO,
                                session.level().name().toLowerCase(Locale.ROOT) + "\n")),
                lowering("operator", Level.OPERATOR),
                lowering("user", Level.USER));
    }

    private static RuntimeCommand lowering(String word, Level to) {
        return RuntimeCommand.of(
                word,
                Level.USER,
                RuntimeCommand.usage(word, "lower the level of the current CLI session to " + word),
                (session, none) -> {
                    session.lowerTo(to);
                    return RuntimeReply.DONE;
                });
    }

    private static RuntimeReply setTimeout(RuntimeSession session, Arguments arguments) {
        if (!arguments.at(0).equals("cli")) {
            throw new RuntimeRefusal("'set timeout' only supports 'cli'.\n");
        }
        if (arguments.at(1).isEmpty()) {
            throw new RuntimeRefusal("Expects an integer value.\n");
        }
        // HAProxy counts in seconds here and rounds up.
        Duration timeout = duration(arguments.at(1))
                .filter(delay -> !delay.isZero())
                .orElseThrow(() -> new RuntimeRefusal("Invalid timeout value.\n"));
        session.setTimeout(timeout.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : timeout);
        return RuntimeReply.DONE;
    }

    private static RuntimeReply setSeverityOutput(RuntimeSession session, Arguments arguments) {
        for (SeverityOutput output : SeverityOutput.values()) {
            if (output.name().toLowerCase(Locale.ROOT).equals(arguments.at(0))) {
                session.show(output);
                return RuntimeReply.DONE;
            }
        }
        throw new RuntimeRefusal("one of 'none', 'number', 'string' is a required argument\n");
    }

    /** A duration as HAProxy writes it: {@code 30}, which is seconds, {@code 500ms}, {@code 5m}, {@code 1h}, {@code 1d}. */
    static Optional<Duration> duration(String text) {
        String digits = text.replaceFirst("[a-z]+$", "");
        if (!digits.matches("[0-9]{1,9}")) {
            return Optional.empty();
        }
        long number = Long.parseLong(digits);
        return switch (text.substring(digits.length())) {
            case "us" -> Optional.of(Duration.ofNanos(number * 1_000));
            case "ms" -> Optional.of(Duration.ofMillis(number));
            case "", "s" -> Optional.of(Duration.ofSeconds(number));
            case "m" -> Optional.of(Duration.ofMinutes(number));
            case "h" -> Optional.of(Duration.ofHours(number));
            case "d" -> Optional.of(Duration.ofDays(number));
            default -> Optional.empty();
        };
    }
}
