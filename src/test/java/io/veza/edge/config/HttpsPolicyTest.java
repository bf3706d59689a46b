package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The keys that hold clients to TLS. */
class HttpsPolicyTest {

    /** The keys that are tested here. */
    static Stream<String> keys() {
        return Stream.of(
                "edge.tls.redirect-http",
                "edge.tls.hsts.max-age",
                "edge.tls.hsts.include-subdomains",
                "edge.tls.hsts.preload");
    }

    @Test
    void by_default_clients_are_served_without_tls_and_told_nothing() {
        HttpsPolicy policy = ConfigFixture.settings().httpsPolicy();

        assertThat(policy.redirectHttp()).isFalse();
        assertThat(policy.hsts()).isEmpty();
    }

    @Test
    void clients_are_redirected_to_the_listener_or_to_the_port_it_has_for_them(@TempDir Path folder) {
        HttpsPolicy listener = ConfigFixture.settings("edge.tls.redirect-http=true", "edge.tls.cert-path=" + folder)
                .httpsPolicy();
        HttpsPolicy port = ConfigFixture.settings("edge.tls.redirect-http=8443").httpsPolicy();

        assertThat(listener.redirectHttp()).isTrue();
        assertThat(listener.redirectPort()).isEmpty();
        assertThat(port.redirectHttp()).isTrue();
        assertThat(port.redirectPort()).isEqualTo(OptionalInt.of(8443));
    }

    @Test
    void reads_what_browsers_are_told(@TempDir Path folder) {
        HttpsPolicy policy = ConfigFixture.settings(
                        "edge.tls.cert-path=" + folder,
                        "edge.tls.hsts.max-age=730d",
                        "edge.tls.hsts.include-subdomains=true",
                        "edge.tls.hsts.preload=true")
                .httpsPolicy();

        assertThat(policy.hsts()).contains(new HttpsPolicy.Hsts(Duration.ofDays(730), true, true));
        assertThat(ConfigFixture.settings("edge.tls.hsts.max-age=0s", "edge.tls.cert-path=" + folder)
                        .httpsPolicy()
                        .hsts())
                .contains(new HttpsPolicy.Hsts(Duration.ZERO, false, false));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            edge.tls.redirect-http=yes             | = yes: must be true, false or a port in 1..65535
            edge.tls.redirect-http=true            | = true: needs edge.tls.cert-path, or the port of
            edge.tls.redirect-http=0               | = 0: must be true, false or a port in 1..65535
            edge.tls.hsts.max-age=-1s              | = -1s: must be a duration in 0s..3650d
            edge.tls.hsts.max-age=1d               | = 1d: needs edge.tls.cert-path; only
            edge.tls.hsts.include-subdomains=1     | = 1: must be true or false
            edge.tls.hsts.include-subdomains=true  | = true: needs edge.tls.hsts.max-age
            edge.tls.hsts.preload=true             | = true: needs edge.tls.hsts.max-age
            """)
    void names_what_is_wrong(String setting, String problem) {
        assertThatThrownBy(() -> ConfigFixture.settings(setting))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining(setting.substring(0, setting.indexOf('=')) + " " + problem);
    }

    @Test
    void preloading_needs_a_year_and_the_subdomains() {
        assertThatThrownBy(() -> ConfigFixture.settings(
                        "edge.tls.hsts.max-age=364d",
                        "edge.tls.hsts.include-subdomains=true",
                        "edge.tls.hsts.preload=true"))
                .hasMessageContaining("edge.tls.hsts.preload = true: needs edge.tls.hsts.include-subdomains=true and");
        assertThatThrownBy(() -> ConfigFixture.settings("edge.tls.hsts.max-age=365d", "edge.tls.hsts.preload=true"))
                .hasMessageContaining("edge.tls.hsts.preload = true: needs edge.tls.hsts.include-subdomains=true and");
    }
}
