package io.veza.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.Definitions;
import io.veza.edge.pool.Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables: columns, rows, and the words for states, as HAProxy 2.6.12 showed them for servers in the same states. */
class ShowTest {

    private RuntimeFixture edge;

    @BeforeEach
    void start() {
        edge = new RuntimeFixture();
    }

    @AfterEach
    void stop() {
        edge.close();
    }

    private String status(String server) {
        return edge.stat("api_pool", server, StatColumn.STATUS);
    }

    private void fail(String server, int times) {
        for (int i = 0; i < times; i++) {
            edge.api.checked(server, Definitions.FAILED);
        }
    }

    private void pass(String server, int times) {
        for (int i = 0; i < times; i++) {
            edge.api.checked(server, Definitions.PASSED);
        }
    }

    /** The header of 2.6.12, kept as it was captured. */
    @Test
    void the_columns_stand_where_haproxys_stand() throws IOException {
        String captured = Files.readString(Path.of("src/test/resources/runtime-api/show-stat-2.6.header"))
                .strip();

        assertThat(edge.ask("show stat").lines().findFirst()).hasValue(captured);
        int columns = captured.split(",", -1).length;
        assertThat(edge.ask("show stat").lines())
                .allSatisfy(line -> assertThat(line.split(",", -1)).hasSize(columns));
    }

    @Test
    void rows_are_listeners_then_servers_and_their_pool() {
        assertThat(edge.ask("show stat")
                        .lines()
                        .skip(1)
                        .map(line -> String.join(",", Arrays.copyOf(line.split(",", -1), 2))))
                .endsWith(
                        "api_pool,api-1",
                        "api_pool,api-2",
                        "api_pool,api-3",
                        "api_pool,BACKEND",
                        "stream_pool,stream-1",
                        "stream_pool,stream-2",
                        "stream_pool,BACKEND");
    }

    @ParameterizedTest
    @CsvSource({
        "'--', UP 1/3",
        "'-', UP 2/3",
        "'-+', UP",
        "'---', DOWN",
        "'---+', DOWN 1/2",
        "'---+-', DOWN",
        "'---++', UP"
    })
    void a_state_counts_towards_the_next(String checks, String words) {
        checks.chars()
                .forEach(check -> edge.api.checked("api-1", check == '+' ? Definitions.PASSED : Definitions.FAILED));

        assertThat(status("api-1")).isEqualTo(words);
    }

    @Test
    void administration_has_its_words() {
        edge.ask("set server api_pool/api-1 state drain");
        assertThat(status("api-1")).isEqualTo("DRAIN");
        fail("api-1", 1);
        assertThat(status("api-1")).isEqualTo("DRAIN 2/3");
        edge.ask("set server api_pool/api-1 state maint");
        assertThat(status("api-1")).isEqualTo("MAINT");
        edge.ask("set server api_pool/api-2 health stopping");
        assertThat(status("api-2")).isEqualTo("NOLB");
        edge.api.resolved("api-3", null);
        assertThat(status("api-3")).isEqualTo("MAINT (resolution)");
    }

    @Test
    void a_server_without_checks_says_so() {
        assertThat(edge.stat("stream_pool", "stream-1", StatColumn.STATUS)).isEqualTo("no check");
        edge.ask("disable health api_pool/api-1");
        assertThat(status("api-1")).isEqualTo("no check");
        assertThat(edge.stat("api_pool", "api-1", StatColumn.CHECK_STATUS)).isEmpty();
        assertThat(edge.stat("api_pool", "api-1", StatColumn.CHKFAIL)).isEmpty();
    }

    /** In maintenance checks pause, and HAProxy empties these columns. */
    @Test
    void maintenance_has_no_check() {
        edge.ask("set server api_pool/api-1 state maint");

        assertThat(edge.stat("api_pool", "api-1", StatColumn.CHECK_STATUS)).isEmpty();
        assertThat(edge.stat("api_pool", "api-1", StatColumn.CHECK_HEALTH)).isEmpty();
        assertThat(edge.stat("api_pool", "api-2", StatColumn.CHECK_RISE)).isEqualTo("2");
        assertThat(edge.stat("api_pool", "api-2", StatColumn.CHECK_HEALTH)).isEqualTo("4");
    }

    @Test
    void slow_start_shows_as_throttle_and_in_the_weight() {
        fail("api-1", 3);
        pass("api-1", 2);
        edge.clock.advance(Duration.ofMillis(2_500));
        edge.api.tick();

        assertThat(status("api-1")).isEqualTo("UP");
        assertThat(edge.stat("api_pool", "api-1", StatColumn.THROTTLE)).isEqualTo("25");
        // 2.5 rounded up, as there.
        assertThat(edge.stat("api_pool", "api-1", StatColumn.WEIGHT)).isEqualTo("3");
        assertThat(edge.stat("api_pool", "api-1", StatColumn.UWEIGHT)).isEqualTo("10");
        assertThat(edge.stat("api_pool", "BACKEND", StatColumn.WEIGHT)).isEqualTo("23");

        edge.clock.advance(Duration.ofSeconds(8));
        edge.api.tick();
        assertThat(edge.stat("api_pool", "api-1", StatColumn.THROTTLE)).isEmpty();
        assertThat(edge.stat("api_pool", "api-1", StatColumn.WEIGHT)).isEqualTo("10");
    }

