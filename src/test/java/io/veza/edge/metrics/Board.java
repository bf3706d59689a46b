package io.veza.edge.metrics;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A board of Grafana as it is in its file, and what of it asks Prometheus. */
record Board(String file, JsonObject json) {

    private static final Path FOLDER = Path.of("grafana/dashboards");

    /** Anything but a row. */
    record Panel(JsonObject json) {

        String title() {
            return json.getString("title", "");
        }

        String type() {
            return json.getString("type", "");
        }

        JsonObject defaults() {
            return json.getJsonObject("fieldConfig", new JsonObject()).getJsonObject("defaults", new JsonObject());
        }

        List<JsonObject> overrides() {
            return objects(json.getJsonObject("fieldConfig", new JsonObject()).getJsonArray("overrides"));
        }

        List<Query> queries() {
            return objects(json.getJsonArray("targets")).stream()
                    .map(target -> new Query(title() + " " + target.getString("refId"), target))
                    .toList();
        }
    }

    /** What Prometheus is asked, with where it stands. */
    record Query(String where, JsonObject json) {

        String expression() {
            return json.getString("expr", "");
        }

        boolean isInstant() {
            return json.getBoolean("instant", false);
        }
    }

    /** All there are, in the order of their files. */
    static List<Board> all() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .map(Board::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Board read(Path file) {
        try {
            return new Board(file.getFileName().toString(), new JsonObject(Files.readString(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A copy with one thing changed. */
    Board with(Consumer<JsonObject> change) {
        JsonObject copy = json.copy();
        change.accept(copy);
        return new Board(file, copy);
    }

    String uid() {
        return json.getString("uid", "");
    }

    List<JsonObject> rowsAndPanels() {
        return objects(json.getJsonArray("panels"));
    }

    List<Panel> panels() {
        return rowsAndPanels().stream()
                .filter(panel -> !"row".equals(panel.getString("type")))
                .map(Panel::new)
                .toList();
    }

    List<JsonObject> annotations() {
        return objects(json.getJsonObject("annotations", new JsonObject()).getJsonArray("list"));
    }

    List<JsonObject> variables() {
        return objects(json.getJsonObject("templating", new JsonObject()).getJsonArray("list"));
    }

    List<JsonObject> links() {
        return objects(json.getJsonArray("links"));
    }

    /** Of panels and annotations. */
    List<Query> queries() {
        return Stream.concat(
                        panels().stream().flatMap(panel -> panel.queries().stream()),
                        annotations().stream()
                                .map(each -> new Query(
                                        "annotation " + each.getString("name"), each.getJsonObject("target"))))
                .toList();
    }

    /** The objects of an array; none of an array that is not there. */
    static List<JsonObject> objects(JsonArray array) {
        return array == null
                ? List.of()
                : array.stream().map(JsonObject.class::cast).toList();
    }

    @Override
    public String toString() {
        return file;
    }
}
