package io.veza.edge.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The README's table of metrics is the catalogue, row by row and in its order. */
class MetricsReadmeTest {

    private static final Pattern NAME = Pattern.compile("(?<![:a-z_])edge_(listener|pool|server|process)_[a-z_]*[a-z]");

    private static String readme;

    @BeforeAll
    static void read() throws IOException {
        readme = Files.readString(Path.of("README.md"));
    }

    private static String row(Metric metric) {
        String labels = metric.labels().stream().map(label -> '`' + label + '`').collect(Collectors.joining(" "));
        return "| `%s` | %s | %s | %s |"
                .formatted(
                        metric.exportedName(), metric.type().name().toLowerCase(Locale.ROOT), labels, metric.meaning());
    }

    @Test
    void the_table_is_the_catalogue() {
        List<String> rows =
                readme.lines().filter(line -> line.startsWith("| `edge_")).toList();

        assertThat(rows)
                .containsExactlyElementsOf(Arrays.stream(Metric.values())
                        .map(MetricsReadmeTest::row)
                        .toList());
    }

    @Test
    void no_metric_is_named_that_does_not_exist() {
        TreeSet<String> unknown = NAME.matcher(readme)
                .results()
                .map(MatchResult::group)
                .map(name -> name.replaceFirst("_(bucket|count|sum)$", ""))
                .collect(Collectors.toCollection(TreeSet::new));

        Arrays.stream(Metric.values()).map(Metric::exportedName).forEach(unknown::remove);

        assertThat(unknown).isEmpty();
    }
}