    @Test
    void a_pool_counts_its_usable_servers() {
        edge.ask("set server api_pool/api-1 state drain");
        assertThat(edge.stat("api_pool", "BACKEND", StatColumn.ACT)).isEqualTo("2");
        assertThat(edge.stat("api_pool", "BACKEND", StatColumn.UWEIGHT)).isEqualTo("20");
        assertThat(edge.stat("api_pool", "BACKEND", StatColumn.STATUS)).isEqualTo("UP");

        edge.ask("disable server api_pool/api-2");
        edge.ask("disable server api_pool/api-3");
        assertThat(edge.stat("api_pool", "BACKEND", StatColumn.STATUS)).isEqualTo("DOWN");
        assertThat(edge.stat("api_pool", "BACKEND", StatColumn.WEIGHT)).isEqualTo("0");
    }

    @Test
    void a_filter_chooses_by_proxy_kind_and_server() {
        assertThat(names("show stat #3 4 2")).containsExactly("api-2");
        assertThat(names("show stat 3 4 1")).containsExactly("api-1");
        assertThat(names("show stat api_pool 2 -1")).containsExactly("BACKEND");
        assertThat(names("show stat stream_pool 6 -1")).containsExactly("stream-1", "stream-2", "BACKEND");
        assertThat(names("show stat api_pool 1 -1")).isEmpty();
        assertThat(names("show stat 77 -1 -1")).isEmpty();
        assertThat(names("show stat -1 4 -1")).containsExactly("api-1", "api-2", "api-3", "stream-1", "stream-2");
        assertThat(names("show stat domain proxy -1 2 -1")).containsExactly("BACKEND", "BACKEND");
    }

    private List<String> names(String command) {
        return edge.ask(command)
                .lines()
                .skip(1)
                .map(line -> line.split(",", -1)[1])
                .toList();
    }

    @Test
    void servers_that_do_not_serve_can_be_left_out() {
        edge.ask("disable server api_pool/api-1");
        edge.ask("set server api_pool/api-2 health down");

        assertThat(names("show stat api_pool 4 -1 no-maint")).containsExactly("api-2", "api-3");
        assertThat(names("show stat api_pool 4 -1 up")).containsExactly("api-3");
        assertThat(edge.ask("show stat api_pool 2 -1 up")).contains(",UP (1/3),");
    }

    @Test
    void the_typed_form_has_a_line_for_each_value() {
        List<String> lines = edge.ask("show stat api_pool 4 1 typed").lines().toList();

        assertThat(lines)
                .startsWith("S.3.1.0.pxname.1:KNS:str:api_pool", "S.3.1.1.svname.1:KNS:str:api-1")
                .contains(
                        "S.3.1.17.status.1:SGP:str:UP",
                        "S.3.1.18.weight.1:MaP:u32:10",
                        "S.3.1.73.addr.1:CGS:str:127.0.0.1:8080",
                        "S.3.1.74.cookie.1:CNS:str:api-1",
                        "S.3.1.103.ssl_sess.1:MCP:u64:0");
        assertThat(edge.ask("show stat api_pool 4 1 typed desc").lines())
                .hasSameSizeAs(lines)
                .contains("S.3.1.17.status.1:SGP:str:UP:\"State\"");
    }

    @Test
    void the_json_form_has_an_array_of_arrays() {
        assertThat(edge.ask("show stat api_pool 4 1 json"))
                .startsWith(
                        "[[{\"objType\":\"Server\",\"proxyId\":3,\"id\":1,\"field\":{\"pos\":0,\"name\":\"pxname\"},"
                                + "\"processNum\":1,\"tags\":{\"origin\":\"Key\",\"nature\":\"Name\",\"scope\":\"Service\"},"
                                + "\"value\":{\"type\":\"str\",\"value\":\"api_pool\"}},")
                .contains("\"value\":{\"type\":\"u32\",\"value\":10}")
                .endsWith("}}]]\n");
    }

