package io.veza.edge.admin;

import io.veza.edge.admin.RuntimeCommand.Arguments;
import io.veza.edge.admin.RuntimeSession.Level;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.proxy.CapturedError;
import io.veza.edge.proxy.TrafficPlane;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** {@code show errors}: the last malformed request of each listener and response of each pool, byte by byte. */
final class ErrorCommands {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "dd/MMM/yyyy:HH:mm:ss.SSS", Locale.ENGLISH)
            .withZone(ZoneId.systemDefault());

    /** How wide a line gets, its number included. */
    private static final int WIDTH = 80;

    private final Proxies proxies;
    private final TrafficPlane plane;
    private final Statistics statistics;

    ErrorCommands(Proxies proxies, TrafficPlane plane, Statistics statistics) {
        this.proxies = proxies;
        this.plane = plane;
        this.statistics = statistics;
    }

    List<RuntimeCommand> commands() {
        return List.of(RuntimeCommand.of(
                "show errors",
                Level.OPERATOR,
                RuntimeCommand.usage(
                        "show errors [<px>] [request|response]",
                        "report last request and/or response errors for each proxy"),
                (session, arguments) -> RuntimeReply.data(show(arguments))));
    }

    private String show(Arguments arguments) {
        int proxy = -1;
        if (!arguments.at(0).isEmpty()) {
            proxy = proxies.id(arguments.at(0)).orElse(Proxies.leadingNumber(arguments.at(0)));
            if (proxy == 0) {
                throw new RuntimeRefusal("No such proxy.\n");
            }
        }
        List<CapturedError> errors = plane.errors();
        long events =
                errors.stream().mapToLong(error -> error.sequence() + 1).max().orElse(0);
        StringBuilder text = new StringBuilder(
                "Total events captured on [" + TIME.format(statistics.now()) + "] : " + events + "\n");
        String direction = arguments.at(1);
        int wanted = proxy;
        errors.stream()
                .filter(error -> !direction.equals(error.response() ? "request" : "response"))
                .filter(error -> wanted < 0 || listener(error) == wanted || pool(error) == wanted)
                .sorted(Comparator.comparingLong(CapturedError::sequence))
                .forEach(error -> append(text, error));
        return text.toString();
    }

    private int listener(CapturedError error) {
        return proxies.listenerId(error.listener()).orElse(-1);
    }

    private int pool(CapturedError error) {
        return error.pool().flatMap(proxies::id).orElse(-1);
    }

    private int server(CapturedError error) {
        return error.pool()
                .flatMap(proxies::pool)
                .flatMap(pool -> error.server()
                        .flatMap(name -> proxies.server(pool, name).map(entry -> proxies.serverId(pool, entry))))
                .orElse(-1);
    }

    private void append(StringBuilder text, CapturedError error) {
        String frontend = error.listener() + " (#" + listener(error) + ")";
        String backend = error.pool().orElse("<NONE>") + " (#" + pool(error) + ")";
        text.append(" \n[" + TIME.format(error.at()) + "] ")
                .append(
                        error.response()
                                ? "backend " + backend + ": invalid response\n  frontend " + frontend
                                : "frontend " + frontend + ": invalid request\n  backend " + backend)
                .append(", server " + error.server().orElse("<NONE>") + " (#" + server(error) + "), event #"
                        + error.sequence() + ", src " + ServerStatus.host(error.client()) + ":"
                        + error.client().getPort() + "\n")
                .append("  len " + error.bytes().length() + ", error at position " + error.position() + "\n")
                .append("  reason: " + error.reason() + "\n  \n");
        dump(text, error.bytes());
    }

    /** Lines of the message with the position of their first byte, a {@code +} where a line goes on. */
    static void dump(StringBuilder text, String bytes) {
        int at = 0;
        boolean continued = false;
        while (at < bytes.length()) {
            StringBuilder line = new StringBuilder(String.format("  %05d%c ", at, continued ? '+' : ' '));
            boolean ended = false;
            while (at < bytes.length() && !ended) {
                String next = escaped(bytes.charAt(at));
                if (line.length() + next.length() >= WIDTH) {
                    break;
                }
                line.append(next);
                ended = bytes.charAt(at++) == '\n';
            }
            text.append(line).append('\n');
            continued = !ended;
        }
    }

    private static String escaped(char c) {
        return switch (c) {
            case '\t' -> "\\t";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case 0x1b -> "\\e";
            case '\\' -> "\\\\";
            default -> c >= ' ' && c < 0x7f ? String.valueOf(c) : String.format("\\x%02X", (int) c);
        };
    }
}
