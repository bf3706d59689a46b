package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a changed value does to an edge that runs. */
class KeyEffectTest {

    private static final Pattern RESTARTING =
            Pattern.compile("(?m)^\\| `(edge\\.[^`]+)` \\|.*A change needs a restart \\|$");

    static Stream<String> keys() {
        return new KnownKeys().names().stream();
    }

    private static Configuration configuration(String... settings) {
        return Configuration.of(ConfigFixture.config(ConfigFixture.minimalWith(settings), Map.of()));
    }

    private static List<String> obstacles(String running, String next) {
        Configuration before = running.isEmpty() ? configuration() : configuration(running.split(";"));
        String[] settings = next.isEmpty() ? new String[0] : next.split(";");
        SmallRyeConfig after = ConfigFixture.config(ConfigFixture.minimalWith(settings), Map.of());
        return before.obstacles(after).stream().map(Problem::toString).toList();
    }

    @ParameterizedTest
    @MethodSource("keys")
    void every_key_has_an_effect(String key) {
        assertThat(KeyEffect.of(key)).as(key).isNotNull();
    }

    @Test
    void the_readme_says_of_the_same_keys_that_a_change_needs_a_restart() throws IOException {
        Set<String> said = RESTARTING
                .matcher(Files.readString(Path.of("README.md")))
                .results()
                .map((MatchResult row) -> row.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(said)
                .isEqualTo(keys().filter(key -> KeyEffect.of(key) == KeyEffect.RESTART)
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void the_same_configuration_read_again_has_no_obstacles() {
        assertThat(obstacles(
                        "edge.listen.http=8080;edge.pools.p.health.expect-body=a+",
                        "edge.pools.p.health.expect-body=a+;edge.listen.http=8080"))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            edge.listen.http=8080      | edge.listen.http=8081      | edge.listen.http = 8081: the running edge has 8080; another value needs a restart
            edge.listen.host=127.0.0.1 | edge.listen.host=::1       | edge.listen.host = ::1: the running edge has 127.0.0.1; another value needs a restart
            edge.threads=2             | edge.threads=3             | edge.threads = 3: the running edge has 2; another value needs a restart
            edge.admin.socket=/a/b     | edge.admin.socket=/a/c     | edge.admin.socket = /a/c: the running edge has /a/b; another value needs a restart
            edge.access-log.format=json| edge.access-log.format=off | edge.access-log.format = off: the running edge has json; another value needs a restart
            ''                         | edge.lab.embedded=true     | edge.lab.embedded = true: the running edge has false; another value needs a restart
            ''                         | edge.tls.cert-path=pom.xml  | edge.tls.cert-path = pom.xml: the running edge has no HTTPS listener; to open or close that listener needs a restart
            edge.tls.cert-path=pom.xml  | ''                         | edge.tls.cert-path: the running edge has pom.xml; to open or close that listener needs a restart
            """)
    void what_needs_a_restart_is_named_with_both_values(String running, String next, String problem) {
        assertThat(obstacles(running, next)).containsExactly(problem);
    }

    @Test
    void a_token_is_compared_and_never_shown() {
        assertThat(obstacles("edge.admin.token=abcdefghijklmnopq", "edge.admin.token=qponmlkjihgfedcba"))
                .singleElement()
                .asString()
                .startsWith("edge.admin.token: ")
                .doesNotContain("abcdefghijklmnopq", "qponmlkjihgfedcba");
    }

    @ParameterizedTest
    @CsvSource({
        "edge.timeouts.client=3s",
        "edge.limits.connections=5",
        "edge.pools.p.balance=uri",
        "edge.pools.q.servers.s.address=127.0.0.1:1",
        "edge.default-pool=p",
        "edge.shutdown.drain=1s",
        "edge.listen.h2c=true"
    })
    void what_can_change_is_no_obstacle(String next) {
        assertThat(obstacles("", next)).isEmpty();
    }

    /** Compiled patterns are compared by identity, and pools with them would have changed with every reload. */
    @Test
    void a_pool_read_again_is_equal() {
        String[] settings = {
            "edge.pools.p.health.expect-body=ok+",
            "edge.pools.p.balance=uri",
            "edge.pools.p.hash.key=path-regex:/a/([^/]+)",
            "edge.pools.p.sticky-cookie.enabled=true"
        };

        assertThat(configuration(settings).settings().pools())
                .isEqualTo(configuration(settings).settings().pools());
    }

    /** A reload of a file that nobody has changed must find that out, whatever is in it. */
    @Test
    void settings_read_again_are_equal() {
        String[] settings = {
            "edge.default-pool=p",
            "edge.routes.r.pool=p",
            "edge.routes.r.hosts=a.test",
            "edge.routes.r.allow=10.0.0.0/8,fd00::/8",
            "edge.routes.r.deny=10.0.0.1",
            "edge.access.http.allow=10.0.0.0/8",
            "edge.trusted-proxies=10.0.0.0/8",
            "edge.listen.accept-proxy=http",
            "edge.tls.cert-path=pom.xml",
            "edge.tls.hsts.max-age=1d",
            "edge.tls.redirect-http=true",
            "edge.admin.token=abcdefghijklmnopq",
            "edge.limits.body-rate=off",
            "edge.pools.p.health.expect-status=200,204",
            "edge.pools.p.tls.enabled=true",
            "edge.pools.p.protocol=h2",
            "edge.pools.p.servers.s.max-connections=3"
        };

        assertThat(configuration(settings).settings())
                .isEqualTo(configuration(settings).settings());
    }
}