    @Test
    void info_has_haproxys_names_and_positions() {
        assertThat(edge.ask("show info").lines())
                .contains(
                        "Name: HAProxy",
                        "Version: 2.6.0-veza-edge-9.8.7",
                        "Build info: veza-edge 9.8.7",
                        "Nbthread: 2",
                        "Maxconn: 20000",
                        "Uptime: 0d 0h00m00s");
        assertThat(edge.ask("show info typed").lines())
                .contains(
                        "1.Version.1:POS:str:2.6.0-veza-edge-9.8.7",
                        "15.Maxconn.1:CLP:u32:20000",
                        "17.CurrConns.1:MGP:u32:0");
        assertThat(edge.ask("show info json")).startsWith("[{\"field\":{\"pos\":0,\"name\":\"Name\"},");
        assertThat(edge.ask("show info desc").lines()).contains("Nbthread: 2:\"Event loops that carry traffic\"");
        assertThat(edge.ask("show info float").lines()).contains("Uptime_sec: 0.000000");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            set server api_pool/api-1 state ready     | 127.0.0.1 2 0 10 10
            set server api_pool/api-1 state drain     | 127.0.0.1 2 8 10 10
            set server api_pool/api-1 state maint     | 127.0.0.1 0 1 10 10
            set server api_pool/api-1 health stopping | 127.0.0.1 3 0 10 10
            set server api_pool/api-1 health down     | 127.0.0.1 0 0 10 10
            set server api_pool/api-1 weight 50%      | 127.0.0.1 2 0 5 10
            """)
    void the_server_state_has_haproxys_numbers(String command, String numbers) {
        edge.ask(command);

        assertThat(edge.ask("show servers state api_pool").lines().toList())
                .startsWith("1", STATE_COLUMNS)
                .anySatisfy(line -> assertThat(line).startsWith("3 api_pool 1 api-1 " + numbers + " 0 "));
    }

    private static final String STATE_COLUMNS = "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state"
            + " srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health"
            + " srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl"
            + " srv_check_port srv_check_addr srv_agent_addr srv_agent_port";

    @Test
    void the_server_state_ends_with_the_checks_and_the_name() {
        edge.api.resolved("api-2", null);

        List<String> lines = edge.ask("show servers state").lines().toList();

        assertThat(lines.get(2))
                .matches("3 api_pool 1 api-1 127\\.0\\.0\\.1 2 0 10 10 0 \\d+ \\d 4 6 0 0 0 - 8080 - 0 0 - - 0");
        assertThat(lines.get(3))
                .startsWith("3 api_pool 2 api-2 - 0 32 10 10 0 ")
                .contains(" 0 14 0 0 0 ");
        assertThat(lines.get(5))
                .matches("4 stream_pool 1 stream-1 127\\.0\\.0\\.4 2 0 10 10 0 1 0 4 0 0 0 0 - 8080 - 0 0 - - 0");
    }

    @Test
    void a_process_that_stops_says_so() {
        assertThat(edge.ask("show info").lines()).contains("Stopping: 0");
        assertThat(edge.stat("http", "FRONTEND", StatColumn.STATUS)).isEqualTo("OPEN");

        edge.stopping = true;

        assertThat(edge.ask("show info").lines()).contains("Stopping: 1");
        assertThat(edge.stat("http", "FRONTEND", StatColumn.STATUS)).isEqualTo("STOP");
    }

    @Test
    void connections_are_listed_by_server() {
        assertThat(edge.ask("show servers conn api_pool").lines().toList())
                .startsWith(
                        "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb"
                                + " safe_nb idle_lim idle_cur idle_per_thr[1]",
                        "api_pool/api-1 3/1 127.0.0.1 8080 - 0 0 0 0 0 0 -1 0 0");
    }

    @Test
    void a_dump_escapes_what_is_not_printable_and_breaks_long_lines() {
        StringBuilder text = new StringBuilder();

        ErrorCommands.dump(
                text, "GET / HTTP/1.1\r\nHost: a\1b\r\nA b: c\\d\u00e9\t\r\nX: " + "y".repeat(100) + "\r\n\r\nz");

        assertThat(text.toString().lines())
                .containsExactly(
                        "  00000  GET / HTTP/1.1\\r\\n",
                        "  00016  Host: a\\x01b\\r\\n",
                        "  00027  A b: c\\\\d\\xE9\\t\\r\\n",
                        "  00039  X: " + "y".repeat(67),
                        "  00109+ " + "y".repeat(33) + "\\r\\n",
                        "  00144  \\r\\n",
                        "  00146  z");
    }

    @Test
    void no_errors_are_none() {
        assertThat(edge.ask("show errors"))
                .matches("Total events captured on \\[\\d\\d/[A-Z][a-z]{2}/\\d{4}(:\\d\\d){3}\\.\\d{3}] : 0\n");
        assertThat(edge.ask("show errors api_pool request")).endsWith(" : 0\n");
        assertThat(edge.ask("show errors 3")).endsWith(" : 0\n");
    }

    @Test
    void every_server_of_the_configuration_has_a_row() {
        assertThat(names("show stat api_pool 4 -1"))
                .isEqualTo(edge.api.snapshot().definition().pool().servers().stream()
                        .map(Server::name)
                        .toList());
    }
}
