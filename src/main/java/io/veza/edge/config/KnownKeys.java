package io.veza.edge.config;

import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.NameIterator;
import io.smallrye.config.SmallRyeConfig;
import io.veza.edge.pool.Names;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The keys of {@link EdgeConfig}, with {@code *} where a name goes, to find those that nobody reads. */
final class KnownKeys {

    private static final String PREFIX = "edge.";

    private final List<String> names =
            ConfigMappings.getProperties(ConfigClass.configClass(EdgeConfig.class)).keySet().stream()
                    .sorted()
                    .toList();

    private final List<List<String>> patterns =
            names.stream().map(KnownKeys::segments).toList();

    /** All of them, sorted. */
    List<String> names() {
        return names;
    }

    /**
     * Reports keys below {@code edge.} that nobody reads, and values that refer to a name nobody set. The environment is
     * exempt from the former, because an orchestrator may put {@code EDGE_…} there for its own reasons (Kubernetes does for
     * a service of the name {@code edge}).
     */
    void check(SmallRyeConfig config, Problems problems) {
        for (String name : config.getPropertyNames()) {
            if (!name.startsWith(PREFIX)) {
                continue;
            }
            ConfigValue value = config.getConfigValue(name);
            List<String> segments = segments(name);
            if (patterns.stream().noneMatch(pattern -> matches(pattern, segments))) {
                if (!isFromEnvironment(value)) {
                    problems.add(value, "is no key of the edge" + suggestion(segments));
                }
            } else if (value.hasProblems()) {
                problems.add(value, "refers to a name that has no value and gives no default");
            }
        }
    }

    private static boolean isFromEnvironment(ConfigValue value) {
        return value.getSourceName() != null && value.getSourceName().startsWith("EnvConfigSource");
    }

    private static List<String> segments(String name) {
        List<String> segments = new ArrayList<>();
        for (NameIterator at = new NameIterator(name); at.hasNext(); at.next()) {
            segments.add(at.getNextSegment());
        }
        return segments;
    }

    private static boolean matches(List<String> pattern, List<String> name) {
        return pattern.size() == name.size() && filled(pattern, name).equals(name);
    }

    /** The pattern with the name's own words in place of its stars. */
    private static List<String> filled(List<String> pattern, List<String> name) {
        List<String> filled = new ArrayList<>(pattern);
        for (int i = 0; i < filled.size() && i < name.size(); i++) {
            if (filled.get(i).equals("*")) {
                filled.set(i, name.get(i));
            }
        }
        return filled;
    }

    /** Names the nearest known key, if it is near enough to have been meant. */
    private String suggestion(List<String> segments) {
        String name = String.join(".", segments);
        return patterns.stream()
                .map(pattern -> String.join(".", filled(pattern, segments)))
                .min(Comparator.comparingInt(candidate -> Names.distance(candidate, name)))
                .filter(nearest -> Names.distance(nearest, name) <= name.length() / 3)
                .map(nearest -> "; did you mean " + nearest + "?")
                .orElse("");
    }
}
