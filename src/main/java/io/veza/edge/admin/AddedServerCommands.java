package io.veza.edge.admin;

import io.veza.edge.admin.Proxies.Target;
import io.veza.edge.admin.RuntimeCommand.Arguments;
import io.veza.edge.admin.RuntimeSession.Level;
import io.veza.edge.control.Command;
import io.veza.edge.control.PoolController;
import io.veza.edge.health.AdminState;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * {@code add server} and {@code del server}. An added server begins in maintenance and unchecked, so that an operator has
 * the time to look at it: {@code enable health}, then {@code set server … state ready}.
 */
final class AddedServerCommands {

    /** What HAProxy takes here, or in its configuration, and a pool of the edge decides for all of its servers. */
    private static final Set<String> OF_THE_POOL = Set.of(
            "addr",
            "cookie",
            "error-limit",
            "fall",
            "fastinter",
            "downinter",
            "id",
            "inter",
            "maxqueue",
            "minconn",
            "observe",
            "on-error",
            "on-marked-down",
            "on-marked-up",
            "pool-max-conn",
            "port",
            "proto",
            "redir",
            "resolvers",
            "rise",
            "send-proxy",
            "send-proxy-v2",
            "slowstart",
            "source",
            "ssl",
            "track",
            "verify");

    private final Proxies proxies;

    AddedServerCommands(Proxies proxies) {
        this.proxies = proxies;
    }

    List<RuntimeCommand> commands() {
        return List.of(
                RuntimeCommand.of(
                        "add server",
                        Level.ADMIN,
                        RuntimeCommand.usage("add server <bk>/<srv>", "create a new server"),
                        (session, arguments) -> add(arguments)),
                RuntimeCommand.of(
                        "del server",
                        Level.ADMIN,
                        RuntimeCommand.usage("del server <bk>/<srv>", "remove a dynamically added server"),
                        (session, arguments) -> delete(arguments.at(0))));
    }

    private RuntimeReply add(Arguments arguments) {
        String target = arguments.at(0);
        int slash = target.indexOf('/');
        if (slash < 1 || slash == target.length() - 1) {
            throw new RuntimeRefusal("Require 'backend/server'.");
        }
        PoolController pool =
                proxies.pool(target.substring(0, slash)).orElseThrow(() -> new RuntimeRefusal("No such backend."));
        String name = target.substring(slash + 1);
        if (arguments.at(1).isEmpty()) {
            throw new RuntimeRefusal("'server' expects <name> and <addr>[:<port>] as arguments.\n");
        }
        name.chars().filter(c -> !isPermitted(c)).findFirst().ifPresent(c -> {
            throw new RuntimeRefusal("character '" + (char) c + "' is not permitted in server name '" + name + "'.\n");
        });
        Options options = new Options(name, arguments.from(2));
        if (options.checked && !pool.snapshot().definition().health().enabled()) {
            throw new RuntimeRefusal("'check' is not possible: backend " + pool.name() + " has no checks.\n");
        }
        if (pool.snapshot().entry(name) != null) {
            throw new RuntimeRefusal("Already exists a server with the same name in backend.\n");
        }
        Server server =
                new Server(name, address(arguments.at(1)), options.weight, options.maxConnections, options.backup);
        pool.apply(new Command.AddServer(server, AdminState.MAINT, false));
        return new RuntimeReply(RuntimeReply.Severity.INFO, "New server registered.\n");
    }

    private static boolean isPermitted(int c) {
        return c < 128 && (Character.isLetterOrDigit(c) || "._-:".indexOf(c) >= 0);
    }

    private static ServerAddress address(String text) {
        int colon = text.lastIndexOf(':');
        String port = colon > text.indexOf(']') ? text.substring(colon + 1) : "";
        boolean number = port.matches("[0-9]{1,9}");
        if (number && (Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65_535)) {
            throw new RuntimeRefusal("invalid port '" + port + "'\n");
        }
        return ServerAddress.parse(text, OptionalInt.empty());
    }

    /** What follows the address. */
    private static final class Options {

        private Weight weight = Weight.DEFAULT;
        private OptionalInt maxConnections = OptionalInt.empty();
        private boolean backup;
        private boolean checked;

        Options(String server, Arguments arguments) {
            for (int i = 0; !arguments.at(i).isEmpty(); i++) {
                String keyword = arguments.at(i);
                switch (keyword) {
                    case "weight" -> {
                        int value = number(keyword, arguments.at(++i));
                        if (value > Weight.MAX) {
                            throw new RuntimeRefusal(
                                    "weight of server " + server + " is not within 0 and 256 (" + value + ").\n");
                        }
                        weight = new Weight(value);
                    }
                    case "maxconn" -> {
                        int value = number(keyword, arguments.at(++i));
                        maxConnections = value == 0 ? OptionalInt.empty() : OptionalInt.of(value);
                    }
                    case "backup" -> backup = true;
                    case "check" -> checked = true;
                    case "no-backup" -> backup = false;
                    case "no-check" -> checked = false;
                    default ->
                        throw new RuntimeRefusal(
                                OF_THE_POOL.contains(keyword)
                                        ? "'" + keyword + "' option is not accepted for dynamic server\n"
                                        : "unknown keyword '" + keyword + "'.\n");
                }
            }
        }

        private static int number(String keyword, String text) {
            if (!text.matches("[0-9]{1,9}")) {
                throw new RuntimeRefusal("'" + keyword + "' expects a number, not '" + text + "'.\n");
            }
            return Integer.parseInt(text);
        }
    }

    private RuntimeReply delete(String text) {
        Target target;
        try {
            target = proxies.target(text);
        } catch (RuntimeRefusal refusal) {
            // The same reasons, but without their line ends, as HAProxy has it for these two commands.
            throw new RuntimeRefusal(refusal.answer().strip());
        }
        if (target.entry().state().admin() != AdminState.MAINT) {
            throw new RuntimeRefusal("Only servers in maintenance mode can be deleted.");
        }
        if (target.entry().inFlight() > 0) {
            throw new RuntimeRefusal("Server still has connections attached to it, cannot remove it.");
        }
        target.pool().apply(new Command.RemoveServer(target.server()));
        return new RuntimeReply(RuntimeReply.Severity.INFO, "Server deleted.");
    }
}
