package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.PoolDefinition;
import io.veza.edge.health.HealthPolicy.StatusRange;
import io.veza.edge.persistence.SameSite;
import io.veza.edge.persistence.StickyCookie;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.HashKey;
import io.veza.edge.pool.OnMarkedDown;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EdgeSettingsTest {

    /** One key of the configuration: where its value ends up, its default, and another value as text and as read. */
    private record Key(
            String name, Function<EdgeSettings, Object> reading, Object byDefault, String text, Object changed) {}

    private static PoolDefinition pool(EdgeSettings settings) {
        return settings.pools().get(0);
    }

    private static Server server(EdgeSettings settings) {
        return pool(settings).pool().servers().get(0);
    }

    private static Duration seconds(int seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static Stream<Key> keys() {
        String p = "edge.pools.p.";
        return Stream.of(
                new Key("edge.listen.host", s -> s.listen().host(), "0.0.0.0", "::1", "::1"),
                new Key("edge.listen.h2c", s -> s.listen().h2c(), false, "true", true),
                new Key("edge.listen.http", s -> s.listen().http(), OptionalInt.of(80), "8080", OptionalInt.of(8080)),
                new Key(
                        "edge.threads",
                        EdgeSettings::threads,
                        Runtime.getRuntime().availableProcessors(),
                        "7",
                        7),
                new Key("edge.default-pool", EdgeSettings::defaultPool, Optional.empty(), "p", Optional.of("p")),
                new Key(
                        "edge.trusted-proxies",
                        EdgeSettings::trustedProxies,
                        List.of(),
                        "10.0.0.0/8, ::1",
                        List.of(Cidr.parse("10.0.0.0/8"), Cidr.parse("::1/128"))),
                new Key(
                        "edge.admin.socket",
                        s -> s.admin().socket(),
                        Optional.of(Path.of("/run/veza-edge/admin.sock")),
                        "run/a.sock",
                        Optional.of(Path.of("run/a.sock"))),
                new Key(
                        "edge.admin.token",
                        s -> s.admin().token(),
                        Optional.empty(),
                        "0123456789abcdef",
                        Optional.of(new Secret("0123456789abcdef"))),
                new Key(
                        "edge.access-log.format",
                        s -> s.accessLog().format(),
                        EdgeSettings.LineFormat.OFF,
                        "json",
                        EdgeSettings.LineFormat.JSON),
                new Key("edge.access-log.sample", s -> s.accessLog().sample(), 1.0, "0.05", 0.05),
                new Key("edge.access-log.errors-only", s -> s.accessLog().errorsOnly(), false, "true", true),
                new Key("edge.access-log.query", s -> s.accessLog().query(), true, "false", false),
                new Key("edge.shutdown.delay", s -> s.shutdown().delay(), Duration.ZERO, "5s", seconds(5)),
                new Key("edge.shutdown.drain", s -> s.shutdown().drain(), seconds(30), "0s", Duration.ZERO),
                new Key("edge.lab.embedded", EdgeSettings::embeddedLab, false, "true", true),
                new Key(
                        "edge.timeouts.connect",
                        s -> pool(s).pool().timeouts().connect(),
                        seconds(2),
                        "300ms",
                        Duration.ofMillis(300)),
                new Key("edge.timeouts.server", s -> pool(s).pool().timeouts().server(), seconds(30), "5", seconds(5)),
                new Key(
                        "edge.timeouts.tunnel",
                        s -> pool(s).pool().timeouts().tunnel(),
                        seconds(3600),
                        "2h",
                        seconds(7200)),
                new Key(
                        "edge.timeouts.queue",
                        s -> pool(s).pool().timeouts().queue(),
                        seconds(5),
                        "PT1.5S",
                        Duration.ofMillis(1500)),
                new Key("edge.timeouts.request-head", s -> s.timeouts().requestHead(), seconds(10), "1s", seconds(1)),
                new Key("edge.timeouts.client", s -> s.timeouts().client(), seconds(30), "1m", seconds(60)),
                new Key("edge.timeouts.keep-alive", s -> s.timeouts().keepAlive(), seconds(60), "1s", seconds(1)),
                new Key(
                        "edge.timeouts.server-keep-alive",
                        s -> s.timeouts().serverKeepAlive(),
                        seconds(4),
                        "9s",
                        seconds(9)),
                new Key("edge.limits.request-line", s -> s.limits().requestLine(), 8192, "4K", 4096),
                new Key("edge.limits.head", s -> s.limits().head(), 32768, "16384", 16384),
                new Key("edge.limits.headers", s -> s.limits().headers(), 100, "50", 50),
                new Key("edge.limits.connections", s -> s.limits().connections(), 20000, "5", 5),
                new Key("edge.limits.streams", s -> s.limits().streams(), 100, "5", 5),
                new Key("edge.limits.stream-resets", s -> s.limits().streamResets(), 200, "5", 5),
                new Key(
                        "edge.limits.connections-per-address",
                        s -> s.limits().connectionsPerAddress(),
                        OptionalInt.of(1000),
                        "off",
                        OptionalInt.empty()),
                new Key(
                        "edge.limits.connection-rate-per-address",
                        s -> s.limits().connectionRatePerAddress(),
                        OptionalInt.of(200),
                        "5",
                        OptionalInt.of(5)),
                new Key(
                        "edge.limits.body-rate",
                        s -> s.limits().bodyRate(),
                        OptionalInt.of(200),
                        "off",
                        OptionalInt.empty()),
                new Key("edge.limits.idle-connections", s -> s.limits().idleConnections(), 256, "0", 0),
                new Key(
                        p + "balance",
                        s -> pool(s).pool().balance().algorithm(),
                        Algorithm.ROUNDROBIN,
                        "leastconn",
                        Algorithm.LEASTCONN),
                new Key(
                        p + "hash.key",
                        s -> pool(s).pool().balance().hashKey(),
                        new HashKey.Uri(),
                        "header:X-Id",
                        new HashKey.Header("X-Id")),
                new Key(
                        p + "hash.bounded-load",
                        s -> pool(s).pool().balance().boundedLoad(),
                        OptionalDouble.empty(),
                        "1.25",
                        OptionalDouble.of(1.25)),
                new Key(p + "slow-start", s -> pool(s).pool().slowStart(), seconds(30), "0s", Duration.ZERO),
                new Key(
                        p + "on-marked-down",
                        s -> pool(s).pool().onMarkedDown(),
                        OnMarkedDown.SHUTDOWN_SESSIONS,
                        "none",
                        OnMarkedDown.NONE),
                new Key(p + "max-queue", s -> pool(s).pool().maxQueue(), 1024, "0", 0),
                new Key(p + "timeouts.connect", s -> pool(s).pool().timeouts().connect(), seconds(2), "1s", seconds(1)),
                new Key(p + "timeouts.server", s -> pool(s).pool().timeouts().server(), seconds(30), "1s", seconds(1)),
                new Key(
                        p + "timeouts.tunnel",
                        s -> pool(s).pool().timeouts().tunnel(),
                        seconds(3600),
                        "1s",
                        seconds(1)),
                new Key(p + "timeouts.queue", s -> pool(s).pool().timeouts().queue(), seconds(5), "1s", seconds(1)),
                new Key(p + "health.enabled", s -> pool(s).health().enabled(), true, "false", false),
                new Key(p + "health.path", s -> pool(s).health().path(), "/health", "/up?deep=1", "/up?deep=1"),
                new Key(
                        p + "health.port",
                        s -> pool(s).health().port(),
                        OptionalInt.empty(),
                        "8081",
                        OptionalInt.of(8081)),
                new Key(
                        p + "health.interval",
                        s -> pool(s).health().interval(),
                        seconds(5),
                        "300ms",
                        Duration.ofMillis(300)),
                new Key(p + "health.fast-interval", s -> pool(s).health().fastInterval(), seconds(5), "1s", seconds(1)),
                new Key(p + "health.timeout", s -> pool(s).health().timeout(), seconds(5), "1s", seconds(1)),
                new Key(p + "health.fall", s -> pool(s).health().fall(), 3, "1", 1),
                new Key(p + "health.rise", s -> pool(s).health().rise(), 2, "5", 5),
                new Key(
                        p + "health.expect-status",
                        s -> pool(s).health().expectStatus(),
                        List.of(new StatusRange(200, 399)),
                        "200,204-299",
                        List.of(new StatusRange(200, 200), new StatusRange(204, 299))),
                new Key(
                        p + "health.expect-body",
                        s -> pool(s).health().expectBody().map(Pattern::pattern),
                        Optional.empty(),
                        "ok|up",
                        Optional.of("ok|up")),
                new Key(p + "servers.s.weight", s -> server(s).weight(), new Weight(1), "256", new Weight(256)),
                new Key(
                        p + "servers.s.max-connections",
                        s -> server(s).maxConnections(),
                        OptionalInt.empty(),
                        "9",
                        OptionalInt.of(9)),
                new Key(p + "servers.s.backup", s -> server(s).backup(), false, "true", true),
                new Key(p + "sticky-cookie.enabled", s -> pool(s).stickyCookie().isPresent(), false, "true", true));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void a_key_has_its_default_and_takes_another_value(Key key) {
        EdgeSettings byDefault = ConfigFixture.settings();
        EdgeSettings changed = ConfigFixture.settings(key.name + "=" + key.text);

        assertThat(key.reading.apply(byDefault)).isEqualTo(key.byDefault);
        assertThat(key.reading.apply(changed)).isEqualTo(key.changed);
    }

    private static Stream<Arguments> cookieKeys() {
        return Stream.of(
                cookieKey("name", StickyCookie::name, "VEZA_SERVERID", "SRV", "SRV"),
                cookieKey("secure", StickyCookie::secure, false, "true", true),
                cookieKey("http-only", StickyCookie::httpOnly, false, "true", true),
                cookieKey("same-site", StickyCookie::sameSite, SameSite.NONE_GIVEN, "strict", SameSite.STRICT),
                cookieKey("max-idle", StickyCookie::maxIdle, Optional.empty(), "30m", Optional.of(seconds(1800))),
                cookieKey("max-life", StickyCookie::maxLife, Optional.empty(), "8h", Optional.of(seconds(28_800))));
    }

    private static Arguments cookieKey(
            String name, Function<StickyCookie, Object> reading, Object byDefault, String text, Object changed) {
        return Arguments.of(name, reading, byDefault, text, changed);
    }

    @ParameterizedTest
    @MethodSource("cookieKeys")
    void a_key_of_the_sticky_cookie_has_its_default_and_takes_another_value(
            String name, Function<StickyCookie, Object> reading, Object byDefault, String text, Object changed) {
        String enabled = "edge.pools.p.sticky-cookie.enabled=true";

        StickyCookie unchanged =
                pool(ConfigFixture.settings(enabled)).stickyCookie().orElseThrow();
        StickyCookie other = pool(ConfigFixture.settings(enabled, "edge.pools.p.sticky-cookie." + name + "=" + text))
                .stickyCookie()
                .orElseThrow();

        assertThat(reading.apply(unchanged)).isEqualTo(byDefault);
        assertThat(reading.apply(other)).isEqualTo(changed);
    }

    @Test
    void every_key_of_the_mapping_is_covered_by_these_tests() {
        Stream<String> covered = Stream.of(
                        keys().map(Key::name),
                        cookieKeys().map(key -> "edge.pools.p.sticky-cookie." + key.get()[0]),
                        TlsSettingsTest.KEYS.stream(),
                        LinkSettingsTest.KEYS.stream(),
                        AccessSettingsTest.keys(),
                        HttpsPolicyTest.keys(),
                        // These have no default, or need another key; the tests below read them.
                        Stream.of(
                                "edge.access-log.target",
                                "edge.pools.p.default-port",
                                "edge.pools.p.servers.s.address",
                                "edge.routes.r.pool",
                                "edge.routes.r.path-prefixes",
                                "edge.routes.r.hosts",
                                "edge.routes.r.priority"))
                .flatMap(names -> names);

        assertThat(covered.map(
                        name -> name.replace(".p.", ".*.").replace(".s.", ".*.").replace(".r.", ".*.")))
                .containsExactlyInAnyOrderElementsOf(new KnownKeys().names());
    }

    @Test
    void routes_have_their_defaults_and_take_lists() {
        EdgeSettings settings = ConfigFixture.settings(
                "edge.routes.plain.pool=p",
                "edge.routes.full.pool=p",
                "edge.routes.full.path-prefixes=/api, /v2",
                "edge.routes.full.hosts=a.example,*.b.example",
                "edge.routes.full.priority=-3");

        assertThat(settings.routes())
                .containsExactly(
                        new io.veza.edge.pool.Route(
                                "full", "p", List.of("/api", "/v2"), List.of("a.example", "*.b.example"), -3),
                        new io.veza.edge.pool.Route("plain", "p", List.of("/"), List.of(), 0));
    }

    @Test
    void the_access_log_goes_to_the_standard_output_or_to_a_file(@TempDir Path directory) {
        Path file = directory.resolve("access.log");

        EdgeSettings byDefault = ConfigFixture.settings("edge.access-log.format=json");
        EdgeSettings changed = ConfigFixture.settings("edge.access-log.format=json", "edge.access-log.target=" + file);

        assertThat(byDefault.accessLog().file()).isEmpty();
        assertThat(changed.accessLog().file()).contains(file);
    }

    @Test
    void the_target_of_a_log_that_is_off_does_not_matter() {
        EdgeSettings settings = ConfigFixture.settings("edge.access-log.target=/nowhere/at/all/access.log");

        assertThat(settings.accessLog().file()).isEmpty();
    }

    @Test
    void an_address_without_a_port_takes_the_default_port() {
        EdgeSettings settings = ConfigFixture.settings(
                "edge.pools.p.default-port=8082",
                "edge.pools.p.servers.s.address=stream-srv-1",
                "edge.pools.p.servers.t.address=[::1]:9");

        assertThat(pool(settings).pool().servers())
                .extracting(Server::address)
                .containsExactly(new ServerAddress("stream-srv-1", 8082), new ServerAddress("::1", 9));
    }

    @Test
    void pools_and_servers_are_sorted_by_name_and_names_with_dots_are_quoted() {
        EdgeSettings settings = ConfigFixture.settings(
                "edge.pools.\"a.pool\".servers.\"b.two\".address=h:2", "edge.pools.\"a.pool\".servers.a1.address=h:1");

        assertThat(settings.pools())
                .extracting(definition -> definition.pool().name())
                .containsExactly("a.pool", "p");
        assertThat(pool(settings).pool().servers()).extracting(Server::name).containsExactly("a1", "b.two");
    }

    @Test
    void the_environment_wins_over_a_file_and_is_written_in_upper_case() {
        Map<String, String> environment = Map.of(
                "EDGE_LISTEN_HTTP", "8088",
                "EDGE_TIMEOUTS_REQUEST_HEAD", "3s",
                "EDGE_POOLS_P_SERVERS_S_WEIGHT", "5");

        EdgeSettings settings =
                EdgeSettings.from(ConfigFixture.config(ConfigFixture.minimalWith("edge.listen.http=81"), environment));

        assertThat(settings.listen().http()).hasValue(8088);
        assertThat(settings.timeouts().requestHead()).isEqualTo(seconds(3));
        assertThat(server(settings).weight()).isEqualTo(new Weight(5));
    }

    @Test
    void a_whole_pool_can_come_from_the_environment() {
        Map<String, String> environment = Map.of("EDGE_POOLS_WEB_SERVERS_ONE_ADDRESS", "web:80");

        EdgeSettings settings = EdgeSettings.from(ConfigFixture.config(Map.of(), environment));

        assertThat(pool(settings).pool().name()).isEqualTo("web");
        assertThat(server(settings).name()).isEqualTo("one");
    }

    private static final Map<String, String> ROLE = Map.of(
            "haproxy_listen_http", "8088",
            "haproxy_sticky_cookie_name", "SRV",
            "haproxy_health_check_interval_ms", "300",
            "haproxy_health_check_fall", "4",
            "haproxy_health_check_rise", "5",
            "haproxy_graceful_drain_seconds", "6");

    private static void assertRoleApplies(EdgeSettings settings) {
        assertThat(settings.listen().http()).hasValue(8088);
        assertThat(settings.pools()).hasSize(2).allSatisfy(definition -> {
            assertThat(definition.stickyCookie().orElseThrow().name()).isEqualTo("SRV");
            assertThat(definition.health().interval()).isEqualTo(Duration.ofMillis(300));
            assertThat(definition.health().fall()).isEqualTo(4);
            assertThat(definition.health().rise()).isEqualTo(5);
            assertThat(definition.pool().slowStart()).isEqualTo(seconds(6));
        });
    }

    private static Map<String, String> twoStickyPools() {
        return ConfigFixture.minimalWith(
                "edge.pools.p.sticky-cookie.enabled=true",
                "edge.pools.q.sticky-cookie.enabled=true",
                "edge.pools.q.servers.s.address=127.0.0.1:8082");
    }

    @Test
    void the_variables_of_the_haproxy_role_are_the_defaults_of_every_pool() {
        Map<String, String> properties = twoStickyPools();
        properties.putAll(ROLE);

        assertRoleApplies(EdgeSettings.from(ConfigFixture.config(properties, Map.of())));
    }

    @Test
    void the_variables_of_the_haproxy_role_are_in_upper_case_in_the_environment() {
        Map<String, String> environment = new java.util.HashMap<>();
        ROLE.forEach((name, value) -> environment.put(name.toUpperCase(java.util.Locale.ROOT), value));

        assertRoleApplies(EdgeSettings.from(ConfigFixture.config(twoStickyPools(), environment)));
    }

    @Test
    void a_key_of_the_edge_wins_over_a_variable_of_the_role() {
        EdgeSettings settings = ConfigFixture.settings(
                "haproxy_listen_http=8088", "edge.listen.http=8089", "haproxy_health_check_fall=4");

        assertThat(settings.listen().http()).hasValue(8089);
        assertThat(pool(settings).health().fall()).isEqualTo(4);
    }

    @Test
    void settings_as_text_do_not_tell_the_token() {
        EdgeSettings settings = ConfigFixture.settings("edge.admin.token=0123456789abcdef");

        assertThat(settings.toString()).doesNotContain("0123456789abcdef").contains("(hidden)");
    }
}
