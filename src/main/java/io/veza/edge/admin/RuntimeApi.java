package io.veza.edge.admin;

import io.veza.edge.control.Pools;
import io.veza.edge.metrics.ConfigReloads;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.proxy.TrafficPlane;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * The commands of HAProxy 2.6's runtime API that the edge understands, and what each of them answers (management manual,
 * section 9.3). A command that is refused has changed nothing. Thread-safe; some commands wait for the event loops, so it
 * is not to be called on one.
 */
public final class RuntimeApi {

    private static final Logger LOG = Logger.getLogger(RuntimeApi.class);

    private static final RuntimeReply DENIED = new RuntimeReply(RuntimeReply.Severity.ERROR, "Permission denied\n");

    private final List<RuntimeCommand> commands;
    private final RuntimeHelp help;

    /**
     * What the commands tell of the process.
     *
     * @param version of the edge
     * @param threads event loops that carry traffic
     * @param stopping whether it is on its way out
     * @param reloads what became of those of the configuration
     */
    public record EdgeProcess(String version, int threads, BooleanSupplier stopping, Supplier<ConfigReloads> reloads) {}

    public RuntimeApi(
            Pools pools, TrafficPlane plane, Statistics statistics, EdgeProcess process, ConfigReload config) {
        Proxies proxies = new Proxies(pools, plane);
        List<RuntimeCommand> all = new ArrayList<>();
        all.addAll(new StatCommands(proxies, plane, statistics, process).commands());
        all.addAll(new StateCommands(proxies, statistics).commands());
        all.addAll(new ServerCommands(proxies).commands());
        all.addAll(new AddedServerCommands(proxies).commands());
        all.addAll(new SessionCommands(proxies, plane, statistics).commands());
        all.addAll(new ErrorCommands(proxies, plane, statistics).commands());
        all.addAll(new CertificateCommands(plane).commands());
        all.addAll(new RevocationCommands(plane).commands());
        all.addAll(new ReloadCommand(config).commands());
        all.addAll(ClientCommands.commands());
        this.help = new RuntimeHelp(all);
        // The longest first: "show servers state" before anything that would begin alike.
        all.sort(Comparator.comparingInt(
                        (RuntimeCommand command) -> command.words().size())
                .reversed());
        this.commands = List.copyOf(all);
    }

    /** Does what one line asks for, split into its words. */
    RuntimeReply answer(RuntimeSession session, List<String> line) {
        String first = line.isEmpty() ? "" : line.get(0);
        switch (first) {
            case "help" -> {
                return help.help(line.subList(1, line.size()));
            }
            case "prompt" -> {
                session.togglePrompt();
                return RuntimeReply.DONE;
            }
            case "quit" -> {
                session.end();
                return RuntimeReply.DONE;
            }
            default -> {
                return commands.stream()
                        .filter(command -> command.begins(line))
                        .findFirst()
                        .map(command -> run(session, command, line))
                        .orElseGet(() -> help.unknown(line));
            }
        }
    }

    private static RuntimeReply run(RuntimeSession session, RuntimeCommand command, List<String> line) {
        if (!session.may(command.level())) {
            return DENIED;
        }
        List<String> rest = line.subList(command.words().size(), line.size());
        try {
            return command.action().run(session, new RuntimeCommand.Arguments(rest));
        } catch (RuntimeRefusal refusal) {
            return new RuntimeReply(RuntimeReply.Severity.ERROR, refusal.answer());
        } catch (IllegalArgumentException e) {
            // What control says of a command that is not possible.
            return new RuntimeReply(RuntimeReply.Severity.ERROR, sentence(String.valueOf(e.getMessage())));
        } catch (RuntimeException e) {
            LOG.error("a command of the runtime API failed", e);
            return new RuntimeReply(
                    RuntimeReply.Severity.ERROR, "The command failed, the log says why; look at what it changed.\n");
        }
    }

    private static String sentence(String reason) {
        return Character.toUpperCase(reason.charAt(0)) + reason.substring(1) + ".\n";
    }
}
