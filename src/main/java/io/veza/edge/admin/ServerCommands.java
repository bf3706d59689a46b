package io.veza.edge.admin;

import io.veza.edge.admin.Proxies.Target;
import io.veza.edge.admin.RuntimeCommand.Arguments;
import io.veza.edge.admin.RuntimeSession.Level;
import io.veza.edge.control.Command;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.HealthState;
import io.veza.edge.pool.Weight;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BiFunction;

/** Commands that change one server: state, health, weight, address, bound and checks. */
final class ServerCommands {

    private static final RuntimeReply USAGE = new RuntimeReply(
            RuntimeReply.Severity.ERROR, "usage: set server <backend>/<server> addr | health | state | weight\n");

    private static final String SET_SERVER_USAGE =
            RuntimeCommand.usage("set server <bk>/<srv> [opts]", "change a server's state, health, weight or address")
                    + "\n"
                    + RuntimeCommand.usage(
                            "  state drain <delay> [move|stay] [maint]",
                            "drain by a deadline; holders of its cookie move now or stay until then");

    private final Proxies proxies;

    ServerCommands(Proxies proxies) {
        this.proxies = proxies;
    }

    List<RuntimeCommand> commands() {
        return List.of(
                command("set server", Level.ADMIN, SET_SERVER_USAGE, this::setServer),
                command(
                        "get weight",
                        Level.USER,
                        RuntimeCommand.usage("get weight <bk>/<srv>", "report a server's current weight"),
                        (target, none) ->
                                RuntimeReply.data(target.entry().weight().value() + " (initial "
                                        + target.entry().server().weight().value() + ")\n")),
                command(
                        "set weight",
                        Level.ADMIN,
                        RuntimeCommand.usage(
                                "set weight <bk>/<srv>  (DEPRECATED)",
                                "change a server's weight (use 'set server' instead)"),
                        (target, arguments) -> setWeight(target, arguments.at(0))),
                command(
                        "set maxconn server",
                        Level.ADMIN,
                        RuntimeCommand.usage("set maxconn server <bk>/<srv>", "change a server's maxconn setting"),
                        (target, arguments) -> setMaxConnections(target, arguments.at(0))),
                command(
                        "enable server",
                        Level.ADMIN,
                        RuntimeCommand.usage(
                                "enable server  (DEPRECATED)", "enable a disabled server (use 'set server' instead)"),
                        (target, none) -> administer(target, AdminState.READY)),
                command(
                        "disable server",
                        Level.ADMIN,
                        RuntimeCommand.usage(
                                "disable server (DEPRECATED)",
                                "disable a server for maintenance (use 'set server' instead)"),
                        (target, none) -> administer(target, AdminState.MAINT)),
                command(
                        "enable health",
                        Level.ADMIN,
                        RuntimeCommand.usage("enable health", "enable health checks"),
                        (target, none) -> enableHealth(target)),
                command(
                        "disable health",
                        Level.ADMIN,
                        RuntimeCommand.usage("disable health", "disable health checks"),
                        (target, none) -> disableHealth(target)),
                command(
                        "enable agent",
                        Level.ADMIN,
                        RuntimeCommand.usage("enable agent", "refused: there are no agent checks"),
                        (target, none) -> {
                            throw new RuntimeRefusal("Agent was not configured on this server, cannot enable.\n");
                        }),
                command(
                        "disable agent",
                        Level.ADMIN,
                        RuntimeCommand.usage("disable agent", "does nothing: there are no agent checks"),
                        (target, none) -> RuntimeReply.DONE));
    }

    /** A command whose first argument names a server. */
    private RuntimeCommand command(
            String words, Level level, String usage, BiFunction<Target, Arguments, RuntimeReply> action) {
        return RuntimeCommand.of(
                words,
                level,
                usage,
                (session, arguments) -> action.apply(proxies.target(arguments.at(0)), arguments.from(1)));
    }

    private RuntimeReply setServer(Target target, Arguments arguments) {
        return switch (arguments.at(0)) {
            case "state" -> setState(target, arguments.from(1));
            case "health" -> setHealth(target, arguments.at(1));
            case "weight" -> setWeight(target, arguments.at(1));
            case "addr" -> AddressChange.apply(target, arguments.from(1));
            case "fqdn", "check-port", "check-addr", "agent", "agent-addr", "agent-port", "agent-send", "ssl" ->
                throw new RuntimeRefusal("'set server <srv> " + arguments.at(0) + "' is not supported: "
                        + unsupported(arguments.at(0)) + ".\n");
            default -> USAGE;
        };
    }

    private static String unsupported(String option) {
        return switch (option) {
            case "fqdn" -> "names are resolved as configured, 'addr' sets an address";
            case "check-port", "check-addr" -> "servers are checked where their pool's configuration says";
            case "ssl" -> "servers are spoken to without TLS";
            default -> "there are no agent checks";
        };
    }

    private static RuntimeReply administer(Target target, AdminState state) {
        target.pool().apply(new Command.SetAdmin(target.server(), state));
        return RuntimeReply.DONE;
    }

