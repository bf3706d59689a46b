package io.veza.edge.config;

import io.smallrye.config.ConfigValue;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The problems found so far, at most one for a key. What can't be read is remembered here and a stand-in is used in its
 * place, so that the rest can still be looked at.
 */
final class Problems {

    private final Map<String, Problem> byKey = new TreeMap<>();

    /** Remembers a problem, unless its key has one already. */
    void add(String key, String value, String allowed) {
        byKey.putIfAbsent(key, new Problem(key, value, allowed));
    }

    void add(ConfigValue setting, String allowed) {
        add(setting.getName(), shown(setting), allowed);
    }

    /** The key of what is called {@code name} below {@code prefix}, quoted if its dots would be taken for separators. */
    static String key(String prefix, String name) {
        return prefix + (name.contains(".") ? ".\"" + name + "\"" : "." + name);
    }

    /** The value, or the stand-in with a problem if it is missing or not of the format. */
    <T> T read(ConfigValue setting, Format<T> format, T standIn) {
        if (isAbsent(setting)) {
            add(setting, "must be given");
            return standIn;
        }
        return readIfPresent(setting, format).orElse(standIn);
    }

    /** The value; empty if it is missing or empty, or, with a problem, not of the format. */
    <T> Optional<T> readIfPresent(ConfigValue setting, Format<T> format) {
        if (isAbsent(setting)) {
            return Optional.empty();
        }
        return attempt(
                setting.getName(),
                shown(setting),
                () -> format.read(setting.getValue().strip()));
    }

    /** What is made, or, with a problem, nothing if that throws an {@link IllegalArgumentException}. */
    <T> Optional<T> attempt(String key, String value, Supplier<T> making) {
        try {
            return Optional.of(making.get());
        } catch (IllegalArgumentException e) {
            add(key, value, String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    /**
     * @param listen as read, with a stand-in for what could not be
     * @param adminSocket the same
     * @param tls the same
     * @throws InvalidConfigException if there was a problem
     */
    void throwIfAny(EdgeSettings.Listen listen, Optional<Path> adminSocket, Optional<TlsSettings> tls) {
        if (!byKey.isEmpty()) {
            boolean readable = byKey.keySet().stream().noneMatch(key -> key.startsWith("edge.listen."));
            throw new InvalidConfigException(
                    List.copyOf(byKey.values()),
                    readable ? listen : new EdgeSettings.Listen(listen.host(), OptionalInt.of(0), false),
                    adminSocket,
                    tls.filter(read -> readable));
        }
    }

    /** Whether somebody has set it, be it to its default. */
    boolean isGiven(ConfigValue setting) {
        return !isAbsent(setting) && setting.getConfigSourceOrdinal() != Integer.MIN_VALUE;
    }

    private static boolean isAbsent(ConfigValue setting) {
        return setting.getValue() == null || setting.getValue().isBlank();
    }

    /**
     * With the expression it came from, if it did: the mistake is in one of the names there. Never a secret, which a
     * misspelt key may hold, too.
     */
    private static String shown(ConfigValue setting) {
        if (setting.getName().contains("tok")) {
            return "";
        }
        String value = setting.getValue() == null ? "" : setting.getValue();
        String raw = setting.getRawValue();
        return raw == null || raw.equals(value) ? value : value + " (from " + raw + ")";
    }
}
