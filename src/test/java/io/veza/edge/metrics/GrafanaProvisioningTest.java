package io.veza.edge.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What Grafana is told at its start, held against what it is told of: Prometheus, the boards and docker-compose.yml. */
class GrafanaProvisioningTest {

    private static final Path DATASOURCE = Path.of("grafana/provisioning/datasources/prometheus.yml");
    private static final Path PROVIDER = Path.of("grafana/provisioning/dashboards/edge.yml");
    private static final Path PROMETHEUS = Path.of("prometheus/prometheus.yml");
    private static final Path COMPOSE = Path.of("docker-compose.yml");

    /** The one value that a key has in a file, whatever it stands below. */
    private static String value(Path file, String key) throws IOException {
        List<String> values = Pattern.compile("^[ -]*" + key + ": (.*)$", Pattern.MULTILINE)
                .matcher(Files.readString(file))
                .results()
                .map(MatchResult::group)
                .map(line -> line.replaceFirst("^[ -]*" + key + ": ", "").replace("\"", ""))
                .toList();
        assertThat(values).as(key + " in " + file).hasSize(1);
        return values.get(0);
    }

    @Test
    void the_data_source_is_the_one_that_boards_choose_first() throws IOException {
        for (Board board : Board.all()) {
            JsonObject current = board.variables().get(0).getJsonObject("current");
            assertThat(current.getString("value")).as(board.file()).isEqualTo(value(DATASOURCE, "uid"));
            assertThat(current.getString("text")).as(board.file()).isEqualTo(value(DATASOURCE, "name"));
        }
        assertThat(value(DATASOURCE, "editable")).isEqualTo("false");
    }

    /** Grafana cannot know it, and takes 15 s: rates would be of windows that are three times too long. */
    @Test
    void the_data_source_knows_the_interval_of_scrapes() throws IOException {
        assertThat(value(DATASOURCE, "timeInterval")).isEqualTo(value(PROMETHEUS, "scrape_interval"));
    }

    @Test
    void boards_are_not_changed_in_grafana() throws IOException {
        assertThat(value(PROVIDER, "allowUiUpdates")).isEqualTo("false");
        assertThat(value(PROVIDER, "disableDeletion")).isEqualTo("true");
    }

    @Test
    void compose_puts_the_files_where_grafana_looks_and_opens_the_overview() throws IOException {
        String folder = value(PROVIDER, "path");

        String compose = Files.readString(COMPOSE);

        assertThat(compose)
                .contains("- ./grafana/provisioning:/etc/grafana/provisioning:ro\n")
                .contains("- ./grafana/dashboards:" + folder + ":ro\n");
        assertThat(value(COMPOSE, "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH")).isEqualTo(folder + "/overview.json");
        assertThat(Path.of("grafana/dashboards/overview.json")).exists();
        assertThat(value(DATASOURCE, "url")).isEqualTo("http://prometheus:9090");
        assertThat(compose).containsPattern("(?m)^  prometheus:$");
    }

    @Test
    void whoever_opens_grafana_in_the_lab_may_look_and_not_change() throws IOException {
        assertThat(value(COMPOSE, "GF_AUTH_ANONYMOUS_ENABLED")).isEqualTo("true");
        assertThat(value(COMPOSE, "GF_AUTH_ANONYMOUS_ORG_ROLE")).isEqualTo("Viewer");
        assertThat(value(COMPOSE, "GF_AUTH_DISABLE_LOGIN_FORM")).isEqualTo("true");
        assertThat(value(COMPOSE, "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION")).isEqualTo("true");
    }
}
