package io.veza.edge.admin;

import java.util.List;

/**
 * One command of the runtime API.
 *
 * @param words that it begins with
 * @param level that it needs; asked for only after the words were found, so that help shows everything
 * @param usage its line in the help, column for column as HAProxy's
 */
record RuntimeCommand(List<String> words, RuntimeSession.Level level, String usage, Action action) {

    /** What a command does; it throws a {@link RuntimeRefusal} if it cannot, and has changed nothing then. */
    interface Action {
        RuntimeReply run(RuntimeSession session, Arguments arguments);
    }

    /** What follows a command's words. */
    record Arguments(List<String> all) {

        Arguments {
            all = List.copyOf(all);
        }

        /** Empty if there are not so many. */
        String at(int index) {
            return index < all.size() ? all.get(index) : "";
        }

        Arguments from(int index) {
            return new Arguments(index < all.size() ? all.subList(index, all.size()) : List.of());
        }
    }

    static RuntimeCommand of(String words, RuntimeSession.Level level, String usage, Action action) {
        return new RuntimeCommand(List.of(words.split(" ")), level, usage, action);
    }

    /** How many of its words a line begins with. */
    int common(List<String> line) {
        int common = 0;
        while (common < words.size()
                && common < line.size()
                && words.get(common).equals(line.get(common))) {
            common++;
        }
        return common;
    }

    boolean begins(List<String> line) {
        return common(line) == words.size();
    }

    /** Two columns: what is typed, and what it does. */
    static String usage(String typed, String does) {
        return String.format("%-40s: %s", typed, does);
    }
}
