package io.veza.edge.admin;

import java.util.ArrayList;
import java.util.List;

/** How a line of the runtime API ends and falls into words: a backslash takes the meaning of the byte after it. */
final class RuntimeLine {

    private static final char ESCAPE = '\\';

    private RuntimeLine() {}

    /**
     * Where the first command of a text ends, at a line feed or a semicolon; -1 if it goes on.
     *
     * @param raw whether only line feeds end it: what follows {@code <<} is data
     */
    static int end(CharSequence text, boolean raw) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n' || (c == ';' && !raw)) {
                return i;
            }
            if (c == ESCAPE && !raw) {
                i++;
            }
        }
        return -1;
    }

    /** Whether data follow this command, up to an empty line. */
    static boolean announcesPayload(String command) {
        return command.endsWith("<<");
    }

    /** The words between blanks, without the backslashes that were for escaping; what {@code <<} announces is no word. */
    static List<String> words(String command) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inside = false;
        for (int i = 0; i < command.length(); i++) {
            char c = command.charAt(i);
            if (c == ESCAPE) {
                inside = true;
                i++;
                if (i < command.length()) {
                    word.append(command.charAt(i));
                }
            } else if (c == ' ' || c == '\t') {
                if (inside) {
                    words.add(word.toString());
                    word.setLength(0);
                }
                inside = false;
            } else {
                inside = true;
                word.append(c);
            }
        }
        if (inside && !word.toString().equals("<<")) {
            words.add(word.toString());
        }
        return words;
    }
}
