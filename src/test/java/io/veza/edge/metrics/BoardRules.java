package io.veza.edge.metrics;

import static io.veza.edge.metrics.Board.objects;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.veza.edge.metrics.Board.Panel;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What holds for every board as a whole: that it is read-only, its variables, annotations, links and the place of its panels. */
final class BoardRules {

    /** Tells each problem that a board has. */
    record Rule(String name, BiConsumer<Board, Consumer<String>> check) {}

    private static final int COLUMNS = 24;

    private static final JsonObject DATASOURCE =
            new JsonObject().put("type", "prometheus").put("uid", "${datasource}");

    /** What each is read of; a server's name may stand in several pools. */
    private static final Map<String, String> VARIABLES = Map.of(
            "job", "label_values(edge_process_info, job)",
            "instance", "label_values(edge_process_info{job=~\"$job\"}, instance)",
            "pool", "label_values(edge_pool_up{job=~\"$job\",instance=~\"$instance\"}, pool)",
            "server",
                    "label_values(edge_server_weight{job=~\"$job\",instance=~\"$instance\",pool=~\"$pool\"}, server)");

    private static final List<String> ORDER = List.of("datasource", "job", "instance", "pool", "server");

    private static final Map<String, String> LABELS = Map.of(
            "datasource", "Data source", "job", "Job", "instance", "Instance", "pool", "Pool", "server", "Server");

    private static final Pattern BOARD_OF_LINK = Pattern.compile("/d/([\\w-]+)(\\?.*)?");

    static final List<Rule> ALL = List.of(
            new Rule("shape", BoardRules::shape),
            new Rule("name", BoardRules::name),
            new Rule("variables", BoardRules::variables),
            new Rule("annotations", BoardRules::annotations),
            new Rule("links", BoardRules::links),
            new Rule("links of values", BoardRules::valueLinks),
            new Rule("ids", BoardRules::ids),
            new Rule("grid", BoardRules::grid));

    private BoardRules() {}

    private static void shape(Board board, Consumer<String> problem) {
        JsonObject json = board.json();
        if (json.getBoolean("editable", true)) {
            problem.accept("can be edited");
        }
        int schema = json.getInteger("schemaVersion", 0);
        if (schema < 41 || schema > 42) {
            problem.accept("schemaVersion " + schema);
        }
        if (json.getInteger("graphTooltip", 0) != 1) {
            problem.accept("the crosshair is not shared by its panels");
        }
        if (json.containsKey("id") || json.containsKey("__inputs")) {
            problem.accept("was exported, not written: id, __inputs");
        }
        if (!json.getJsonArray("tags", new JsonArray()).contains("veza-edge")) {
            problem.accept("is not tagged veza-edge");
        }
    }

    private static void name(Board board, Consumer<String> problem) {
        if (!board.file().equals(board.uid().replaceFirst("^edge-", "") + ".json")) {
            problem.accept("uid " + board.uid() + " in " + board.file());
        }
        if (!board.json().getString("title", "").startsWith("veza-edge / ")) {
            problem.accept("title " + board.json().getString("title"));
        }
        if (!board.json().getString("description", "").endsWith(".")) {
            problem.accept("no description");
        }
    }

    private static void variables(Board board, Consumer<String> problem) {
        List<String> names =
                board.variables().stream().map(each -> each.getString("name")).toList();
        if (!names.equals(ORDER)) {
            problem.accept("variables " + names);
        }
        for (JsonObject variable : board.variables()) {
            String name = variable.getString("name");
            Consumer<String> its = what -> problem.accept("variable " + name + ": " + what);
            if (!variable.getString("label", "").equals(LABELS.get(name))) {
                its.accept("label " + variable.getString("label"));
            }
            if (name.equals("datasource")) {
                expect(its, variable, "type", "datasource");
                expect(its, variable, "query", "prometheus");
                continue;
            }
            expect(its, variable, "type", "query");
            expect(its, variable, "datasource", DATASOURCE);
            expect(its, variable, "multi", true);
            expect(its, variable, "includeAll", true);
            expect(its, variable, "allValue", ".+");
            // Read again when the time range changes: the servers of yesterday are others than today's.
            expect(its, variable, "refresh", 2);
            expect(its, variable, "definition", VARIABLES.getOrDefault(name, ""));
            expect(its, variable.getJsonObject("query", new JsonObject()), "query", VARIABLES.getOrDefault(name, ""));
        }
    }

    private static void expect(Consumer<String> problem, JsonObject json, String key, Object value) {
        if (!String.valueOf(value).equals(String.valueOf(json.getValue(key)))) {
            problem.accept(key + " " + json.getValue(key) + ", not " + value);
        }
    }

