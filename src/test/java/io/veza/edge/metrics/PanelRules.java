package io.veza.edge.metrics;

import static io.veza.edge.metrics.Board.objects;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.veza.edge.metrics.Board.Panel;
import io.veza.edge.metrics.BoardRules.Rule;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What holds for every panel: its texts, its unit, and that a colour means the same wherever it is seen. */
final class PanelRules {

    /** Those that Grafana brings along. */
    private static final Set<String> TYPES =
            Set.of("bargauge", "heatmap", "piechart", "stat", "state-timeline", "table", "text", "timeseries");

    /** Of Grafana's list those that the catalogue's base units become. */
    private static final Set<String> UNITS =
            Set.of("none", "short", "s", "bytes", "Bps", "percentunit", "reqps", "cps");

    /** A state's number in queries and its colour. */
    private record Look(int number, String colour) {}

    private static final Map<String, Look> STATES = Map.of(
            "up", new Look(1, "green"),
            "drain", new Look(2, "yellow"),
            "stopping", new Look(3, "orange"),
            "maint", new Look(4, "blue"),
            "down", new Look(5, "red"));

    static final List<Rule> ALL = List.of(
            new Rule("texts", PanelRules::texts),
            new Rule("types", PanelRules::types),
            new Rule("units", PanelRules::units),
            new Rule("no value", PanelRules::noValues),
            new Rule("thresholds", PanelRules::thresholds),
            new Rule("states", PanelRules::states),
            new Rule("colours of states", PanelRules::coloursOfStates),
            new Rule("colours of series", PanelRules::coloursOfSeries));

    private PanelRules() {}

