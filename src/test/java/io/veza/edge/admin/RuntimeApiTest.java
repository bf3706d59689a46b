package io.veza.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.PoolController;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.HealthState;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands are answered and what they do. The texts are those that HAProxy 2.6.12 gave to the same lines. */
class RuntimeApiTest {

    private RuntimeFixture edge;

    @BeforeEach
    void start() {
        edge = new RuntimeFixture();
    }

    @AfterEach
    void stop() {
        edge.close();
    }

    @Test
    void a_reload_answers_as_haproxys_master_does() {
        edge.reloaded = new ConfigReload.Outcome(List.of(), List.of("pool a added", "routes changed"));
        assertThat(edge.ask("reload")).isEqualTo("Success=1\n--\npool a added\nroutes changed\n");

        edge.reloaded = new ConfigReload.Outcome(List.of(), List.of());
        assertThat(edge.ask("reload")).isEqualTo("Success=1\n--\nnothing has changed\n");

        edge.reloaded = new ConfigReload.Outcome(
                List.of(
                        new ConfigReload.Wrong("edge.threads", "9", "needs a restart"),
                        new ConfigReload.Wrong("edge.pools.a.servers", "", "there must be a server")),
                List.of());
        assertThat(edge.ask("reload"))
                .isEqualTo(
                        "Success=0\n--\nedge.threads = 9: needs a restart\nedge.pools.a.servers: there must be a server\n");
    }

