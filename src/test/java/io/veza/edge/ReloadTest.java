package io.veza.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.ReloadFixture.Client;
import io.veza.edge.admin.ConfigReload.Outcome;
import io.veza.edge.admin.ConfigReload.Wrong;
import io.veza.edge.control.Command;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.health.HealthState;
import io.veza.edge.pool.Weight;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A running edge takes on another configuration: what changes, what stays, what is refused. */
class ReloadTest {

    private ReloadFixture edge;

    @BeforeEach
    void start() throws Exception {
        edge = new ReloadFixture();
    }

    @AfterEach
    void stop() throws Exception {
        edge.close();
    }

    private static ServerEntry server(PoolController pool, String name) {
        return Objects.requireNonNull(pool.snapshot().entry(name), name);
    }

    @Test
    void a_configuration_that_did_not_change_changes_nothing() {
        PoolDefinition before = edge.pool("a").snapshot().definition();

        Outcome outcome = edge.reload();

        assertThat(outcome).isEqualTo(new Outcome(List.of(), List.of()));
        assertThat(edge.pool("a").snapshot().definition()).isSameAs(before);
        assertThat(edge.value("edge_process_config_reloads_total", "taken")).isEqualTo(1);
    }

    @Test
    void an_untouched_pool_keeps_everything_and_its_connection_to_the_server() throws Exception {
        edge.pool("a").apply(new Command.SetWeight("a1", new Weight(7)));
        PoolController pool = edge.pool("a");
        ServerEntry before = server(pool, "a1");
        try (Client client = edge.client()) {
            String answer = client.get("/a");
            edge.settings.put("edge.pools.b.servers.b1.weight", "3");
            edge.settings.put("edge.timeouts.client", "7s");

            assertThat(edge.reload().changes())
                    .containsExactly("pool b changed (server b1 changed)", "untouched: a", "timeouts changed");

            assertThat(answer).startsWith("a1 ");
            assertThat(client.get("/a")).isEqualTo(answer);
            assertThat(edge.pool("a")).isSameAs(pool);
            assertThat(server(pool, "a1").id()).isEqualTo(before.id());
            assertThat(server(pool, "a1").weight()).isEqualTo(new Weight(7));
            assertThat(server(edge.pool("b"), "b1").weight()).isEqualTo(new Weight(3));
        }
    }

    @Test
    void the_next_request_of_an_open_connection_goes_by_the_new_routes() throws Exception {
        try (Client client = edge.client()) {
            assertThat(client.get("/a")).startsWith("a1 ");
            assertThat(client.get("/x")).isEqualTo("404");
            edge.settings.put("edge.routes.a.pool", "b");
            edge.settings.put("edge.default-pool", "a");

            assertThat(edge.reload().isTaken()).isTrue();

            assertThat(client.get("/a")).startsWith("b1 ");
            assertThat(client.get("/x")).startsWith("a1 ");
        }
    }

    @Test
    void a_new_pool_serves_at_once() throws Exception {
        edge.pool("c", "c1");

        assertThat(edge.reload().changes()).contains("pool c added", "untouched: a, b", "routes changed");

        try (Client client = edge.client()) {
            assertThat(client.get("/c")).startsWith("c1 ");
        }
        assertThat(edge.pools.all()).extracting(PoolController::name).containsExactly("a", "b", "c");
        assertThat(edge.statistics.pool("c").activity().total()).isEqualTo(1);
        assertThat(edge.series("edge_pool_up")).containsExactly(List.of("a"), List.of("b"), List.of("c"));
        ReloadFixture.await(() -> edge.value("edge_server_checks_total", "c", "c1", "passed") > 0);
    }

    @Test
    void what_is_under_way_in_a_pool_that_goes_comes_to_its_end() throws Exception {
        try (Client client = edge.client()) {
            client.send("/b/hold");
            edge.asked.await();
            edge.remove("edge.pools.b.");
            edge.remove("edge.routes.b.");

            assertThat(edge.reload().changes()).contains("pool b removed");
            edge.held.countDown();

            assertThat(client.answer()).startsWith("b1 ");
            assertThat(client.get("/b")).isEqualTo("404");
        }
        assertThat(edge.pools.all()).extracting(PoolController::name).containsExactly("a");
        assertThat(edge.series("edge_pool_up")).containsExactly(List.of("a"));
        assertThat(edge.series("edge_server_state"))
                .allSatisfy(labels -> assertThat(labels).startsWith("a"));
    }

    @Test
    void a_pool_that_comes_back_begins_anew() throws Exception {
        try (Client client = edge.client()) {
            client.get("/b");
        }
        PoolController before = edge.pool("b");
        edge.remove("edge.pools.b.");
        edge.remove("edge.routes.b.");
        edge.reload();
        edge.pool("b", "b2");

        assertThat(edge.reload().changes()).contains("pool b added");

        assertThat(edge.pool("b")).isNotSameAs(before);
        try (Client client = edge.client()) {
            assertThat(client.get("/b")).startsWith("b2 ");
        }
        assertThat(edge.value("edge_pool_requests_total", "b", "2xx")).isEqualTo(1);
    }

