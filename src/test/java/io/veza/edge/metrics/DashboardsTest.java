package io.veza.edge.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.veza.edge.metrics.BoardRules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The boards of Grafana by contract, since Grafana itself cannot run here: the rules of its dashboard-linter and some of our
 * own. Whether expressions are valid is for src/test/observability/dashboards.sh, the options of panels for schema.sh there.
 */
class DashboardsTest {

    private static final List<Rule> RULES = Stream.of(BoardRules.ALL, PanelRules.ALL, ColourRules.ALL, QueryRules.ALL)
            .flatMap(List::stream)
            .toList();

    @Test
    void there_are_six_boards() {
        List<Board> boards = Board.all();

        assertThat(boards)
                .extracting(Board::uid)
                .containsExactly(
                        "edge-health",
                        "edge-overview",
                        "edge-process",
                        "edge-servers",
                        "edge-stickiness",
                        "edge-tunnels");
        assertThat(boards).extracting(board -> board.json().getString("title")).doesNotHaveDuplicates();
    }

    static Stream<Arguments> boards_and_rules() {
        return Board.all().stream().flatMap(board -> RULES.stream().map(rule -> arguments(board, rule.name())));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("boards_and_rules")
    void every_board_keeps_every_rule(Board board, String rule) {
        assertThat(problems(board, rule)).isEmpty();
    }

    /**
     * Something in the overview becomes a JSON value, is taken out ("-"), or has a part replaced ("->"). A part of an array
     * is found by its number, or by its type, name, title or matcher.
     */
    @ParameterizedTest(name = "{0}: {1} becomes {2}")
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '^',
            textBlock =
                    """
            shape               ; editable                                           ; true
            shape               ; schemaVersion                                      ; 36
            shape               ; graphTooltip                                       ; 0
            shape               ; id                                                 ; 7
            shape               ; tags                                               ; []
            name                ; uid                                                ; "edge-servers"
            name                ; title                                              ; "Overview"
            name                ; description                                        ; -
            variables           ; templating.list.job.name                           ; "cluster"
            variables           ; templating.list.instance.label                     ; "instances"
            variables           ; templating.list.pool.multi                         ; false
            variables           ; templating.list.pool.includeAll                    ; false
            variables           ; templating.list.server.allValue                    ; ".*"
            variables           ; templating.list.server.refresh                     ; 1
            variables           ; templating.list.server.datasource.uid              ; "prometheus"
            variables           ; templating.list.server.query.query                 ; "label_values(server)"
            variables           ; templating.list.job.type                           ; "custom"
            variables           ; templating.list.datasource.query                   ; "loki"
            annotations         ; annotations.list.Down                              ; -
            annotations         ; annotations.list.Down.enable                       ; false
            annotations         ; annotations.list.Down.titleFormat                  ; ""
            annotations         ; annotations.list.Down.target.expr                  ; > 0 -> >= 0
            links               ; links                                              ; []
            links               ; links.Edge process                                 ; -
            links               ; links.Edge process.includeVars                     ; false
            links               ; links.Edge process.keepTime                        ; false
            links               ; links.Edge process.url                             ; "/d/edge-nothing"
            links               ; links.Edge process.url                             ; "https://example.org/"
            links of values     ; panels.table.fieldConfig.overrides.Server.properties.0.value.0.url ; edge-health -> nothing
            links of values     ; panels.table.fieldConfig.overrides.Server.properties.0.value.0.url ; &${__url_time_range} ->
            links of values     ; panels.table.fieldConfig.overrides.Server.properties.0.value.0.url ; var-server -> var-host
            ids                 ; panels.stat.id                                     ; 1
            ids                 ; panels.stat.id                                     ; -
            grid                ; panels.Requests.gridPos.x                          ; 7
            grid                ; panels.Requests.gridPos.x                          ; 22
            grid                ; panels.Requests.gridPos.h                          ; 0
            grid                ; panels.row.gridPos.w                               ; 12
            texts               ; panels.table.title                                 ; -
            texts               ; panels.table.title                                 ; "Requests"
            texts               ; panels.table.description                           ; -
            types               ; panels.timeseries.type                             ; "graph"
            units               ; panels.stat.fieldConfig.defaults.unit              ; -
            units               ; panels.stat.fieldConfig.defaults.unit              ; "seconds"
            units               ; panels.table.fieldConfig.overrides.Requests.properties.0.value ; "rps"
            no value            ; panels.table.fieldConfig.defaults.noValue          ; -
            thresholds          ; panels.stat.fieldConfig.defaults.thresholds        ; -
            thresholds          ; panels.stat.fieldConfig.defaults.thresholds.steps.0.value ; 0
            thresholds          ; panels.Error budget left.fieldConfig.defaults.thresholds.steps.2.value ; -1
            numbers of states   ; panels.state-timeline.fieldConfig.defaults.mappings ; []
            numbers of states   ; panels.state-timeline.fieldConfig.defaults.mappings.0.options.5.color ; "purple"
            numbers of states   ; panels.state-timeline.fieldConfig.defaults.mappings.0.options.4.text ; "maintenance"
            numbers of states   ; panels.table.fieldConfig.overrides.State.properties.0.value.0.options.5 ; -
            numbers of states   ; panels.state-timeline.targets.0.expr               ; 5 * edge -> 6 * edge
            colours of states   ; panels.timeseries.fieldConfig.overrides.5xx.matcher.options ; "down"
            colours of states   ; panels.timeseries.targets.0.legendFormat           ; "{{state}}"
            colours of states   ; annotations.list.Down.iconColor                    ; "dark-red"
            colours of all else ; panels.stat.fieldConfig.defaults.thresholds.steps.1.color ; "red"
            colours of all else ; panels.timeseries.fieldConfig.overrides.5xx.properties.0.value.fixedColor ; "red"
            colours of all else ; annotations.list.Restart.iconColor                 ; "blue"
            colours of series   ; panels.timeseries.fieldConfig.defaults.color.mode  ; "palette-classic"
            data source         ; panels.stat.datasource.uid                         ; "prometheus"
            data source         ; panels.stat.targets                                ; []
            data source         ; panels.stat.targets.0.datasource                   ; -
            data source         ; panels.table.targets.1.refId                       ; "A"
            names               ; panels.stat.targets.0.expr                         ; server_state -> server_status
            names               ; panels.stat.targets.0.expr                         ; state!= -> status!=
            names               ; panels.stat.targets.0.expr                         ; "up" -> "UP"
            names               ; panels.stat.targets.0.expr                         ; (pool, server) -> (pool, host)
            names               ; annotations.list.Up.target.expr                    ; _transitions_ -> _changes_
            selection           ; panels.stat.targets.0.expr                         ; ,server=~"$server" ->
            selection           ; panels.stat.targets.0.expr                         ; job=~"$job" -> job="edge"
            selection           ; annotations.list.Up.target.expr                    ; pool=~"$pool", ->
            ranges              ; panels.timeseries.targets.0.expr                   ; $__rate_interval -> 5m
            ranges              ; panels.timeseries.targets.0.expr                   ; $__rate_interval -> $__range
            ranges              ; panels.timeseries.targets.0.expr                   ; [$__rate_interval] -> [1h:5m]
            ranges              ; panels.timeseries.targets.0.expr                   ; rate( -> increase(
            ranges              ; panels.timeseries.targets.0.expr                   ; )) -> ) offset 1d)
            counters            ; panels.timeseries.targets.0.expr                   ; rate( -> max_over_time(
            counters            ; panels.timeseries.targets.0.expr                   ; [$__rate_interval] ->
            counters            ; panels.timeseries.targets.0.expr                   ; requests_total -> requests_in_flight
            quantiles           ; panels.Duration by pool.targets.0.expr             ; le, ->
            quantiles           ; panels.Duration by pool.targets.0.expr             ; sum by (le, pool) ->
            legends             ; panels.timeseries.targets.0.legendFormat           ; ""
            legends             ; panels.timeseries.targets.0.legendFormat           ; "{{status}}"
            legends             ; panels.state-timeline.targets.0.legendFormat       ; "{{pool}}"
            formats             ; panels.table.targets.0.format                      ; "time_series"
            formats             ; panels.table.targets.0.range                       ; true
            """)
    void each_rule_notices(String rule, String place, String value) {
        Board overview = overview();

        Board broken = overview.with(board -> change(board, place, value));

        assertThat(problems(overview, rule)).isEmpty();
        assertThat(problems(broken, rule)).isNotEmpty();
    }