    @Test
    void an_operator_below_admin_may_not_reload() {
        edge.ask("operator");

        assertThat(edge.ask("reload")).isEqualTo("Permission denied\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '\0',
            textBlock =
                    """
            get weight                                ~ Require 'backend/server'.
            get weight x                              ~ Require 'backend/server'.
            get weight api_pool/                      ~ Require 'backend/server'.
            get weight /api-1                         ~ No such backend.
            get weight x/y                            ~ No such backend.
            get weight http/api-1                     ~ No such backend.
            get weight #99/#1                         ~ No such backend.
            get weight #2/#1                          ~ No such backend.
            get weight api_pool/y                     ~ No such server.
            get weight api_pool/#9                    ~ No such server.
            get weight api_pool/#0                    ~ No such server.
            set weight api_pool/api-1                 ~ Require <weight> or <weight%>.
            set weight api_pool/api-1 abc             ~ Empty weight string empty or preceded by garbage
            set weight api_pool/api-1 300             ~ Absolute weight can only be between 0 and 256 inclusive.
            set weight api_pool/api-1 99999999999999  ~ Absolute weight can only be between 0 and 256 inclusive.
            set weight api_pool/api-1 -1              ~ Absolute weight can only be between 0 and 256 inclusive.
            set weight api_pool/api-1 -1%             ~ Relative weight must be positive.
            set weight api_pool/api-1 50x             ~ Trailing garbage in weight string
            set weight api_pool/api-1 50%x            ~ Trailing garbage in weight string
            set server                                ~ Require 'backend/server'.
            set server x                              ~ Require 'backend/server'.
            set server api_pool/api-1                 ~ usage: set server <backend>/<server> addr | health | state | weight
            set server api_pool/api-1 bogus           ~ usage: set server <backend>/<server> addr | health | state | weight
            set server api_pool/api-1 state           ~ 'set server <srv> state' expects 'ready', 'drain' and 'maint'.
            set server api_pool/api-1 state bogus     ~ 'set server <srv> state' expects 'ready', 'drain' and 'maint'.
            set server api_pool/api-1 state drain now ~ 'set server <srv> state drain' expects nothing more, or '<delay> [move|stay] [maint]' with a delay such as 30s.
            set server api_pool/api-1 state drain 5s x ~ 'set server <srv> state drain' expects nothing more, or '<delay> [move|stay] [maint]' with a delay such as 30s.
            set server api_pool/api-1 health          ~ 'set server <srv> health' expects 'up', 'stopping', or 'down'.
            set server api_pool/api-1 health x        ~ 'set server <srv> health' expects 'up', 'stopping', or 'down'.
            set server api_pool/api-1 weight          ~ Require <weight> or <weight%>.
            set server api_pool/api-1 addr            ~ set server <b>/<s> addr requires an address and optionally a port.
            set server api_pool/api-1 addr nonsense   ~ Invalid addr 'nonsense' by 'stats socket command'
            set server api_pool/api-1 addr 1.2.3      ~ Invalid addr '1.2.3' by 'stats socket command'
            set server api_pool/api-1 addr 1.2.3.999  ~ Invalid addr '1.2.3.999' by 'stats socket command'
            set server api_pool/api-1 addr 127.0.0.9 port x ~ problem converting port 'x' to an int, nothing changed by 'stats socket command'
            set server api_pool/api-1 addr 127.0.0.9 port ~ problem converting port '' to an int, nothing changed by 'stats socket command'
            set server api_pool/api-1 addr 127.0.0.9 port 0 ~ port '0' is not in 1..65535, nothing changed by 'stats socket command'
            set server api_pool/api-1 addr 127.0.0.9 port 65536 ~ port '65536' is not in 1..65535, nothing changed by 'stats socket command'
            set server api_pool/api-1 addr 127.0.0.9 port +1 ~ port '+1' is relative, a server has one port, nothing changed by 'stats socket command'
            set server api_pool/api-1 addr 127.0.0.2  ~ Server address 127.0.0.2:8080 is used twice.
            set server api_pool/api-1 fqdn a.b        ~ 'set server <srv> fqdn' is not supported: names are resolved as configured, 'addr' sets an address.
            set server api_pool/api-1 check-port 80   ~ 'set server <srv> check-port' is not supported: servers are checked where their pool's configuration says.
            set server api_pool/api-1 ssl on          ~ 'set server <srv> ssl' is not supported: servers are spoken to without TLS.
            set server api_pool/api-1 agent up        ~ 'set server <srv> agent' is not supported: there are no agent checks.
            set maxconn server                        ~ Require 'backend/server'.
            set maxconn server api_pool/api-1         ~ Require <maxconn>.
            set maxconn server api_pool/api-1 x       ~ maxconn string empty or preceded by garbage
            set maxconn server api_pool/api-1 5x      ~ Trailing garbage in maxconn string
            set maxconn server api_pool/api-1 -1      ~ Value out of range.
            set maxconn server api_pool/api-1 99999999999 ~ Value out of range.
            enable server                             ~ Require 'backend/server'.
            disable server x/y                        ~ No such backend.
            disable health                            ~ Require 'backend/server'.
            enable agent api_pool/api-1               ~ Agent was not configured on this server, cannot enable.
            disable agent x/y                         ~ No such backend.
            enable health stream_pool/stream-1        ~ Health check was not configured on this server, cannot enable.
            shutdown session                          ~ Session pointer expected (use 'show sess').
            shutdown session abc                      ~ Session pointer expected (use 'show sess').
            shutdown session 0x1234                   ~ No such session (use 'show sess').
            shutdown sessions server                  ~ Require 'backend/server'.
            shutdown sessions server x/y              ~ No such backend.
            add server                                ~ Require 'backend/server'.
            add server x                              ~ Require 'backend/server'.
            add server x/y                            ~ No such backend.
            add server api_pool/new                   ~ 'server' expects <name> and <addr>[:<port>] as arguments.
            add server api_pool/ne@w 127.0.0.1:82     ~ character '@' is not permitted in server name 'ne@w'.
            add server api_pool/new 127.0.0.1:99999   ~ invalid port '99999'
            add server api_pool/new 127.0.0.1         ~ "127.0.0.1" has no port and the pool has no default-port.
            add server api_pool/new 127.0.0.1:80 x    ~ unknown keyword 'x'.
            add server api_pool/new 127.0.0.1:80 cookie c ~ 'cookie' option is not accepted for dynamic server
            add server api_pool/new 127.0.0.1:80 weight 300 ~ weight of server new is not within 0 and 256 (300).
            add server api_pool/new 127.0.0.1:80 weight ~ 'weight' expects a number, not ''.
            add server api_pool/new 127.0.0.1:80 maxconn x ~ 'maxconn' expects a number, not 'x'.
            add server api_pool/api-1 127.0.0.1:80    ~ Already exists a server with the same name in backend.
            add server api_pool/new 127.0.0.1:8080    ~ Server address 127.0.0.1:8080 is used twice.
            add server stream_pool/new 127.0.0.1:80 check ~ 'check' is not possible: backend stream_pool has no checks.
            del server                                ~ Require 'backend/server'.
            del server x/y                            ~ No such backend.
            del server api_pool/y                     ~ No such server.
            del server api_pool/api-1                 ~ Only servers in maintenance mode can be deleted.
            show stat bogus 1 1                       ~ No such proxy.
            show stat domain                          ~ Invalid statistics domain.
            show stat domain resolvers                ~ Invalid statistics domain.
            show servers conn bogus                   ~ Can't find backend.
            show servers state bogus                  ~ Can't find backend.
            show servers state http                   ~ Can't find backend.
            show sess 0x12                            ~ Session not found.
            show errors bogus                         ~ No such proxy.
            set timeout                               ~ 'set timeout' only supports 'cli'.
            set timeout cli                           ~ Expects an integer value.
            set timeout cli x                         ~ Invalid timeout value.
            set timeout cli 0                         ~ Invalid timeout value.
            set timeout cli -1                        ~ Invalid timeout value.
            set severity-output                       ~ one of 'none', 'number', 'string' is a required argument
            set severity-output loud                  ~ one of 'none', 'number', 'string' is a required argument
            """)
    void a_command_that_cannot_be_carried_out_says_why_and_changes_nothing(String line, String answer) {
        long api = edge.api.snapshot().version();
        long stream = edge.stream.snapshot().version();

        assertThat(edge.ask(line).strip()).isEqualTo(answer);

        assertThat(edge.api.snapshot().version()).isEqualTo(api);
        assertThat(edge.stream.snapshot().version()).isEqualTo(stream);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
            get weight api_pool/api-1               | 10 (initial 10)
            get weight #3/#1                        | 10 (initial 10)
            get weight #3/api-1                     | 10 (initial 10)
            get weight api_pool/#1 bogus            | 10 (initial 10)
            set server api_pool/api-1 addr 127.0.0.9  | IP changed from '127.0.0.1' to '127.0.0.9' by 'stats socket command'
            set server api_pool/api-1 addr 127.0.0.1  | no need to change the addr by 'stats socket command'
            set server api_pool/api-1 addr ::1 port 81 | IP changed from '127.0.0.1' to '::1', port changed from '8080' to '81' by 'stats socket command'
            set server api_pool/api-1 addr 127.0.0.1 port 8080 | no need to change the addr, no need to change the port by 'stats socket command'
            set server api_pool/api-1 addr 127.0.0.9 bogus | IP changed from '127.0.0.1' to '127.0.0.9' by 'stats socket command'
            show version                            | 2.6.0-veza-edge-9.8.7
            show version bogus                      | 2.6.0-veza-edge-9.8.7
            show cli level                          | admin
            show sess                               |
            show sess all                           |
            show backend                            | # name\\napi_pool\\nstream_pool
            set timeout cli 10                      |
            set timeout cli 10ms                    |
            set timeout cli 1d                      |
            clear counters                          |
            clear counters all                      |
            clear counters bogus                    |
            set server api_pool/api-1 state ready   |
            disable agent api_pool/api-1            |
            disable health stream_pool/stream-1     |
            shutdown sessions server api_pool/api-1 |
            """)
    void a_command_that_reports_answers_as_haproxy_does(String line, String answer) {
        assertThat(edge.ask(line).strip()).isEqualTo(answer == null ? "" : answer.replace("\\n", "\n"));
    }

    @Test
    void the_administrative_state_follows_the_command() {
        edge.ask("set server api_pool/api-1 state drain");
        assertThat(edge.entry("api-1").state().admin()).isEqualTo(AdminState.DRAIN);
        edge.ask("set server api_pool/api-1 state maint");
        assertThat(edge.entry("api-1").state().admin()).isEqualTo(AdminState.MAINT);
        edge.ask("set server api_pool/api-1 state ready");
        assertThat(edge.entry("api-1").state().admin()).isEqualTo(AdminState.READY);
        edge.ask("disable server api_pool/api-1");
        assertThat(edge.entry("api-1").state().admin()).isEqualTo(AdminState.MAINT);
        edge.ask("enable server api_pool/api-1");
        assertThat(edge.entry("api-1").state().admin()).isEqualTo(AdminState.READY);
    }

    @Test
    void a_drain_may_have_a_deadline() {
        assertThat(edge.ask("set server api_pool/api-1 state drain 30s stay maint"))
                .isEmpty();

        assertThat(edge.entry("api-1").state().drain()).hasValueSatisfying(drain -> {
            assertThat(drain.remaining(edge.clock.instant())).isEqualTo(Duration.ofSeconds(30));
            assertThat(drain.holdersStay()).isTrue();
            assertThat(drain.thenMaintenance()).isTrue();
        });

        edge.ask("set server api_pool/api-2 state drain 5m");
        assertThat(edge.entry("api-2").state().drain()).hasValueSatisfying(drain -> {
            assertThat(drain.remaining(edge.clock.instant())).isEqualTo(Duration.ofMinutes(5));
            assertThat(drain.holdersStay()).isFalse();
            assertThat(drain.thenMaintenance()).isFalse();
        });
    }

    @Test
    void health_is_set_by_hand() {
        edge.ask("set server api_pool/api-1 health down");
        assertThat(edge.entry("api-1").state().health()).isEqualTo(HealthState.DOWN);
        edge.ask("set server api_pool/api-1 health stopping");
        assertThat(edge.entry("api-1").state().health()).isEqualTo(HealthState.STOPPING);
        edge.ask("set server api_pool/api-1 health up");
        assertThat(edge.entry("api-1").state().health()).isEqualTo(HealthState.UP);
    }

    @ParameterizedTest
    @CsvSource({"20, 20", "0, 0", "256, 256", "50%, 5", "5%, 0", "99999%, 256", "0%, 0", "+3, 3", "007, 7"})
    void a_weight_is_absolute_or_relative_to_the_configured_one(String text, int weight) {
        assertThat(edge.ask("set weight api_pool/api-1 " + text)).isEmpty();
        assertThat(edge.entry("api-1").weight().value()).isEqualTo(weight);

        edge.ask("set server api_pool/api-2 weight " + text);
        assertThat(edge.entry("api-2").weight().value()).isEqualTo(weight);
    }

    @Test
    void the_bound_of_a_server_is_set_and_lifted() {
        edge.ask("set maxconn server api_pool/api-1 50");
        assertThat(edge.entry("api-1").server().maxConnections()).isEqualTo(OptionalInt.of(50));

        edge.ask("set maxconn server api_pool/api-1 0");
        assertThat(edge.entry("api-1").server().maxConnections()).isEmpty();
    }

    @Test
    void an_address_changes_with_its_port() {
        edge.ask("set server api_pool/api-1 addr ::1 port 81");

        assertThat(edge.entry("api-1").address()).isNotNull().satisfies(address -> {
            assertThat(address.getAddress().getHostAddress()).isEqualTo("0:0:0:0:0:0:0:1");
            assertThat(address.getPort()).isEqualTo(81);
        });
    }

    @Test
    void checks_are_switched_off_and_on() {
        edge.ask("disable health api_pool/api-1");
        assertThat(edge.entry("api-1").checked()).isFalse();

        edge.ask("enable health api_pool/api-1");
        assertThat(edge.entry("api-1").checked()).isTrue();
    }

    @Test
    void an_added_server_begins_in_maintenance_unchecked_and_is_deleted_from_there() {
        assertThat(edge.ask("add server api_pool/new 127.0.0.9:81 weight 7 maxconn 5 check backup"))
                .isEqualTo("New server registered.\n");

        assertThat(edge.entry("new").state().admin()).isEqualTo(AdminState.MAINT);
        assertThat(edge.entry("new").checked()).isFalse();
        assertThat(edge.entry("new").server().weight().value()).isEqualTo(7);
        assertThat(edge.entry("new").server().maxConnections()).isEqualTo(OptionalInt.of(5));
        assertThat(edge.entry("new").server().backup()).isTrue();
        assertThat(edge.ask("get weight api_pool/#4")).isEqualTo("7 (initial 7)\n");

        assertThat(edge.ask("del server api_pool/new")).isEqualTo("Server deleted.");
        assertThat(edge.api.snapshot().entry("new")).isNull();
    }

    @Test
    void the_number_of_a_deleted_server_is_given_to_the_next() {
        edge.ask("disable server api_pool/api-2");
        edge.ask("del server api_pool/api-2");
        edge.ask("add server api_pool/new 127.0.0.9:81");

        assertThat(edge.ask("show servers state api_pool").lines())
                .anySatisfy(line -> assertThat(line).startsWith("3 api_pool 2 new "))
                .anySatisfy(line -> assertThat(line).startsWith("3 api_pool 3 api-3 "));
    }

    @Test
    void a_server_that_carries_something_is_not_deleted() {
        edge.ask("disable server api_pool/api-1");
        edge.entry("api-1").load().tryAcquire(1);

        assertThat(edge.ask("del server api_pool/api-1"))
                .isEqualTo("Server still has connections attached to it, cannot remove it.");
        assertThat(edge.api.snapshot().entry("api-1")).isNotNull();
    }

    @Test
    void a_level_is_lowered_and_never_raised() {
        edge.ask("operator");
        assertThat(edge.ask("show cli level")).isEqualTo("operator\n");
        assertThat(edge.ask("set weight api_pool/api-1 5")).isEqualTo("Permission denied\n");
        assertThat(edge.ask("clear counters all")).isEqualTo("Permission denied\n");
        assertThat(edge.ask("clear counters")).isEmpty();

        edge.ask("user");
        edge.ask("operator");
        assertThat(edge.ask("show cli level")).isEqualTo("user\n");
        assertThat(edge.ask("show errors")).isEqualTo("Permission denied\n");
        assertThat(edge.ask("get weight api_pool/api-1")).isEqualTo("10 (initial 10)\n");
    }

    @Test
    void answers_show_how_grave_they_are_if_asked_to() {
        edge.ask("set severity-output number");
        assertThat(edge.ask("show cli level")).isEqualTo("[6]: admin\n");
        assertThat(edge.ask("get weight a/b")).isEqualTo("[3]: No such backend.\n");
        assertThat(edge.ask("get weight api_pool/api-1")).isEqualTo("10 (initial 10)\n");

        edge.ask("set severity-output string");
        assertThat(edge.ask("get weight a/b")).isEqualTo("[err]: No such backend.\n");
    }

    @Test
    void help_lists_what_begins_like_it() {
        assertThat(edge.ask("help").lines().toList())
                .startsWith("The following commands are valid at this level:")
                .contains(
                        "  set server <bk>/<srv> [opts]            : change a server's state, health, weight or address")
                .endsWith("  quit                                    : disconnect");

        List<String> narrowed = edge.ask("help show servers").lines().toList();
        assertThat(narrowed).hasSize(6);
        assertThat(narrowed.get(1)).startsWith("  show servers conn ");
        assertThat(narrowed.get(2)).startsWith("  show servers state ");
    }

    @Test
    void help_tells_what_is_not_haproxys() {
        assertThat(edge.ask("help set server"))
                .contains("  state drain <delay> [move|stay] [maint]: drain by a deadline");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bogus", "show", "set maxconn", "Show version", "show versio", "enable"})
    void an_unknown_command_is_answered_with_what_may_have_been_meant(String line) {
        List<String> answer = edge.ask(line).lines().toList();

        assertThat(answer.get(0)).isEqualTo("Unknown command, but maybe one of the following ones is a better match:");
        assertThat(answer).hasSizeGreaterThan(4).endsWith("  quit                                    : disconnect");
    }

    @Test
    void a_typing_mistake_leads_to_the_one_command() {
        assertThat(edge.ask("show versio").lines()).hasSize(5).anyMatch(line -> line.startsWith("  show version "));
    }

    @Test
    void an_empty_line_is_answered_with_all_commands() {
        assertThat(edge.ask("").lines().toList())
                .startsWith("Unknown command. Please enter one of the following commands only:")
                .hasSizeGreaterThan(20);
    }

    @Test
    void every_pool_is_commanded_by_its_own_name() {
        edge.ask("set weight stream_pool/stream-1 3");

        PoolController stream = edge.stream;
        assertThat(edge.entry(stream, "stream-1").weight().value()).isEqualTo(3);
        assertThat(edge.entry(stream, "stream-2").weight().value()).isEqualTo(10);
    }
}
