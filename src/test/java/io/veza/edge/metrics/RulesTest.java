package io.veza.edge.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.metrics.PromqlNames.LabelMatch;
import io.veza.edge.metrics.PromqlNames.Selector;
import io.veza.edge.metrics.Rules.Alert;
import io.veza.edge.metrics.Rules.AlertTest;
import io.veza.edge.metrics.Rules.Recording;
import io.veza.edge.proxy.DurationBuckets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Prometheus' rules against the catalogue, the runbooks, the README and their own tests. Whether an expression is valid and
 * comes to what it should is promtool's to say, in {@code src/test/observability/rules.sh}.
 */
class RulesTest {

    private static final Set<String> SEVERITIES = Set.of("page", "ticket", "info");

    private static final Set<String> OF_COUNTERS = Set.of("rate", "increase");

    /** A function over a time: {@code increase(name{…}[5m])}. */
    private static final Pattern OVER_TIME = Pattern.compile("(\\w+)\\(([\\w:]+)(?:\\{[^{}]*})?\\[");

    private static final Pattern RECORDED = Pattern.compile("(pool|server|process):edge_[a-z_]+:\\w+");

    /** What every rule of a level keeps of its series. */
    private static final Map<String, Set<String>> LEVELS = Map.of(
            "pool", Set.of("job", "instance", "pool"),
            "server", Set.of("job", "instance", "pool", "server"),
            "process", Set.of("job", "instance"));

    private static final Pattern ALERT_MATCH = Pattern.compile("alertname=~?\"([^\"]+)\"");

    private static final Pattern SECTION = Pattern.compile("(?m)^## (\\S+)$");

    /** {@code "Time to the first byte"}: what a runbook says to look at; not a word of a command. */
    private static final Pattern QUOTED = Pattern.compile("(?<!edge )\"([A-Z][^\"]+)\"");

    private static final Pattern README_ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\| (page|ticket|info) \\|");

    private static String runbooks() throws IOException {
        return Files.readString(Path.of("src/docs/runbooks.md"));
    }

    private static List<String> names() {
        return Rules.alerts().stream().map(Alert::name).toList();
    }

    private static Stream<String> expressions() {
        return Stream.concat(
                Rules.recordings().stream().map(Recording::expression),
                Rules.alerts().stream().map(Alert::expression));
    }

    /** What an expression asks for that is not there, or in a way that comes to nothing. */
    private static List<String> problems(String expression) {
        List<String> problems = new ArrayList<>();
        PromqlNames names = PromqlNames.of(expression);
        Set<String> groupable = new TreeSet<>();
        for (Selector selector : names.selectors()) {
            Set<String> labels = KnownSeries.labels(selector.metric());
            groupable.addAll(labels);
            if (labels.isEmpty()) {
                problems.add("there is no " + selector.metric());
            }
            for (LabelMatch match : selector.matches()) {
                Set<String> values = Set.of(match.value().split("\\|", -1));
                if (!labels.contains(match.label())) {
                    problems.add(selector.metric() + " has no label " + match.label());
                } else if (!KnownSeries.has(selector.metric(), match.label(), values)) {
                    problems.add(selector.metric() + " has no " + match.label() + " " + match.value());
                } else if (match.label().equals("le") && !isBound(match.value())) {
                    problems.add(match.value() + " is no bound of a bucket");
                }
            }
        }
        if (!groupable.containsAll(names.grouping())) {
            problems.add("groups by " + names.grouping());
        }
        Set<String> grown = new TreeSet<>();
        for (MatchResult call : OVER_TIME.matcher(expression).results().toList()) {
            boolean counts = KnownSeries.counts(call.group(2));
            if (OF_COUNTERS.contains(call.group(1)) != counts) {
                problems.add(call.group(1) + " of " + call.group(2));
            }
            grown.add(call.group(2));
        }
        names.metrics().stream()
                .filter(name -> KnownSeries.counts(name) && !grown.contains(name))
                .forEach(name -> problems.add(name + " as it is"));
        return problems;
    }

    private static boolean isBound(String value) {
        for (int bucket = 0; bucket < DurationBuckets.COUNT; bucket++) {
            if (Double.toString(DurationBuckets.upperSeconds(bucket)).equals(value)) {
                return true;
            }
        }
        return false;
    }

