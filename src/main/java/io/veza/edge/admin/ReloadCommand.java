package io.veza.edge.admin;

import io.veza.edge.admin.RuntimeSession.Level;
import java.util.List;

/** {@code reload}, which with HAProxy is a command of the master's socket and answers the same way (manual 2.7, section 9.4). */
final class ReloadCommand {

    private final ConfigReload config;

    ReloadCommand(ConfigReload config) {
        this.config = config;
    }

    List<RuntimeCommand> commands() {
        return List.of(RuntimeCommand.of(
                "reload",
                Level.ADMIN,
                RuntimeCommand.usage("reload", "read the configuration again and put it to use"),
                (session, arguments) -> reload()));
    }

    private RuntimeReply reload() {
        ConfigReload.Outcome outcome = config.reload("the runtime API");
        StringBuilder text =
                new StringBuilder("Success=").append(outcome.isTaken() ? 1 : 0).append("\n--\n");
        outcome.wrong().forEach(wrong -> text.append(wrong).append('\n'));
        outcome.changes().forEach(change -> text.append(change).append('\n'));
        if (outcome.isTaken() && outcome.changes().isEmpty()) {
            text.append("nothing has changed\n");
        }
        return new RuntimeReply(
                outcome.isTaken() ? RuntimeReply.Severity.INFO : RuntimeReply.Severity.ERROR, text.toString());
    }
}