    @Test
    void a_server_that_comes_is_checked_first_and_one_that_goes_ends_in_peace() throws Exception {
        edge.server("a", "a2");
        assertThat(edge.reload().changes()).contains("pool a changed (server a2 added)");
        assertThat(server(edge.pool("a"), "a2").state().health()).isEqualTo(HealthState.DOWN);
        ReloadFixture.await(() -> server(edge.pool("a"), "a2").state().health() == HealthState.UP);

        try (Client client = edge.client()) {
            client.send("/a/hold");
            edge.asked.await();
            String busy = server(edge.pool("a"), "a1").inFlight() == 1 ? "a1" : "a2";
            edge.remove("edge.pools.a.servers." + busy + ".");

            assertThat(edge.reload().isTaken()).isTrue();
            assertThat(edge.pool("a").snapshot().entries()).hasSize(1);
            assertThat(edge.pool("a").snapshot().entry(busy)).isNull();
            edge.held.countDown();

            assertThat(client.answer()).startsWith(busy + " ");
            assertThat(client.get("/a")).doesNotStartWith(busy).startsWith("a");
        }
    }

    @Test
    void a_server_that_moves_is_reached_at_its_new_address_by_the_next_request() throws Exception {
        try (Client client = edge.client()) {
            assertThat(client.get("/a")).startsWith("a1 ");
            edge.server("b", "moved");
            edge.settings.put(
                    "edge.pools.a.servers.a1.address",
                    Objects.requireNonNull(edge.settings.remove("edge.pools.b.servers.moved.address")));

            assertThat(edge.reload().isTaken()).isTrue();

            assertThat(client.get("/a")).startsWith("moved ");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "edge.pools.a.balance=sideways, edge.pools.a.balance = sideways",
        "edge.pools.a.balanse=uri, edge.pools.a.balanse = uri: is no key of the edge",
        "edge.listen.http=81, edge.listen.http = 81: the running edge has 0; another value needs a restart"
    })
    void what_is_wrong_in_one_place_is_refused_everywhere(String setting, String problem) throws Exception {
        PoolDefinition before = edge.pool("a").snapshot().definition();
        String[] parts = setting.split("=", 2);
        edge.settings.put(parts[0], parts[1]);
        edge.settings.put("edge.pools.a.servers.a1.weight", "9");
        edge.pool("c", "c1");
        edge.settings.put("edge.routes.a.pool", "b");

        Outcome outcome = edge.reload();

        assertThat(outcome.wrong()).singleElement().asString().startsWith(problem);
        assertThat(outcome.changes()).isEmpty();
        assertThat(edge.pool("a").snapshot().definition()).isSameAs(before);
        assertThat(edge.pools.all()).hasSize(2);
        try (Client client = edge.client()) {
            assertThat(client.get("/a")).startsWith("a1 ");
            assertThat(client.get("/c")).isEqualTo("404");
        }
        assertThat(edge.value("edge_process_config_last_reload_success")).isZero();
        assertThat(edge.value("edge_process_config_reloads_total", "refused")).isEqualTo(1);

        edge.settings.remove(parts[0]);
        edge.settings.put("edge.listen.http", "0");
        assertThat(edge.reload().isTaken()).isTrue();
        assertThat(edge.value("edge_process_config_last_reload_success")).isEqualTo(1);
    }

    @Test
    void all_problems_are_told_at_once_with_what_needs_a_restart() {
        edge.settings.put("edge.threads", "2");
        edge.settings.put("edge.pools.a.balance", "sideways");
        edge.settings.put("edge.pools.b.tls.enabled", "true");
        edge.settings.put("edge.pools.b.tls.ca", "pom.xml");
        edge.settings.put("edge.timeouts.client", "soon");

        assertThat(edge.reload().wrong())
                .extracting(Wrong::key)
                .contains("edge.threads", "edge.pools.a.balance", "edge.timeouts.client");

        edge.settings.remove("edge.pools.a.balance");
        edge.settings.remove("edge.timeouts.client");
        assertThat(edge.reload().wrong()).extracting(Wrong::key).containsExactly("edge.pools.b.tls.ca", "edge.threads");
    }

    @Test
    void who_may_connect_counts_for_new_connections() throws Exception {
        try (Client client = edge.client()) {
            assertThat(client.get("/a")).startsWith("a1 ");
            edge.settings.put("edge.access.http.deny", "127.0.0.0/8");

            assertThat(edge.reload().changes()).containsExactly("who may connect changed");

            assertThat(client.get("/a")).startsWith("a1 ");
            try (Client late = edge.client()) {
                assertThat(refused(late)).isTrue();
            }
        }
    }

    private static boolean refused(Client client) {
        try {
            return client.get("/a").isEmpty();
        } catch (IOException e) {
            // Cut off by a reset.
            return true;
        }
    }