    private RuntimeReply setState(Target target, Arguments arguments) {
        return switch (arguments.at(0)) {
            case "ready" -> administer(target, AdminState.READY);
            case "drain" ->
                arguments.at(1).isEmpty() ? administer(target, AdminState.DRAIN) : drain(target, arguments.from(1));
            case "maint" -> administer(target, AdminState.MAINT);
            default -> throw new RuntimeRefusal("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
        };
    }

    /** The edge's own addition: {@code drain <delay> [move|stay] [maint]}. */
    private static RuntimeReply drain(Target target, Arguments arguments) {
        Duration within = ClientCommands.duration(arguments.at(0)).orElseThrow(ServerCommands::drainUsage);
        boolean stay = false;
        boolean maintenance = false;
        for (String word : arguments.from(1).all()) {
            switch (word) {
                case "move" -> stay = false;
                case "stay" -> stay = true;
                case "maint" -> maintenance = true;
                default -> throw drainUsage();
            }
        }
        target.pool().apply(new Command.DrainWithin(target.server(), within, stay, maintenance));
        return RuntimeReply.DONE;
    }

    private static RuntimeRefusal drainUsage() {
        return new RuntimeRefusal(
                "'set server <srv> state drain' expects nothing more, or '<delay> [move|stay] [maint]'"
                        + " with a delay such as 30s.\n");
    }

    private static RuntimeReply setHealth(Target target, String word) {
        HealthState health =
                switch (word) {
                    case "up" -> HealthState.UP;
                    case "stopping" -> HealthState.STOPPING;
                    case "down" -> HealthState.DOWN;
                    default ->
                        throw new RuntimeRefusal("'set server <srv> health' expects 'up', 'stopping', or 'down'.\n");
                };
        target.pool().apply(new Command.SetHealth(target.server(), health));
        return RuntimeReply.DONE;
    }

    private static RuntimeReply setWeight(Target target, String text) {
        target.pool()
                .apply(new Command.SetWeight(
                        target.server(),
                        weight(text, target.entry().server().weight().value())));
        return RuntimeReply.DONE;
    }

    /** Absolute, or with {@code %} in per cent of the configured weight, rounded down as HAProxy does. */
    private static Weight weight(String text, int initial) {
        if (text.isEmpty()) {
            throw new RuntimeRefusal("Require <weight> or <weight%>.\n");
        }
        long number = leading(text, "Empty weight string empty or preceded by garbage");
        String rest = text.replaceFirst("^[+-]?[0-9]+", "");
        if (rest.equals("%")) {
            if (number < 0) {
                throw new RuntimeRefusal("Relative weight must be positive.\n");
            }
            return new Weight((int) Math.min(Weight.MAX, initial * Math.min(number, 25_600) / 100));
        }
        if (number < 0 || number > Weight.MAX) {
            throw new RuntimeRefusal("Absolute weight can only be between 0 and 256 inclusive.\n");
        }
        if (!rest.isEmpty()) {
            throw new RuntimeRefusal("Trailing garbage in weight string");
        }
        return new Weight((int) number);
    }

    /** The number a text begins with, cut to what an int holds. */
    private static long leading(String text, String otherwise) {
        String digits = text.replaceFirst("^([+-]?[0-9]+).*", "$1");
        if (!digits.matches("[+-]?[0-9]+")) {
            throw new RuntimeRefusal(otherwise);
        }
        // Nine digits are beyond every bound here, and within a long.
        String sign = digits.startsWith("-") ? "-" : "";
        String number = digits.replaceFirst("^[+-]", "").replaceFirst("^0+(?=.)", "");
        return Long.parseLong(sign + number.substring(0, Math.min(number.length(), 10)));
    }

    private static RuntimeReply setMaxConnections(Target target, String text) {
        if (text.isEmpty()) {
            throw new RuntimeRefusal("Require <maxconn>.\n");
        }
        long number = leading(text, "maxconn string empty or preceded by garbage");
        if (!text.matches("[+-]?[0-9]+")) {
            throw new RuntimeRefusal("Trailing garbage in maxconn string");
        }
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw new RuntimeRefusal("Value out of range.\n");
        }
        OptionalInt bound = number == 0 ? OptionalInt.empty() : OptionalInt.of((int) number);
        target.pool().apply(new Command.SetMaxConnections(target.server(), bound));
        return RuntimeReply.DONE;
    }

    private static boolean hasChecks(Target target) {
        return target.pool().snapshot().definition().health().enabled();
    }

    private static RuntimeReply enableHealth(Target target) {
        if (!hasChecks(target)) {
            throw new RuntimeRefusal("Health check was not configured on this server, cannot enable.\n");
        }
        target.pool().apply(new Command.SetChecked(target.server(), true));
        return RuntimeReply.DONE;
    }

    private static RuntimeReply disableHealth(Target target) {
        if (hasChecks(target)) {
            target.pool().apply(new Command.SetChecked(target.server(), false));
        }
        return RuntimeReply.DONE;
    }
}