    private static void annotations(Board board, Consumer<String> problem) {
        Map<String, JsonObject> byName = board.annotations().stream()
                .collect(Collectors.toMap(
                        each -> each.getString("name"), each -> each, (one, other) -> one, TreeMap::new));
        if (!byName.keySet().equals(Set.of("Down", "Up", "Other transitions", "Configuration", "Restart"))) {
            problem.accept("annotations " + byName.keySet());
        }
        byName.forEach((name, annotation) -> {
            Consumer<String> its = what -> problem.accept("annotation " + name + ": " + what);
            expect(its, annotation, "datasource", DATASOURCE);
            expect(its, annotation, "enable", true);
            String expression =
                    annotation.getJsonObject("target", new JsonObject()).getString("expr", "");
            // Grafana marks every point above 0, so that what is counted from the start must only show when it grows.
            if (!expression.endsWith("[$__rate_interval])) > 0") && !expression.endsWith("[$__rate_interval]) > 0")) {
                its.accept("is not a change: " + expression);
            }
            if (annotation.getString("titleFormat", "").isEmpty()
                    || annotation.getString("textFormat", "").isEmpty()) {
                its.accept("says nothing");
            }
        });
    }

    private static void links(Board board, Consumer<String> problem) {
        Set<String> uids = Board.all().stream().map(Board::uid).collect(Collectors.toSet());
        Set<String> reached = new HashSet<>();
        for (JsonObject link : board.links()) {
            Consumer<String> its = what -> problem.accept("link " + link.getString("title") + ": " + what);
            expect(its, link, "type", "link");
            expect(its, link, "includeVars", true);
            expect(its, link, "keepTime", true);
            expect(its, link, "targetBlank", false);
            Matcher target = BOARD_OF_LINK.matcher(link.getString("url", ""));
            if (!target.matches() || !reached.add(target.group(1))) {
                its.accept("url " + link.getString("url"));
            }
        }
        if (!reached.equals(uids)) {
            problem.accept("links to " + reached + ", there are " + uids);
        }
    }

    private static void valueLinks(Board board, Consumer<String> problem) {
        Set<String> uids = Board.all().stream().map(Board::uid).collect(Collectors.toSet());
        for (Panel panel : board.panels()) {
            for (JsonObject override : panel.overrides()) {
                for (JsonObject property : objects(override.getJsonArray("properties"))) {
                    if (property.getString("id").equals("links")) {
                        objects(property.getJsonArray("value")).forEach(link -> valueLink(link, uids, problem));
                    }
                }
            }
        }
    }

    private static void valueLink(JsonObject link, Set<String> uids, Consumer<String> problem) {
        String url = link.getString("url", "");
        Matcher target = BOARD_OF_LINK.matcher(url);
        if (!target.matches() || !uids.contains(target.group(1))) {
            problem.accept("a value leads to " + url);
        }
        if (!url.contains("${__url_time_range}")) {
            problem.accept("a value's link forgets the time: " + url);
        }
        for (String name : ORDER) {
            if (!url.contains("${" + name + ":queryparam}") && !url.contains("var-" + name + "=")) {
                problem.accept("a value's link forgets " + name + ": " + url);
            }
        }
    }

    private static void ids(Board board, Consumer<String> problem) {
        Set<Integer> ids = new HashSet<>();
        for (JsonObject panel : board.rowsAndPanels()) {
            Integer id = panel.getInteger("id");
            if (id == null || id < 1 || !ids.add(id)) {
                problem.accept(panel.getString("title") + " has the id " + id);
            }
        }
    }

    private static void grid(Board board, Consumer<String> problem) {
        Set<String> taken = new HashSet<>();
        for (JsonObject panel : board.rowsAndPanels()) {
            JsonObject at = panel.getJsonObject("gridPos", new JsonObject());
            int x = at.getInteger("x", -1);
            int y = at.getInteger("y", -1);
            int width = at.getInteger("w", 0);
            int height = at.getInteger("h", 0);
            if (x < 0 || y < 0 || width < 1 || height < 1 || x + width > COLUMNS) {
                problem.accept(panel.getString("title") + " lies at " + at);
            }
            if (panel.getString("type", "").equals("row") && (width != COLUMNS || height != 1)) {
                problem.accept("row " + panel.getString("title") + " lies at " + at);
            }
            for (int column = x; column < x + width; column++) {
                for (int line = y; line < y + height; line++) {
                    if (!taken.add(column + "," + line)) {
                        problem.accept(panel.getString("title") + " covers another at " + column + "," + line);
                        return;
                    }
                }
            }
        }
    }
}
