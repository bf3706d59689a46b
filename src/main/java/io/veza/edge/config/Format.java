package io.veza.edge.config;

import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.veza.edge.health.HealthPolicy.StatusRange;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/** A way to write a value as text. */
@FunctionalInterface
interface Format<T> {

    /**
     * Reads a text that is not blank, without blanks around it.
     *
     * @throws IllegalArgumentException saying what is allowed
     */
    T read(String text);

    Format<String> TEXT = text -> text;

    Format<Path> PATH = text -> {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("is not a path: " + e.getReason(), e);
        }
    };

    Format<Integer> PORT = number(1, 65_535);

    /** {@code true} or {@code false} and nothing else: a misspelt {@code ture} must not become the one or the other. */
    Format<Boolean> FLAG = text -> {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("must be true or false");
        }
        return text.equals("true");
    };

    Format<Pattern> REGEX = text -> {
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("is not a regular expression: " + e.getDescription(), e);
        }
    };

    /** {@code 204} or {@code 200-399}. */
    Format<StatusRange> STATUS_RANGE = text -> {
        if (!text.matches("[0-9]{3}(-[0-9]{3})?")) {
            throw new IllegalArgumentException("must be status codes or ranges such as 200-399 or 200,204");
        }
        return new StatusRange(
                Integer.parseInt(text.substring(0, 3)), Integer.parseInt(text.substring(text.length() - 3)));
    };

    Format<OptionalDouble> BOUNDED_LOAD = text -> {
        if (text.equals("off")) {
            return OptionalDouble.empty();
        }
        if (!text.matches("[0-9]{1,3}(\\.[0-9]{1,6})?")
                || Double.parseDouble(text) <= 1
                || Double.parseDouble(text) > 100) {
            throw new IllegalArgumentException("must be off or a number above 1 and at most 100, such as 1.25");
        }
        return OptionalDouble.of(Double.parseDouble(text));
    };

    Format<OptionalInt> NUMBER_OR_OFF = text -> {
        if (text.equals("off")) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(number(1, 1_000_000).read(text));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("must be off or a number in 1..1000000", e);
        }
    };

    Format<Double> SHARE = text -> {
        if (!text.matches("(0|1)(\\.[0-9]{1,6})?") || Double.parseDouble(text) > 1) {
            throw new IllegalArgumentException("must be a number in 0..1 with at most six decimals, such as 0.05");
        }
        return Double.parseDouble(text);
    };

    /** {@code stdout}, or a file that could be written to now. */
    Format<Optional<Path>> LOG_TARGET = text -> {
        if (text.equals("stdout")) {
            return Optional.empty();
        }
        try {
            Path file = Path.of(text).toAbsolutePath();
            Path directory = file.getParent();
            if (directory == null || !Files.isDirectory(directory)) {
                throw new IllegalArgumentException("must be stdout or a file in a directory that exists");
            }
            if (Files.isDirectory(file)) {
                throw new IllegalArgumentException("is a directory; must be stdout or a file");
            }
            if (!Files.isWritable(Files.exists(file) ? file : directory)) {
                throw new IllegalArgumentException("may not be written by this user");
            }
            return Optional.of(file);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("must be stdout or a file in a directory that exists", e);
        }
    };

    static Format<Integer> number(int least, int most) {
        return text -> {
            // Ten characters hold every int; a long holds whatever they are.
            if (!text.matches("-?[0-9]{1,10}") || Long.parseLong(text) < least || Long.parseLong(text) > most) {
                throw new IllegalArgumentException("must be a number in " + least + ".." + most);
            }
            return Integer.parseInt(text);
        };
    }

    static Format<Integer> size(int least, int most) {
        return text -> {
            try {
                long bytes = new MemorySizeConverter().convert(text).asLongValue();
                if (bytes >= least && bytes <= most) {
                    return (int) bytes;
                }
            } catch (IllegalArgumentException | ArithmeticException e) {
                // Not a size at all: the same answer as for one out of range.
            }
            throw new IllegalArgumentException("must be a size in " + least + ".." + most + " bytes, such as 8K");
        };
    }

    static Format<Duration> duration(Duration least, Duration most) {
        return text -> {
            try {
                Duration duration = DurationConverter.parseDuration(text);
                if (duration.compareTo(least) >= 0 && duration.compareTo(most) <= 0) {
                    return duration;
                }
            } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
                // Not a duration at all: the same answer as for one out of range.
            }
            throw new IllegalArgumentException(
                    "must be a duration in " + words(least) + ".." + words(most) + ", such as 300ms, 5s or 1h");
        };
    }

    private static String words(Duration duration) {
        if (duration.toMillis() % 1_000 != 0) {
            return duration.toMillis() + "ms";
        }
        if (duration.toDays() > 0) {
            return duration.toDays() + "d";
        }
        return duration.toHours() > 0 ? duration.toHours() + "h" : duration.toSeconds() + "s";
    }

    /** The constants in lower case, with {@code -} for {@code _}. */
    @SafeVarargs
    @SuppressWarnings("varargs") // the array is read only
    static <E extends Enum<E>> Format<E> oneOf(E... constants) {
        return text -> Arrays.stream(constants)
                .filter(constant -> word(constant).equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("must be one of "
                        + Arrays.stream(constants).map(Format::word).collect(Collectors.joining(", "))));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Elements with commas between them; empty ones are a mistake. */
    static <T> Format<List<T>> listOf(Format<T> element) {
        return text -> {
            List<T> elements = new ArrayList<>();
            for (String part : text.split(",", -1)) {
                if (part.isBlank()) {
                    throw new IllegalArgumentException("has an empty element");
                }
                elements.add(element.read(part.strip()));
            }
            return elements;
        };
    }
}
