package io.veza.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.health.AdminState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What programs written for HAProxy send, and what they take from the answers, as their sources have it. */
class ClientConversationTest {

    private RuntimeFixture edge;

    @BeforeEach
    void start() {
        edge = new RuntimeFixture();
    }

    @AfterEach
    void stop() {
        edge.close();
    }

    private static Map<String, String> info(String answer) {
        Map<String, String> info = new HashMap<>();
        answer.lines().forEach(line -> {
            int colon = line.indexOf(": ");
            info.put(line.substring(0, colon), line.substring(colon + 2));
        });
        return info;
    }

    /** Ansible's {@code community.general.haproxy} skips a drain, in silence, below version 1.5. */
    @Test
    void ansible_reads_a_version_that_can_drain() {
        List<String> parts =
                List.of(info(edge.ask("show info")).getOrDefault("Version", "").split("\\.", 4));

        assertThat(Integer.parseInt(parts.get(0))).isGreaterThanOrEqualTo(2);
        assertThat(Integer.parseInt(parts.get(1))).isGreaterThanOrEqualTo(5);
    }

    /** It sends one line for each state, and finds the state by the names of the columns. */
    @Test
    void ansible_disables_drains_and_enables() {
        disable("disable agent api_pool/api-1", "disable health api_pool/api-1");
        assertThat(edge.stat("api_pool", "api-1", StatColumn.STATUS)).contains("MAINT");
        assertThat(edge.stat("api_pool", "api-1", StatColumn.SCUR)).isEqualTo("0");

        edge.ask("get weight api_pool/api-1");
        edge.ask("enable server api_pool/api-1");
        edge.ask("enable health api_pool/api-1");
        edge.ask("set weight api_pool/api-1 20");
        assertThat(edge.stat("api_pool", "api-1", StatColumn.STATUS)).startsWith("UP");

        edge.ask("set server api_pool/api-1 state drain");
        assertThat(edge.stat("api_pool", "api-1", StatColumn.STATUS)).contains("DRAIN");
    }

    private void disable(String... also) {
        assertThat(edge.ask("get weight api_pool/api-1")).isEqualTo("10 (initial 10)\n");
        for (String command : also) {
            assertThat(edge.ask(command)).isEmpty();
        }
        assertThat(edge.ask("disable server api_pool/api-1")).isEmpty();
        assertThat(edge.ask("shutdown sessions server api_pool/api-1")).isEmpty();
        assertThat(edge.entry("api-1").state().admin()).isEqualTo(AdminState.MAINT);
    }

    /** haproxyadmin refuses to work with what is not called HAProxy, and takes an empty first line for success. */
    @Test
    void haproxyadmin_finds_haproxy_and_its_numbers() {
        Map<String, String> info = info(edge.ask("show info"));

        assertThat(info).containsEntry("Name", "HAProxy").containsEntry("Process_num", "1");
        assertThat(info)
                .containsKeys(
                        "Uptime",
                        "Uptime_sec",
                        "Nbproc",
                        "Pid",
                        "Maxconn",
                        "CurrConns",
                        "CumConns",
                        "CumReq",
                        "Ulimit-n",
                        "ConnRate",
                        "ConnRateLimit",
                        "MaxConnRate",
                        "SessRate",
                        "SslRate",
                        "Tasks",
                        "Run_queue",
                        "Idle_pct",
                        "node",
                        "Memmax_MB",
                        "Release_date",
                        "PipesUsed",
                        "Maxpipes",
                        "Listeners");
        assertThat(edge.ask("show stat -1 2 -1").lines()).hasSize(3);
        assertThat(edge.ask("show stat 3 6 2").lines()).hasSize(3);
        assertThat(edge.ask("set server api_pool/api-1 state maint")).isEmpty();
        assertThat(edge.ask("set server api_pool/api-1 addr 127.0.0.9 port 81")).startsWith("IP changed from ");
    }

    /** Telegraf wants as many columns in each row as in the header, and a number in each that is not a word. */
    @Test
    void telegraf_finds_numbers_in_columns_of_numbers() {
        List<String> lines = edge.ask("show stat").lines().toList();
        List<String> header = List.of(lines.get(0).substring(2).split(",", -1));
        List<String> words = List.of(
                "pxname",
                "svname",
                "status",
                "check_status",
                "check_desc",
                "last_chk",
                "mode",
                "tracked",
                "agent_status",
                "agent_desc",
                "last_agt",
                "addr",
                "cookie",
                "algo",
                "-",
                "");

        for (String line : lines.subList(1, lines.size())) {
            List<String> row = List.of(line.split(",", -1));
            assertThat(row).hasSameSizeAs(header);
            for (int i = 0; i < row.size(); i++) {
                if (!words.contains(header.get(i)) && !row.get(i).isEmpty()) {
                    assertThat(number(row.get(i))).as(header.get(i)).isPresent();
                }
            }
        }
    }

    private static OptionalLong number(String text) {
        return text.matches("-?[0-9]+") ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
    }

    /** The monitoring plugins take the rows between the header and the empty line that ends the answer. */
    @Test
    void check_haproxy_counts_active_servers_by_type_and_status() {
        edge.ask("set server api_pool/api-1 health down");

        assertThat(edge.stat("api_pool", "api-1", StatColumn.TYPE)).isEqualTo("2");
        assertThat(edge.stat("api_pool", "api-1", StatColumn.STATUS)).isEqualTo("DOWN");
        assertThat(edge.stat("api_pool", "api-2", StatColumn.STATUS)).isEqualTo("UP");
        assertThat(edge.stat("api_pool", "api-2", StatColumn.ACT)).isEqualTo("1");
        assertThat(edge.stat("api_pool", "BACKEND", StatColumn.TYPE)).isEqualTo("1");
        assertThat(edge.stat("http", "FRONTEND", StatColumn.TYPE)).isEqualTo("0");
        assertThat(edge.stat("http", "FRONTEND", StatColumn.STATUS)).isEqualTo("OPEN");
    }
}