    private static Consumer<String> of(Panel panel, Consumer<String> problem) {
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
                of(panel, problem).accept("description \"" + description + "\"");
            }
        }
    }

    private static void types(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            if (!TYPES.contains(panel.type())) {
                of(panel, problem).accept("is a " + panel.type());
            }
        }
    }

    private static void units(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            Stream.concat(
                            Stream.of(panel.defaults().getString("unit", "no unit")),
                            properties(panel, "unit").map(String.class::cast))
                    .filter(unit -> !UNITS.contains(unit))
                    .forEach(unit -> of(panel, problem).accept("unit " + unit));
            // Its own axis: the defaults are those of the cells.
            if (panel.type().equals("heatmap")
                    && !panel.json()
                            .getJsonObject("options")
                            .getJsonObject("yAxis")
                            .getString("unit", "")
                            .equals("s")) {
                of(panel, problem).accept("its axis has no unit");
            }
        }
    }

    private static void noValues(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            if (panel.defaults().getString("noValue", "").isBlank()) {
                of(panel, problem).accept("no noValue");
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
                    of(panel, problem).accept("threshold " + value + " after " + last);
                }
                last = value;
            }
            if (steps.isEmpty()) {
                of(panel, problem).accept("no thresholds");
            }
        }
    }

    private static void states(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            boolean numbered = panel.queries().stream()
                    .anyMatch(query ->
                            QueryRules.STATE_NUMBER.matcher(query.expression()).find());
            List<JsonObject> mappings = Stream.concat(
                            objects(panel.defaults().getJsonArray("mappings")).stream(),
                            properties(panel, "mappings").flatMap(each -> objects((JsonArray) each).stream()))
                    .toList();
            if (numbered && mappings.size() != 1) {
                of(panel, problem).accept("shows states as numbers");
            }
            mappings.forEach(mapping -> mapping(mapping.getJsonObject("options"), of(panel, problem)));
            for (Board.Query query : panel.queries()) {
                numbers(query.expression(), of(panel, problem));
            }
            for (JsonObject override : panel.overrides()) {
                Look look = STATES.get(override.getJsonObject("matcher").getString("options"));
                if (look != null && !override.encode().contains("\"fixedColor\":\"" + look.colour() + "\"")) {
                    of(panel, problem).accept("a state in another colour: " + override.encode());
                }
            }
            if (panel.queries().stream()
                    .anyMatch(
                            query -> query.json().getString("legendFormat", "").equals("{{state}}"))) {
                Set<Object> named = new HashSet<>();
                panel.overrides()
                        .forEach(each -> named.add(each.getJsonObject("matcher").getString("options")));
                if (!named.containsAll(STATES.keySet())) {
                    of(panel, problem).accept("not every state has its colour: " + named);
                }
            }
        }
        for (JsonObject annotation : board.annotations()) {
            Look look = STATES.get(annotation.getString("name", "").toLowerCase(Locale.ROOT));
            if (look != null && !annotation.getString("iconColor", "").equals(look.colour())) {
                problem.accept("annotation " + annotation.getString("name") + " in another colour");
            }
        }
    }

    private static void mapping(JsonObject texts, Consumer<String> problem) {
        STATES.forEach((state, look) -> {
            JsonObject text = texts.getJsonObject(String.valueOf(look.number()), new JsonObject());
            if (!text.getString("text", "").equals(state)
                    || !text.getString("color", "").equals(look.colour())) {
                problem.accept(look.number() + " is not " + state + " in " + look.colour() + ": " + text);
            }
        });
        if (texts.size() != STATES.size()) {
            problem.accept("maps " + texts.fieldNames());
        }
    }

    /** {@code 5 * edge_server_state{…,state="down"}}. */
    private static void numbers(String expression, Consumer<String> problem) {
        QueryRules.STATE_NUMBER.matcher(expression).results().forEach(match -> {
            Look look = STATES.get(match.group(2));
            if (look == null || look.number() != Integer.parseInt(match.group(1))) {
                problem.accept("asks for " + match.group());
            }
        });
    }

    private static void coloursOfStates(Board board, Consumer<String> problem) {
        Set<String> reserved = new HashSet<>();
        STATES.values().forEach(look -> reserved.add(look.colour()));
        for (Panel panel : board.panels()) {
            Stream<JsonObject> steps = Stream.concat(
                    Stream.of(panel.defaults().getJsonObject("thresholds", new JsonObject())),
                    properties(panel, "thresholds").map(JsonObject.class::cast));
            steps.flatMap(each -> objects(each.getJsonArray("steps")).stream())
                    .map(step -> step.getString("color", ""))
                    .filter(reserved::contains)
                    .forEach(colour -> of(panel, problem).accept("a threshold in " + colour));
            for (JsonObject override : panel.overrides()) {
                if (!STATES.containsKey(override.getJsonObject("matcher").getString("options"))) {
                    objects(override.getJsonArray("properties")).stream()
                            .filter(property -> property.getString("id").equals("color"))
                            .map(property -> property.getJsonObject("value").getString("fixedColor", ""))
                            .filter(reserved::contains)
                            .forEach(colour -> of(panel, problem).accept("a series in " + colour));
                }
            }
        }
        for (JsonObject annotation : board.annotations()) {
            boolean ofState =
                    STATES.containsKey(annotation.getString("name", "").toLowerCase(Locale.ROOT));
            if (!ofState && reserved.contains(annotation.getString("iconColor", ""))) {
                problem.accept("annotation " + annotation.getString("name") + " in a state's colour");
            }
        }
    }

    /** The colour is made of the name, so that it does not hang on which other series there are. */
    private static void coloursOfSeries(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            String mode =
                    panel.defaults().getJsonObject("color", new JsonObject()).getString("mode", "");
            if (Set.of("timeseries", "bargauge", "piechart").contains(panel.type())
                    && !mode.equals("palette-classic-by-name")) {
                of(panel, problem).accept("colours by " + mode);
            }
        }
    }

    private static Stream<Object> properties(Panel panel, String id) {
        return panel.overrides().stream()
                .flatMap(override -> objects(override.getJsonArray("properties")).stream())
                .filter(property -> property.getString("id").equals(id))
                .map(property -> property.getValue("value"));
    }
}
