package io.veza.edge.admin;

import io.veza.edge.pool.Names;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What is answered to {@code help} and to a line that is no command: all commands, or those that were probably meant. */
final class RuntimeHelp {

    private static final List<String> ALWAYS = List.of(
            RuntimeCommand.usage("help [<command>]", "list matching or all commands"),
            RuntimeCommand.usage("prompt", "toggle interactive mode with prompt"),
            RuntimeCommand.usage("quit", "disconnect"));

    private static final String VALID = "The following commands are valid at this level:";
    private static final String UNKNOWN = "Unknown command. Please enter one of the following commands only:";
    private static final String SIMILAR = "Unknown command, but maybe one of the following ones is a better match:";

    private final List<RuntimeCommand> commands;

    RuntimeHelp(List<RuntimeCommand> commands) {
        this.commands = List.copyOf(commands);
    }

    RuntimeReply help(List<String> about) {
        return listing(VALID, about);
    }

    RuntimeReply unknown(List<String> line) {
        return listing(line.isEmpty() ? UNKNOWN : SIMILAR, line);
    }

    private RuntimeReply listing(String title, List<String> line) {
        StringBuilder text = new StringBuilder(title).append('\n');
        Stream.concat(meant(line).stream().map(RuntimeCommand::usage).sorted(), ALWAYS.stream())
                .forEach(usage -> usage.lines()
                        .forEach(each -> text.append("  ").append(each).append('\n')));
        return new RuntimeReply(RuntimeReply.Severity.INFO, text.toString());
    }

    /** Those that share the most words with the line; of these the nearest to its next word, if any is near. */
    private List<RuntimeCommand> meant(List<String> line) {
        int most = commands.stream()
                .mapToInt(command -> command.common(line))
                .max()
                .orElse(0);
        List<RuntimeCommand> sharing = commands.stream()
                .filter(command -> command.common(line) == most)
                .toList();
        String rest = String.join(" ", line.subList(most, Math.min(line.size(), most + 2)));
        if (rest.isEmpty()) {
            return sharing;
        }
        List<RuntimeCommand> near = sharing.stream()
                .filter(command -> distance(command, most, rest) * 2 <= rest.length())
                .sorted(Comparator.comparingInt(command -> distance(command, most, rest)))
                .limit(5)
                .toList();
        return near.isEmpty() ? sharing : near;
    }

    private static int distance(RuntimeCommand command, int from, String typed) {
        List<String> words = command.words();
        String rest = String.join(" ", words.subList(Math.min(from, words.size()), words.size()));
        return Names.distance(rest, typed);
    }
}
