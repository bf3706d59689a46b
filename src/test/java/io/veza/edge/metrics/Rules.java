package io.veza.edge.metrics;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What the files in {@code prometheus/} say, as far as they can be held against each other and the catalogue. */
final class Rules {

    private static final Path FOLDER = Path.of("prometheus");

    /** A rule that keeps its result under a name. */
    record Recording(String name, String expression) {}

    record Alert(String name, String expression, String severity, JsonObject annotations) {}

    /** One question of a test of promtool's to an alert, and whether it shall fire then. */
    record AlertTest(String alert, boolean fires) {}

    private Rules() {}

    static List<Recording> recordings() {
        return rules().filter(rule -> rule.containsKey("record"))
                .map(rule -> new Recording(rule.getString("record"), rule.getString("expr")))
                .toList();
    }

    static List<Alert> alerts() {
        return rules().filter(rule -> rule.containsKey("alert"))
                .map(rule -> new Alert(
                        rule.getString("alert"),
                        rule.getString("expr"),
                        rule.getJsonObject("labels", new JsonObject()).getString("severity", ""),
                        rule.getJsonObject("annotations", new JsonObject())))
                .toList();
    }

    static List<AlertTest> alertTests() {
        return tests("alert_rule_test")
                .map(test -> new AlertTest(
                        test.getString("alertname"),
                        !test.getJsonArray("exp_alerts").isEmpty()))
                .toList();
    }

    /** The expressions that promtool compares with numbers. */
    static List<String> expressionTests() {
        return tests("promql_expr_test")
                .filter(test -> !test.getJsonArray("exp_samples").isEmpty())
                .map(test -> test.getString("expr"))
                .toList();
    }

    /** Alertmanager's, each with its conditions as they are written. */
    static List<JsonObject> inhibitions() {
        return objects(read(FOLDER.resolve("alertmanager.yml")).getJsonArray("inhibit_rules"))
                .toList();
    }

    private static Stream<JsonObject> rules() {
        return files("rules")
                .flatMap(file -> objects(read(file).getJsonArray("groups")))
                .flatMap(group -> objects(group.getJsonArray("rules")));
    }

    private static Stream<JsonObject> tests(String kind) {
        return files("tests")
                .flatMap(file -> objects(read(file).getJsonArray("tests")))
                .flatMap(test -> objects(test.getJsonArray(kind, new JsonArray())));
    }

    private static Stream<Path> files(String folder) {
        try (Stream<Path> files = Files.list(FOLDER.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".yml")).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonObject read(Path file) {
        try {
            Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
            return JsonObject.mapFrom(yaml.load(Files.readString(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<JsonObject> objects(JsonArray array) {
        return array.stream().map(JsonObject.class::cast);
    }
}
