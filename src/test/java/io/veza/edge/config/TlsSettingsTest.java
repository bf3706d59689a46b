package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TlsSettingsTest {

    /** The keys that are read here. */
    static final List<String> KEYS = List.of(
            "edge.listen.https",
            "edge.timeouts.handshake",
            "edge.tls.cert-path",
            "edge.tls.sni-strict",
            "edge.tls.http2",
            "edge.tls.ticket-keys",
            "edge.tls.ocsp-stapling",
            "edge.tls.client-auth",
            "edge.tls.client-ca",
            "edge.tls.client-crl",
            "edge.tls.provider",
            "edge.tls.min-version");

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void certificate() throws Exception {
        file = Files.createFile(folder.resolve("edge.pem"));
    }

    @Test
    void without_a_certificate_there_is_no_tls() {
        assertThat(ConfigFixture.settings("edge.listen.https=8443").tls()).isEmpty();
    }

    @Test
    void every_key_has_its_default() {
        assertThat(ConfigFixture.settings("edge.tls.cert-path=" + file).tls())
                .contains(new TlsSettings(
                        443,
                        file,
                        false,
                        true,
                        TlsSettings.Provider.AUTO,
                        TlsSettings.Version.TLS_1_2,
                        Duration.ofSeconds(10),
                        Optional.empty(),
                        true,
                        TlsSettings.ClientAuth.NONE,
                        Optional.empty(),
                        Optional.empty()));
    }

    @Test
    void every_key_can_be_set() {
        assertThat(ConfigFixture.settings(
                                "edge.tls.cert-path=" + folder,
                                "edge.listen.https=8443",
                                "edge.tls.sni-strict=true",
                                "edge.tls.http2=false",
                                "edge.tls.client-auth=required",
                                "edge.tls.client-ca=" + file,
                                "edge.tls.client-crl=" + file,
                                "edge.tls.ticket-keys=" + file,
                                "edge.tls.ocsp-stapling=false",
                                "edge.tls.provider=jdk",
                                "edge.tls.min-version=1.3",
                                "edge.timeouts.handshake=3s")
                        .tls())
                .contains(new TlsSettings(
                        8443,
                        folder,
                        true,
                        false,
                        TlsSettings.Provider.JDK,
                        TlsSettings.Version.TLS_1_3,
                        Duration.ofSeconds(3),
                        Optional.of(file),
                        false,
                        TlsSettings.ClientAuth.REQUIRED,
                        Optional.of(file),
                        Optional.of(file)));
    }

    @Test
    void clients_cannot_be_asked_without_an_authority() {
        InvalidConfigException invalid = catchThrowableOfType(
                InvalidConfigException.class, () -> ConfigFixture.settings("edge.tls.client-auth=optional"));

        assertThat(invalid.problems())
                .containsExactlyInAnyOrder(
                        new Problem(
                                "edge.tls.client-ca",
                                "",
                                "must be given, since edge.tls.client-auth asks clients for certificates"),
                        new Problem(
                                "edge.tls.client-auth",
                                "optional",
                                "needs edge.tls.cert-path; without it there is HTTP only"));
    }

    @Test
    void names_cannot_be_strict_without_a_certificate() {
        InvalidConfigException invalid = catchThrowableOfType(
                InvalidConfigException.class, () -> ConfigFixture.settings("edge.tls.sni-strict=true"));

        assertThat(invalid.problems())
                .containsExactly(new Problem(
                        "edge.tls.sni-strict", "true", "needs edge.tls.cert-path; without it there is HTTP only"));
    }

    @Test
    void the_roles_old_names_are_read() {
        EdgeSettings settings = EdgeSettings.from(ConfigFixture.config(
                ConfigFixture.minimal(),
                Map.of("HAPROXY_TLS_CERT_PATH", file.toString(), "HAPROXY_LISTEN_HTTPS", "9443")));

        assertThat(settings.tls()).hasValueSatisfying(tls -> {
            assertThat(tls.certificates()).isEqualTo(file);
            assertThat(tls.port()).isEqualTo(9443);
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            edge.listen.https=65536        | must be a number in 0..65535
            edge.tls.cert-path=/none.pem   | there is no such file or folder
            edge.tls.sni-strict=yes        | must be true or false
            edge.tls.ticket-keys=/none     | there is no such file
            edge.tls.client-auth=yes       | must be one of none, optional, required
            edge.tls.client-ca=/none       | there is no such file
            edge.tls.client-crl=/none      | there is no such file
            edge.tls.ocsp-stapling=on      | must be true or false
            edge.tls.http2=on              | must be true or false
            edge.tls.provider=bouncycastle | must be one of auto, openssl, jdk
            edge.tls.min-version=1.1       | must be one of 1.2, 1.3
            edge.timeouts.handshake=0s     | must be a duration in 1ms..30d
            """)
    void what_is_wrong_is_named(String setting, String allowed) {
        InvalidConfigException invalid =
                catchThrowableOfType(InvalidConfigException.class, () -> ConfigFixture.settings(setting));

        assertThat(invalid.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.key()).isEqualTo(setting.substring(0, setting.indexOf('=')));
            assertThat(problem.allowed()).startsWith(allowed);
        });
    }
}