    @Test
    void every_rule_asks_for_what_the_edge_exports() {
        assertThat(expressions()).hasSizeGreaterThan(40).allSatisfy(expression -> assertThat(problems(expression))
                .as(expression)
                .isEmpty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "edge_pool_upp == 0",
                "edge_pool_up{server=\"s1\"} == 0",
                "edge_server_state{state=\"dead\"} == 1",
                "increase(edge_pool_failures_total{reason=~\"queue_full|queue_over\"}[5m]) > 0",
                "rate(edge_server_response_duration_seconds_bucket{le=\"0.3\"}[5m])",
                "sum by (pool, server) (rate(edge_pool_requests_total[5m]))",
                "edge_pool_requests_total > 5",
                "rate(edge_pool_queue_length[5m]) > 5",
                "max_over_time(edge_pool_errors_total[5m]) > 5",
                "pool:edge_requests:rate5min > 5"
            })
    void what_does_not_exist_or_comes_to_nothing_is_seen(String expression) {
        assertThat(problems(expression)).isNotEmpty();
    }

    @Test
    void a_recorded_series_is_named_by_its_level_whose_labels_it_keeps() {
        assertThat(Rules.recordings()).extracting(Recording::name).doesNotHaveDuplicates();
        assertThat(Rules.recordings()).allSatisfy(recording -> {
            assertThat(recording.name()).matches(RECORDED);
            Set<String> grouping =
                    new TreeSet<>(PromqlNames.of(recording.expression()).grouping());
            grouping.remove("le");
            if (!grouping.isEmpty()) {
                assertThat(grouping)
                        .as(recording.name())
                        .isEqualTo(LEVELS.get(recording.name().split(":", 2)[0]));
            }
        });
    }

    @Test
    void every_alert_says_how_bad_it_is_what_it_is_and_where_to_read_on() {
        assertThat(names()).doesNotHaveDuplicates();
        assertThat(Rules.alerts()).allSatisfy(alert -> {
            assertThat(alert.severity()).as(alert.name()).isIn(SEVERITIES);
            assertThat(alert.annotations().getString("summary", ""))
                    .as(alert.name())
                    .contains("{{ $labels.")
                    .doesNotEndWith(".");
            assertThat(alert.annotations().getString("description", ""))
                    .as(alert.name())
                    .endsWith(".");
            assertThat(alert.annotations().getString("runbook_url"))
                    .isEqualTo("src/docs/runbooks.md#" + alert.name().toLowerCase(Locale.ROOT));
        });
    }

    @Test
    void the_runbooks_have_a_section_for_each_alert_and_no_other() throws IOException {
        List<String> sections = SECTION.matcher(runbooks())
                .results()
                .map(section -> section.group(1))
                .toList();

        assertThat(sections).containsExactlyInAnyOrderElementsOf(names());
    }

    @Test
    void what_a_runbook_says_to_look_at_is_on_a_board() throws IOException {
        Set<String> titles = Board.all().stream()
                .flatMap(board -> Stream.concat(
                        board.panels().stream().map(Board.Panel::title),
                        board.annotations().stream().map(each -> each.getString("name"))))
                .collect(Collectors.toSet());
        Set<String> quoted = QUOTED.matcher(runbooks())
                .results()
                .map(title -> title.group(1).replaceAll("\\s+", " "))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(quoted).hasSizeGreaterThan(10).isSubsetOf(titles);
    }

    @Test
    void every_alert_is_tested_firing_and_not_firing() {
        Map<String, Set<Boolean>> tested = new TreeMap<>();
        for (AlertTest test : Rules.alertTests()) {
            tested.computeIfAbsent(test.alert(), name -> new TreeSet<>()).add(test.fires());
        }

        assertThat(tested.keySet()).containsExactlyInAnyOrderElementsOf(names());
        assertThat(tested).allSatisfy((name, outcomes) -> assertThat(outcomes).hasSize(2));
    }

    @Test
    void every_recorded_series_is_tested() {
        Set<String> tested = Rules.expressionTests().stream()
                .flatMap(expression -> PromqlNames.of(expression).metrics().stream())
                .collect(Collectors.toSet());

        assertThat(Rules.recordings()).extracting(Recording::name).isSubsetOf(tested);
    }

    @Test
    void what_is_inhibited_are_alerts_there_are() {
        List<String> asked = Rules.inhibitions().stream()
                .flatMap(rule ->
                        ALERT_MATCH.matcher(rule.encode().replace("\\\"", "\"")).results())
                .map(match -> match.group(1))
                .flatMap(match -> Stream.of(match.split("\\|(?![^(]*\\))", -1)))
                .toList();

        assertThat(asked).hasSizeGreaterThan(5).allSatisfy(name -> assertThat(names())
                .anyMatch(Pattern.compile(name).asMatchPredicate()));
    }

    @Test
    void the_readme_lists_every_alert_with_its_severity() throws IOException {
        Map<String, String> expected = new TreeMap<>();
        Rules.alerts().forEach(alert -> expected.put(alert.name(), alert.severity()));

        Map<String, String> listed = new TreeMap<>();
        README_ROW
                .matcher(Files.readString(Path.of("README.md")))
                .results()
                .forEach(row -> listed.put(row.group(1), row.group(2)));

        assertThat(listed).isEqualTo(expected);
    }
}