    @Test
    void each_rule_has_a_name_and_a_change_that_it_notices() throws ReflectiveOperationException {
        String changes = DashboardsTest.class
                .getDeclaredMethod("each_rule_notices", String.class, String.class, String.class)
                .getAnnotation(CsvSource.class)
                .textBlock();

        assertThat(RULES).extracting(Rule::name).doesNotHaveDuplicates();
        assertThat(changes.lines().map(line -> line.split(";", 2)[0].strip()))
                .containsAll(RULES.stream().map(Rule::name).toList());
    }

    private static List<String> problems(Board board, String name) {
        Rule rule = RULES.stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
        List<String> problems = new ArrayList<>();
        rule.check().accept(board, problems::add);
        return problems;
    }

    private static Board overview() {
        return Board.all().stream()
                .filter(board -> board.uid().equals("edge-overview"))
                .findFirst()
                .orElseThrow();
    }

    private static void change(JsonObject board, String place, String value) {
        List<String> path = List.of(place.split("\\."));
        Object parent = board;
        for (String part : path.subList(0, path.size() - 1)) {
            parent = child(parent, part);
        }
        String last = path.get(path.size() - 1);
        if (parent instanceof JsonArray array) {
            assertThat(value).isEqualTo("-");
            array.remove(child(array, last));
            return;
        }
        JsonObject object = (JsonObject) parent;
        if (value.equals("-")) {
            assertThat(object.remove(last)).isNotNull();
        } else if (value.contains("->")) {
            String[] parts = value.split(" -> ?", -1);
            assertThat(object.getString(last)).contains(parts[0]);
            object.put(last, object.getString(last).replace(parts[0], parts[1]));
        } else {
            object.put(last, Json.decodeValue(value));
        }
    }

    private static Object child(Object parent, String part) {
        if (parent instanceof JsonObject object) {
            return object.getValue(part);
        }
        JsonArray array = (JsonArray) parent;
        if (part.matches("\\d+")) {
            return array.getValue(Integer.parseInt(part));
        }
        return Board.objects(array).stream()
                .filter(each -> names(each).anyMatch(part::equals))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no " + part));
    }

    private static Stream<String> names(JsonObject part) {
        return Stream.of(
                part.getString("type", ""),
                part.getString("name", ""),
                part.getString("title", ""),
                part.getJsonObject("matcher", new JsonObject()).getString("options", ""));
    }
}
