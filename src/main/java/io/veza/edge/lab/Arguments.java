package io.veza.edge.lab;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The options of one lab command, {@code --name value} each, at most once; every reading names the option it is about. */
final class Arguments {

    /** What is wrong with a command line, fit to be shown to whoever typed it. */
    static final class UsageException extends RuntimeException {
        private static final long serialVersionUID = 1;

        UsageException(String message) {
            super(message);
        }
    }

    private static final Pattern AMOUNT = Pattern.compile("([0-9]{1,9})([a-z]*)");

    private final Map<String, String> given = new LinkedHashMap<>();

    private Arguments() {}

    /**
     * Reads the options of a command.
     *
     * @param known without their dashes
     * @throws UsageException if an option is unknown, repeated or without a value
     */
    static Arguments parse(List<String> words, Set<String> known) {
        Arguments arguments = new Arguments();
        for (int i = 0; i < words.size(); i += 2) {
            String word = words.get(i);
            String name = word.startsWith("--") ? word.substring(2) : "";
            if (!known.contains(name)) {
                throw new UsageException("unknown option \"" + word + "\"; there are --" + String.join(", --", known));
            }
            if (i + 1 == words.size()) {
                throw new UsageException(word + " needs a value");
            }
            if (arguments.given.put(name, words.get(i + 1)) != null) {
                throw new UsageException(word + " is given twice");
            }
        }
        return arguments;
    }

    String text(String name, String otherwise) {
        return given.getOrDefault(name, otherwise);
    }

    boolean has(String name) {
        return given.containsKey(name);
    }

    int number(String name, int otherwise, int least, int most) {
        String text = given.get(name);
        return text == null ? otherwise : (int) scaled(name, text, Map.of("", 1L), least, most);
    }

    /** A number of bytes, with {@code k}, {@code m} or {@code g} for powers of 1024. */
    long bytes(String name, long otherwise, long most) {
        String text = given.get(name);
        return text == null
                ? otherwise
                : scaled(name, text, Map.of("", 1L, "k", 1L << 10, "m", 1L << 20, "g", 1L << 30), 0, most);
    }

    /** A length of time with {@code ms}, {@code s}, {@code m} or {@code h}; seconds without a unit. */
    Duration duration(String name, Duration otherwise, Duration most) {
        String text = given.get(name);
        Map<String, Long> units = Map.of("ms", 1L, "s", 1_000L, "", 1_000L, "m", 60_000L, "h", 3_600_000L);
        return text == null ? otherwise : Duration.ofMillis(scaled(name, text, units, 1, most.toMillis()));
    }

    /** An {@code http} origin: scheme, host and, unless 80, a port. */
    URI origin(String name) {
        String text = given.get(name);
        if (text == null) {
            throw new UsageException("--" + name + " is needed, such as http://127.0.0.1:8080");
        }
        URI uri = uri(text);
        if (uri == null || !"http".equals(uri.getScheme()) || uri.getHost() == null || !isEmptyPath(uri)) {
            throw new UsageException("--" + name + " \"" + text + "\" is not of the form http://host:port");
        }
        return uri;
    }

    private static @Nullable URI uri(String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static boolean isEmptyPath(URI uri) {
        return (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/")) && uri.getRawQuery() == null;
    }

    private static long scaled(String name, String text, Map<String, Long> units, long least, long most) {
        Matcher amount = AMOUNT.matcher(text);
        Long unit = amount.matches() ? units.get(amount.group(2)) : null;
        long value = unit == null ? -1 : Long.parseLong(amount.group(1)) * unit;
        if (unit == null || value < least || value > most) {
            throw new UsageException("--" + name + " \"" + text + "\" is not in " + least + ".." + most);
        }
        return value;
    }
}
