package io.veza.edge.metrics;

import static io.veza.edge.metrics.Board.objects;

import io.vertx.core.json.JsonObject;
import io.veza.edge.metrics.Board.Panel;
import io.veza.edge.metrics.BoardRules.Rule;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What holds for every panel: its texts, its unit, its thresholds. */
final class PanelRules {

    /** Those that Grafana brings along. */
    private static final Set<String> TYPES =
            Set.of("bargauge", "heatmap", "piechart", "stat", "state-timeline", "table", "text", "timeseries");

    /** Of Grafana's list those that the catalogue's base units become. */
    private static final Set<String> UNITS =
            Set.of("none", "short", "s", "bytes", "Bps", "percentunit", "reqps", "cps");

    static final List<Rule> ALL = List.of(
            new Rule("texts", PanelRules::texts),
            new Rule("types", PanelRules::types),
            new Rule("units", PanelRules::units),
            new Rule("no value", PanelRules::noValues),
            new Rule("thresholds", PanelRules::thresholds));

    private PanelRules() {}

    static Consumer<String> told(Panel panel, Consumer<String> problem) {
        return what -> problem.accept(panel.title() + ": " + what);
    }

    private static void texts(Board board, Consumer<String> problem) {
        Set<String> titles = new HashSet<>();
        for (JsonObject panel : board.rowsAndPanels()) {
            if (panel.getString("title", "").isBlank() || !titles.add(panel.getString("title"))) {
                problem.accept("a title that is not there or twice: " + panel.getString("title"));
            }
        }
        for (Panel panel : board.panels()) {
            String description = panel.json().getString("description", "");
            if (!description.endsWith(".") || description.length() > 250) {
                told(panel, problem).accept("description \"" + description + "\"");
            }
        }
    }

    private static void types(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            if (!TYPES.contains(panel.type())) {
                told(panel, problem).accept("is a " + panel.type());
            }
        }
    }

    private static void units(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            Stream.concat(
                            Stream.of(panel.defaults().getString("unit", "no unit")),
                            properties(panel, "unit").map(String.class::cast))
                    .filter(unit -> !UNITS.contains(unit))
                    .forEach(unit -> told(panel, problem).accept("unit " + unit));
            // Its own axis: the defaults are those of the cells.
            if (panel.type().equals("heatmap")
                    && !panel.json()
                            .getJsonObject("options")
                            .getJsonObject("yAxis")
                            .getString("unit", "")
                            .equals("s")) {
                told(panel, problem).accept("its axis has no unit");
            }
        }
    }

    private static void noValues(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            if (panel.defaults().getString("noValue", "").isBlank()) {
                told(panel, problem).accept("no noValue");
            }
        }
    }

    private static void thresholds(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            if (panel.type().equals("heatmap")) {
                continue;
            }
            List<JsonObject> steps = objects(panel.defaults()
                    .getJsonObject("thresholds", new JsonObject())
                    .getJsonArray("steps"));
            Double last = null;
            for (int i = 0; i < steps.size(); i++) {
                Double value = steps.get(i).getDouble("value");
                if ((i == 0) != (value == null) || (last != null && value != null && value <= last)) {
                    told(panel, problem).accept("threshold " + value + " after " + last);
                }
                last = value;
            }
            if (steps.isEmpty()) {
                told(panel, problem).accept("no thresholds");
            }
        }
    }

    /** What overrides set of this. */
    static Stream<Object> properties(Panel panel, String id) {
        return panel.overrides().stream()
                .flatMap(override -> objects(override.getJsonArray("properties")).stream())
                .filter(property -> property.getString("id").equals(id))
                .map(property -> property.getValue("value"));
    }
}
