package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.ConfigMappingInterface.Property;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The README's configuration reference against the mapping: what a reader copies from it must exist. */
class ReadmeTest {

    /** {@code | `edge.listen.http` | `80`, or `haproxy_listen_http` | …}: the key and the default's cell. */
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(edge\\.[^`]+)` \\| ([^|]*?) \\|");

    /** A key anywhere in the text, after {@code -D} too; not {@code io.veza.edge.config}. */
    private static final Pattern KEY = Pattern.compile("((?<![A-Za-z.-])|(?<=-D))edge\\.[A-Za-z0-9_.<>-]*[a-z0-9_>]");

    /** What the recipe for a wrong configuration misspells, and a file that another one names. */
    private static final Set<String> NO_KEYS = Set.of("edge.listen.htp", "edge.pem", "edge.properties");

    private static final Pattern VARIABLE = Pattern.compile("\\bEDGE_[A-Z0-9_]*[A-Z0-9]");
    private static final Pattern OLD_NAME = Pattern.compile("(?i)\\bhaproxy_[a-z]+(_[a-z]+)*");

    /** A default that asks for an old name first: {@code ${haproxy_health_check_interval_ms:5000}ms}. */
    private static final Pattern EXPRESSION = Pattern.compile("\\$\\{(\\w+):(\\w*)}(\\w*)");

    private static final Map<String, Property> MAPPING =
            new TreeMap<>(ConfigMappings.getProperties(ConfigClass.configClass(EdgeConfig.class)));

    private static String readme;

    @BeforeAll
    static void read() throws IOException {
        readme = Files.readString(Path.of("README.md"));
    }

    /** The README's key of a mapped one: {@code edge.pools.*.balance} is written {@code edge.pools.<pool>.balance}. */
    private static String written(String mapped) {
        return mapped.replace("pools.*", "pools.<pool>")
                .replace("servers.*", "servers.<server>")
                .replace("routes.*", "routes.<route>");
    }

    /** What the cell must begin with: {@code `80`, or `haproxy_listen_http`}; nothing in code where there is none. */
    private static String defaultCell(Property property) {
        return property.hasDefaultValue() && !property.getDefaultValue().endsWith(":}")
                ? EXPRESSION
                                .matcher('`' + property.getDefaultValue() + '`')
                                .replaceAll(found -> found.group(2) + found.group(3))
                        + EXPRESSION
                                .matcher(property.getDefaultValue())
                                .results()
                                .map(found -> ", or `" + found.group(1) + '`')
                                .collect(Collectors.joining())
                : "";
    }

    private static Set<String> found(Pattern pattern, UnaryOperator<String> form) {
        return pattern.matcher(readme)
                .results()
                .map(MatchResult::group)
                .map(form)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void the_table_has_every_key_once_with_its_default_and_no_other() {
        Map<String, String> expected = new TreeMap<>();
        MAPPING.forEach((key, property) -> expected.put(written(key), defaultCell(property)));

        Map<String, String> table = new TreeMap<>();
        ROW.matcher(readme).results().forEach(row -> assertThat(
                        table.put(row.group(1), row.group(2).startsWith("`") ? row.group(2) : ""))
                .as("an earlier row of %s", row.group(1))
                .isNull());

        assertThat(table).containsExactlyEntriesOf(expected);
    }

    /** In the recipes too: a key, or what several keys begin with. */
    @Test
    void every_key_in_the_text_exists() {
        Pattern known = Pattern.compile(MAPPING.keySet().stream()
                .map(key -> prefixes(key.replace("*", "[A-Za-z0-9_<>-]+")))
                .collect(Collectors.joining("|")));

        Set<String> keys = found(KEY, UnaryOperator.identity());
        assertThat(keys).containsAll(NO_KEYS);
        keys.removeAll(NO_KEYS);
        assertThat(keys).hasSizeGreaterThan(MAPPING.size()).allMatch(known.asMatchPredicate());
    }

    /** A pattern of the key and of everything it begins with: {@code a.b.c} becomes {@code a(\.b(\.c)?)?}. */
    private static String prefixes(String key) {
        String[] segments = key.split("\\.");
        return String.join("(\\.", segments) + ")?".repeat(segments.length - 1);
    }

    @Test
    void every_environment_variable_in_the_text_is_a_key() {
        Pattern known = Pattern.compile(MAPPING.keySet().stream()
                .map(key -> key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_").replace("*", "[A-Z0-9_]+"))
                .collect(Collectors.joining("|")));

        assertThat(found(VARIABLE, UnaryOperator.identity())).isNotEmpty().allMatch(known.asMatchPredicate());
    }

    @Test
    void the_text_names_the_old_names_that_are_read_and_no_other() {
        Set<String> read = MAPPING.values().stream()
                .filter(Property::hasDefaultValue)
                .flatMap(property ->
                        EXPRESSION.matcher(property.getDefaultValue()).results())
                .map(name -> name.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(found(OLD_NAME, name -> name.toLowerCase(Locale.ROOT))).isEqualTo(read);
    }
}
