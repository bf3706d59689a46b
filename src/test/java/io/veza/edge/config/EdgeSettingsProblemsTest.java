package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.veza.edge.pool.Names;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EdgeSettingsProblemsTest {

    private static List<Problem> problems(Map<String, String> properties, Map<String, String> environment) {
        InvalidConfigException invalid = catchThrowableOfType(
                InvalidConfigException.class, () -> EdgeSettings.from(ConfigFixture.config(properties, environment)));
        assertThat(invalid).as("the problems of %s", properties).isNotNull();
        assertThat(String.valueOf(invalid.getMessage()).lines()).hasSameSizeAs(invalid.problems());
        return invalid.problems();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
            edge.listen.http=x                          | must be a number in 0..65535
            edge.listen.http=65536                      | must be a number in 0..65535
            edge.listen.http=                           | must be given
            edge.listen.host=a b                        | is not a host name or an IP address
            edge.threads=0                              | must be a number in 1..1024
            edge.default-pool=nowhere                   | there is no such pool; there are [p]
            edge.routes.r.pool=nowhere                  | there is no such pool; there are [p]
            edge.trusted-proxies=10.0.0.0/33            | "10.0.0.0/33" is not an address or CIDR
            edge.trusted-proxies=10.0.0.0/8,,::1        | has an empty element
            edge.trusted-proxies=proxy.example          | "proxy.example" is not an address or CIDR
            edge.timeouts.connect=soon                  | must be a duration in 1ms..30d
            edge.timeouts.client=0s                     | must be a duration in 1ms..30d
            edge.timeouts.request-head=-1s              | must be a duration in 1ms..30d
            edge.timeouts.tunnel=31d                    | must be a duration in 1ms..30d
            edge.timeouts.queue=99999999999999999999s   | must be a duration in 1ms..30d
            edge.timeouts.keep-alive=9223372036854775807d | must be a duration in 1ms..30d
            edge.limits.head=63                         | must be a size in 64..1048576 bytes
            edge.limits.head=2M                         | must be a size in 64..1048576 bytes
            edge.limits.head=much                       | must be a size in 64..1048576 bytes
            edge.limits.request-line=33K                | must be a size in 64..32768 bytes
            edge.limits.headers=0                       | must be a number in 1..10000
            edge.limits.connections=-1                  | must be a number in 1..1000000
            edge.limits.connections-per-address=0       | must be off or a number in 1..1000000
            edge.limits.connection-rate-per-address=x   | must be off or a number in 1..1000000
            edge.limits.body-rate=0                     | must be off or a number in 1..1000000
            edge.limits.idle-connections=65537          | must be a number in 0..65536
            edge.access-log.format=clf                  | must be one of off, haproxy, json, combined
            edge.access-log.target=                     | must be given
            edge.access-log.sample=1.1                  | must be a number in 0..1 with at most six decimals
            edge.access-log.sample=5%                   | must be a number in 0..1 with at most six decimals
            edge.access-log.errors-only=no              | must be true or false
            edge.access-log.query=off                   | must be true or false
            edge.shutdown.delay=-1s                     | must be a duration in 0s..1h
            edge.shutdown.drain=2h                      | must be a duration in 0s..1h
            edge.lab.embedded=yes                       | must be true or false
            edge.pools.p.balance=source                 | must be one of roundrobin, leastconn, random, uri
            edge.pools.p.hash.key=path-regex:^/hls/     | has 0 groups; it needs exactly one
            edge.pools.p.hash.key=path-regex:(          | is not a regular expression
            edge.pools.p.hash.key=path-regex:(a)(b)     | has 2 groups; it needs exactly one
            edge.pools.p.hash.key=ip                    | is none of uri, path, path-depth:N
            edge.pools.p.hash.bounded-load=1            | must be off or a number above 1 and at most 100
            edge.pools.p.hash.bounded-load=101          | must be off or a number above 1 and at most 100
            edge.pools.p.hash.bounded-load=NaN          | must be off or a number above 1 and at most 100
            edge.pools.p.sticky-cookie.enabled=on       | must be true or false
            edge.pools.p.sticky-cookie.name=a;b         | is not a token
            edge.pools.p.sticky-cookie.same-site=none   | same-site none needs secure
            edge.pools.p.sticky-cookie.same-site=loose  | must be one of lax, strict, none
            edge.pools.p.sticky-cookie.max-idle=500ms   | must be a duration in 1s..3650d
            edge.pools.p.health.path=health             | must begin with /
            edge.pools.p.health.path=/a b               | must begin with /
            edge.pools.p.health.port=0                  | must be a number in 1..65535
            edge.pools.p.health.interval=0              | must be a duration in 1ms..30d
            edge.pools.p.health.fall=0                  | must be a number in 1..1000
            edge.pools.p.health.rise=two                | must be a number in 1..1000
            edge.pools.p.health.expect-status=2xx       | must be status codes or ranges such as 200-399 or 200,204
            edge.pools.p.health.expect-status=399-200   | is not a range within 100..599
            edge.pools.p.health.expect-status=200,600   | is not a range within 100..599
            edge.pools.p.health.expect-body=[           | is not a regular expression
            edge.pools.p.slow-start=later               | must be a duration in 0s..30d
            edge.pools.p.on-marked-down=shutdown        | must be one of shutdown-sessions, none
            edge.pools.p.max-queue=-1                   | must be a number in 0..1000000
            edge.pools.p.default-port=80000             | must be a number in 1..65535
            edge.pools.p.servers.s.address=127.0.0.1    | has no port and the pool has no default-port
            edge.pools.p.servers.s.address=::1:80       | write an IPv6 address in brackets
            edge.pools.p.servers.s.address=             | must be given
            edge.pools.p.servers.s.weight=257           | must be a number in 0..256
            edge.pools.p.servers.s.weight=99999999999   | must be a number in 0..256
            edge.pools.p.servers.s.max-connections=0    | must be a number in 1..1000000
            edge.pools.p.servers.s.backup=1             | must be true or false
            """)
    void a_value_that_is_not_allowed_is_named_with_its_key_and_what_is(String setting, String allowed) {
        List<Problem> problems = problems(ConfigFixture.minimalWith(setting), Map.of());

        assertThat(problems).singleElement().satisfies(problem -> {
            assertThat(setting).isEqualTo(problem.key() + "=" + problem.value());
            assertThat(problem.allowed()).contains(allowed);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "/nowhere/at/all/access.log, must be stdout or a file in a directory that exists",
        "/tmp, is a directory; must be stdout or a file"
    })
    void a_log_that_is_on_needs_a_target_that_can_be_written(String target, String allowed) {
        Map<String, String> properties =
                ConfigFixture.minimalWith("edge.access-log.format=haproxy", "edge.access-log.target=" + target);

        assertThat(problems(properties, Map.of()))
                .containsExactly(new Problem("edge.access-log.target", target, allowed));
    }

    @ParameterizedTest
    @CsvSource({
        "edge.listn.http, edge.listen.http",
        "edge.timeouts.conect, edge.timeouts.connect",
        "edge.pools.p.healht.path, edge.pools.p.health.path",
        "edge.pools.p.servers.s.wieght, edge.pools.p.servers.s.weight",
        "edge.routes.api.path-prefix, edge.routes.api.path-prefixes",
        "edge.trusted-proxies[0], edge.trusted-proxies"
    })
    void a_key_that_nobody_reads_is_named_with_the_nearest_one(String unknown, String nearest) {
        Map<String, String> properties = ConfigFixture.minimalWith(unknown + "=1", "edge.routes.api.pool=p");

        assertThat(problems(properties, Map.of()))
                .containsExactly(new Problem(unknown, "1", "is no key of the edge; did you mean " + nearest + "?"));
    }

    @Test
    void a_key_that_is_near_to_none_is_named_alone() {
        assertThat(problems(ConfigFixture.minimalWith("edge.observability.endpoint=1"), Map.of()))
                .containsExactly(new Problem("edge.observability.endpoint", "1", "is no key of the edge"));
    }

    @ParameterizedTest
    @CsvSource({
        "'', '', 0",
        "http, http, 0",
        "http, htp, 1",
        "htp, http, 1",
        "http, httq, 1",
        "kitten, sitting, 3",
        "'', abc, 3"
    })
    void distance_counts_letters_inserted_removed_or_replaced(String one, String other, int distance) {
        assertThat(Names.distance(one, other)).isEqualTo(distance);
    }

    @Test
    void a_variable_of_the_environment_that_only_looks_like_a_key_is_left_alone() {
        Map<String, String> environment = Map.of(
                "EDGE_PORT", "tcp://10.0.0.1:80", "EDGE_PORT_80_TCP_ADDR", "10.0.0.1", "EDGE_SERVICE_HOST", "10.0.0.1");

        assertThatCode(() -> EdgeSettings.from(ConfigFixture.config(ConfigFixture.minimal(), environment)))
                .doesNotThrowAnyException();
    }

    @Test
    void a_value_of_the_environment_is_checked_as_any_other() {
        assertThat(problems(ConfigFixture.minimal(), Map.of("EDGE_LISTEN_HTTP", "none")))
                .containsExactly(new Problem("edge.listen.http", "none", "must be a number in 0..65535, or off"));
    }

    @Test
    void no_pool_at_all_is_a_problem() {
        assertThat(problems(Map.of(), Map.of())).singleElement().satisfies(problem -> assertThat(problem.toString())
                .startsWith("edge.pools: there must be a pool, such as edge.pools.api_pool.servers."));
    }

    @Test
    void a_pool_without_servers_is_a_problem() {
        assertThat(problems(ConfigFixture.minimalWith("edge.pools.empty.balance=uri"), Map.of()))
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.key()).isEqualTo("edge.pools.empty.servers");
                    assertThat(problem.allowed()).startsWith("there must be a server");
                });
    }

    @Test
    void a_server_without_an_address_is_a_problem() {
        assertThat(problems(ConfigFixture.minimalWith("edge.pools.p.servers.t.weight=2"), Map.of()))
                .containsExactly(new Problem("edge.pools.p.servers.t.address", "", "must be given"));
    }

    @Test
    void a_route_without_a_pool_is_a_problem() {
        assertThat(problems(ConfigFixture.minimalWith("edge.routes.r.path-prefixes=/a"), Map.of()))
                .containsExactly(new Problem("edge.routes.r.pool", "", "must be given"));
    }

    @Test
    void prefixes_and_hosts_of_a_route_are_checked_one_by_one() {
        List<Problem> problems = problems(
                ConfigFixture.minimalWith(
                        "edge.routes.r.pool=p",
                        "edge.routes.r.path-prefixes=/ok,api",
                        "edge.routes.r.hosts=Example.org"),
                Map.of());

        assertThat(problems)
                .extracting(Problem::key)
                .containsExactly("edge.routes.r.hosts", "edge.routes.r.path-prefixes");
        assertThat(problems.get(1).allowed()).startsWith("path prefix \"api\" does not begin with /");
    }

    @Test
    void two_routes_that_take_the_same_requests_are_a_problem_of_the_second() {
        String[] routes = {"edge.routes.a.pool=p", "edge.routes.a.path-prefixes=/api", "edge.routes.b.pool=p"};

        assertThat(problems(
                        ConfigFixture.minimalWith(
                                routes[0], routes[1], routes[2], "edge.routes.b.path-prefixes=/x,/api/"),
                        Map.of()))
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.key()).isEqualTo("edge.routes.b.path-prefixes");
                    assertThat(problem.value()).isEqualTo("/api/");
                    assertThat(problem.allowed()).startsWith("route a takes the same requests");
                });
        assertThat(EdgeSettings.from(ConfigFixture.config(
                                ConfigFixture.minimalWith(
                                        routes[0],
                                        routes[1],
                                        routes[2],
                                        "edge.routes.b.path-prefixes=/api",
                                        "edge.routes.b.priority=1"),
                                Map.of()))
                        .routes())
                .hasSize(2);
    }

    @Test
    void the_same_address_twice_in_a_pool_is_a_problem_of_the_second() {
        assertThat(problems(ConfigFixture.minimalWith("edge.pools.p.servers.t.address=127.0.0.1:8081"), Map.of()))
                .containsExactly(new Problem(
                        "edge.pools.p.servers.t.address", "127.0.0.1:8081", "is the address of server s already"));
    }

    @Test
    void names_that_do_not_fit_a_cookie_are_problems() {
        List<Problem> problems = problems(
                ConfigFixture.minimalWith(
                        "edge.pools.\"a b\".servers.s.address=h:1",
                        "edge.pools.p.servers.\"a|b\".address=h:2",
                        "edge.routes.\"x.y;\".pool=p"),
                Map.of());

        assertThat(problems)
                .extracting(Problem::key)
                .containsExactly("edge.pools.a b", "edge.pools.p.servers.a|b", "edge.routes.\"x.y;\"");
    }

    @Test
    void the_weights_of_a_hashed_pool_are_bounded_by_its_ring() {
        Map<String, String> properties = ConfigFixture.minimalWith("edge.pools.p.balance=uri");
        for (int i = 0; i < 64; i++) {
            properties.put("edge.pools.p.servers.s" + i + ".address", "h:" + (i + 1));
            properties.put("edge.pools.p.servers.s" + i + ".weight", "256");
        }

        assertThat(problems(properties, Map.of())).singleElement().satisfies(problem -> {
            assertThat(problem.key()).isEqualTo("edge.pools.p.servers");
            assertThat(problem.allowed()).contains("add up to 16385; 16384 is the most");
        });
        properties.remove("edge.pools.p.servers.s.address");
        assertThatCode(() -> EdgeSettings.from(ConfigFixture.config(properties, Map.of())))
                .doesNotThrowAnyException();
    }

    @Test
    void a_bad_variable_of_the_role_is_named_with_the_key_it_fills() {
        Map<String, String> environment =
                Map.of("HAPROXY_LISTEN_HTTP", "http", "HAPROXY_HEALTH_CHECK_INTERVAL_MS", "5s");

        assertThat(problems(ConfigFixture.minimal(), environment).stream().map(Problem::toString))
                .containsExactly(
                        "edge.listen.http = http (from ${haproxy_listen_http:80}): must be a number in 0..65535, or off",
                        "edge.pools.p.health.interval = 5sms (from ${haproxy_health_check_interval_ms:5000}ms):"
                                + " must be a duration in 1ms..30d, such as 300ms, 5s or 1h");
    }

    @Test
    void a_reference_to_nothing_is_a_problem() {
        assertThat(problems(ConfigFixture.minimalWith("edge.default-pool=${nobody_sets_this}"), Map.of()))
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.key()).isEqualTo("edge.default-pool");
                    assertThat(problem.toString())
                            .contains("${nobody_sets_this}")
                            .contains("has no value");
                });
    }

    @Test
    void all_problems_are_reported_at_once_sorted_by_key() {
        List<Problem> problems = problems(
                ConfigFixture.minimalWith(
                        "edge.listen.http=web",
                        "edge.timeouts.connect=soon",
                        "edge.routes.r.pool=nowhere",
                        "edge.trusted-proxies=10/8",
                        "edge.pools.p.hash.key=path-regex:x",
                        "edge.pools.p.servers.t.address=127.0.0.1:8081",
                        "edge.pools.p.servers.s.weight=300",
                        "edge.pools.p.sticky-cookie.name=a b",
                        "edge.timouts.connect=1s"),
                Map.of());

        assertThat(problems)
                .extracting(Problem::key)
                .containsExactly(
                        "edge.listen.http",
                        "edge.pools.p.hash.key",
                        "edge.pools.p.servers.s.weight",
                        "edge.pools.p.servers.t.address",
                        "edge.pools.p.sticky-cookie.name",
                        "edge.routes.r.pool",
                        "edge.timeouts.connect",
                        "edge.timouts.connect",
                        "edge.trusted-proxies");
    }

    /** So that a port in use is named together with everything else; once it was named only when all else was right. */
    @ParameterizedTest
    @CsvSource({"8080, 8080", "http, 0"})
    void problems_come_with_the_listener_as_far_as_it_could_be_read(String http, int readable) {
        Map<String, String> properties = Map.of("edge.listen.http", http, "edge.threads", "0");

        InvalidConfigException invalid = catchThrowableOfType(
                InvalidConfigException.class, () -> EdgeSettings.from(ConfigFixture.config(properties, Map.of())));

        assertThat(invalid.listen().http()).hasValue(readable);
    }

    @ParameterizedTest
    @CsvSource({
        "edge.admin.token, short, 'must be 16 to 256 letters, digits'",
        "edge.admin.token, 0123456789abcdef 0, 'must be 16 to 256 letters, digits'",
        "edge.admin.tokn, 0123456789abcdef, is no key of the edge; did you mean edge.admin.token?"
    })
    void a_problem_with_the_token_does_not_tell_it(String key, String value, String allowed) {
        List<Problem> problems = problems(ConfigFixture.minimalWith(key + "=" + value), Map.of());

        assertThat(problems).singleElement().satisfies(problem -> {
            assertThat(problem.key()).isEqualTo(key);
            assertThat(problem.value()).isEmpty();
            assertThat(problem.allowed()).contains(allowed).doesNotContain(value);
        });
    }
}