    @Test
    void a_greater_limit_of_connections_lets_in_who_was_waiting() throws Exception {
        edge.settings.put("edge.limits.connections", "1");
        assertThat(edge.reload().changes()).containsExactly("limits changed");
        try (Client first = edge.client();
                Client second = edge.client()) {
            assertThat(first.get("/a")).startsWith("a1 ");
            second.send("/a");
            edge.settings.put("edge.limits.connections", "2");

            assertThat(edge.reload().isTaken()).isTrue();

            assertThat(second.answer()).startsWith("a1 ");
        }
    }

    @Test
    void smaller_heads_are_asked_of_new_requests() throws Exception {
        String path = "/a/" + "x".repeat(400);
        try (Client client = edge.client()) {
            assertThat(client.get(path)).startsWith("a1 ");
        }
        edge.settings.put("edge.limits.request-line", "300");

        edge.reload();

        try (Client client = edge.client()) {
            assertThat(client.get(path)).isEqualTo("414");
        }
    }

    @Test
    void a_pool_that_is_not_checked_any_more_has_all_its_servers() throws Exception {
        edge.settings.put("edge.pools.a.health.path", "/none");
        edge.settings.put("edge.pools.a.health.expect-status", "204");
        edge.reload();
        ReloadFixture.await(() -> server(edge.pool("a"), "a1").state().health() == HealthState.DOWN);
        edge.settings.put("edge.pools.a.health.enabled", "false");

        edge.reload();

        assertThat(server(edge.pool("a"), "a1").state().health()).isEqualTo(HealthState.UP);
        try (Client client = edge.client()) {
            assertThat(client.get("/a")).startsWith("a1 ");
        }
    }

    /** The next check of a pool that is checked once an hour would have come an hour after the change. */
    @Test
    void checks_go_by_a_new_interval_at_once() throws Exception {
        edge.settings.put("edge.pools.a.health.interval", "1h");
        edge.reload();
        edge.settings.put("edge.pools.a.health.interval", "20ms");
        edge.settings.put("edge.pools.a.health.expect-status", "204");

        edge.reload();

        ReloadFixture.await(() -> server(edge.pool("a"), "a1").state().health() == HealthState.DOWN);
    }

    /** Names are looked up before the change: a server that moves to one is not gone for a look-up. */
    @Test
    void a_server_that_moves_to_a_name_is_reached_there_by_the_next_request() throws Exception {
        String address = Objects.requireNonNull(edge.settings.get("edge.pools.a.servers.a1.address"));
        edge.settings.put("edge.pools.a.servers.a1.address", address.replace("127.0.0.1", "localhost"));

        assertThat(edge.reload().changes()).contains("pool a changed (server a1 changed)");

        try (Client client = edge.client()) {
            assertThat(client.get("/a")).startsWith("a1 ");
        }
    }

    @Test
    void sources_that_cannot_be_read_are_a_refusal() {
        edge.unreadable = true;

        assertThat(edge.reload().wrong())
                .singleElement()
                .asString()
                .isEqualTo("the configuration: cannot be read: no such place");
    }

    /** A file that is missing is only warned of by its reader: its pools would have gone with it. */
    @Test
    void a_file_that_is_gone_is_a_refusal_and_an_empty_one_is_none(@TempDir Path dir) throws Exception {
        edge.file = Files.writeString(dir.resolve("more.properties"), "edge.timeouts.client=7s\n");
        assertThat(edge.reload().wrong()).isEmpty();

        Files.delete(edge.file);

        assertThat(edge.reload().wrong())
                .singleElement()
                .asString()
                .startsWith(edge.file + ": is gone, and what runs was read from it");
        Files.writeString(edge.file, "");
        assertThat(edge.reload().changes()).containsExactly("timeouts changed");
    }

    @Test
    void another_certificate_is_shown_to_new_connections_and_the_listener_stays(@TempDir Path dir) throws Exception {
        TestAuthority authority = TestAuthority.root("CN=Root");
        Path one = TestPem.write(dir.resolve("one.pem"), authority.issue("one.test"));
        Path two = TestPem.write(dir.resolve("two.pem"), authority.issue("two.test"));
        try (ReloadFixture tls = new ReloadFixture(Map.of("edge.tls.cert-path", one.toString()));
                Client before = tls.securedClient()) {
            assertThat(before.get("/a")).startsWith("a1 ");
            assertThat(before.certificate()).isEqualTo("CN=one.test");
            tls.settings.put("edge.tls.cert-path", two.toString());

            assertThat(tls.reload().changes()).containsExactly("TLS changed");

            assertThat(before.get("/a")).startsWith("a1 ");
            try (Client after = tls.securedClient()) {
                assertThat(after.certificate()).isEqualTo("CN=two.test");
                assertThat(after.get("/a")).startsWith("a1 ");
            }
            Files.writeString(one, "no certificate");
            tls.settings.put("edge.tls.cert-path", one.toString());
            assertThat(tls.reload().wrong()).extracting(Wrong::key).containsExactly("edge.tls.cert-path");
            tls.settings.remove("edge.tls.cert-path");
            assertThat(tls.reload().wrong())
                    .singleElement()
                    .asString()
                    .endsWith("to open or close that listener needs a restart");
            try (Client still = tls.securedClient()) {
                assertThat(still.certificate()).isEqualTo("CN=two.test");
            }
        }
    }
}
