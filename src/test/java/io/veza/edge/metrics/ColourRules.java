package io.veza.edge.metrics;

import static io.veza.edge.metrics.Board.objects;
import static io.veza.edge.metrics.PanelRules.properties;
import static io.veza.edge.metrics.PanelRules.told;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.veza.edge.metrics.Board.Panel;
import io.veza.edge.metrics.Board.Query;
import io.veza.edge.metrics.BoardRules.Rule;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** That a colour means the same wherever it is seen: each state has its own, and each server. */
final class ColourRules {

    /** A state's number, where queries make one of it, and its colour. */
    private record Look(int number, String colour) {}

    private static final Map<String, Look> STATES = Map.of(
            "up", new Look(1, "green"),
            "drain", new Look(2, "yellow"),
            "stopping", new Look(3, "orange"),
            "maint", new Look(4, "blue"),
            "down", new Look(5, "red"));

    private static final Set<String> RESERVED =
            STATES.values().stream().map(Look::colour).collect(Collectors.toSet());

    /** {@code 5 * edge_server_state{…,state="down"}}. */
    private static final Pattern NUMBERED = Pattern.compile("(\\d+) \\* edge_server_state\\{[^}]*state=\"(\\w+)\"}");

    static final List<Rule> ALL = List.of(
            new Rule("numbers of states", ColourRules::numbers),
            new Rule("colours of states", ColourRules::states),
            new Rule("colours of all else", ColourRules::allElse),
            new Rule("colours of series", ColourRules::series));

    private ColourRules() {}

    private static void numbers(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            Consumer<String> its = told(panel, problem);
            List<JsonObject> mappings = Stream.concat(
                            objects(panel.defaults().getJsonArray("mappings")).stream(),
                            properties(panel, "mappings").flatMap(each -> objects((JsonArray) each).stream()))
                    .toList();
            for (Query query : panel.queries()) {
                NUMBERED.matcher(query.expression()).results().forEach(match -> {
                    Look look = STATES.get(match.group(2));
                    if (look == null || look.number() != Integer.parseInt(match.group(1))) {
                        its.accept("asks for " + match.group());
                    }
                    if (mappings.size() != 1) {
                        its.accept("shows states as numbers");
                    }
                });
            }
            mappings.forEach(mapping -> words(mapping.getJsonObject("options"), its));
        }
    }

    private static void words(JsonObject words, Consumer<String> problem) {
        STATES.forEach((state, look) -> {
            JsonObject word = words.getJsonObject(String.valueOf(look.number()), new JsonObject());
            if (!word.getString("text", "").equals(state)
                    || !word.getString("color", "").equals(look.colour())) {
                problem.accept(look.number() + " is not " + state + " in " + look.colour() + ": " + word);
            }
        });
        if (words.size() != STATES.size()) {
            problem.accept("knows the states " + words.fieldNames());
        }
    }

    /** Of series and marks that are named after a state. */
    private static void states(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            boolean byState = panel.queries().stream()
                    .anyMatch(
                            query -> query.json().getString("legendFormat", "").equals("{{state}}"));
            Set<String> coloured = panel.overrides().stream()
                    .filter(override -> STATES.containsKey(name(override)))
                    .filter(override -> colours(override).toList().equals(List.of(colour(name(override)))))
                    .map(ColourRules::name)
                    .collect(Collectors.toSet());
            boolean named = panel.overrides().stream().map(ColourRules::name).anyMatch(STATES::containsKey);
            if ((byState || named) && !coloured.equals(STATES.keySet())) {
                told(panel, problem).accept("of the states only these have their colour: " + coloured);
            }
        }
        for (JsonObject annotation : board.annotations()) {
            if (STATES.containsKey(stateOf(annotation))
                    && !annotation.getString("iconColor", "").equals(colour(stateOf(annotation)))) {
                problem.accept("annotation " + annotation.getString("name") + " in another colour");
            }
        }
    }

    private static void allElse(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            Stream.concat(
                            Stream.of(panel.defaults().getJsonObject("thresholds", new JsonObject())),
                            properties(panel, "thresholds").map(JsonObject.class::cast))
                    .flatMap(each -> objects(each.getJsonArray("steps")).stream())
                    .map(step -> step.getString("color", ""))
                    .filter(RESERVED::contains)
                    .forEach(colour -> told(panel, problem).accept("a threshold in " + colour));
            panel.overrides().stream()
                    .filter(override -> !STATES.containsKey(name(override)))
                    .flatMap(ColourRules::colours)
                    .filter(RESERVED::contains)
                    .forEach(colour -> told(panel, problem).accept("a series in " + colour));
        }
        for (JsonObject annotation : board.annotations()) {
            if (!STATES.containsKey(stateOf(annotation)) && RESERVED.contains(annotation.getString("iconColor", ""))) {
                problem.accept("annotation " + annotation.getString("name") + " in a state's colour");
            }
        }
    }

    /** The colour is made of the name, so that it does not hang on which other series there are. */
    private static void series(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            String mode =
                    panel.defaults().getJsonObject("color", new JsonObject()).getString("mode", "");
            if (Set.of("timeseries", "bargauge", "piechart").contains(panel.type())
                    && !mode.equals("palette-classic-by-name")) {
                told(panel, problem).accept("colours by " + mode);
            }
        }
    }

    private static String name(JsonObject override) {
        return override.getJsonObject("matcher").getString("options", "");
    }

    private static Stream<String> colours(JsonObject override) {
        return objects(override.getJsonArray("properties")).stream()
                .filter(property -> property.getString("id").equals("color"))
                .map(property -> property.getJsonObject("value").getString("fixedColor", ""));
    }

    private static String stateOf(JsonObject annotation) {
        return annotation.getString("name", "").toLowerCase(Locale.ROOT);
    }

    private static String colour(String state) {
        Look look = STATES.get(state);
        return look == null ? "" : look.colour();
    }
}
