package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.veza.edge.control.ServerLink;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a pool's servers are spoken to, as configured. */
class LinkSettingsTest {

    /** The keys that are tested here. */
    static final List<String> KEYS = List.of(
            "edge.pools.p.protocol",
            "edge.pools.p.send-proxy",
            "edge.pools.p.tls.enabled",
            "edge.pools.p.tls.verify",
            "edge.pools.p.tls.ca",
            "edge.pools.p.tls.sni",
            "edge.pools.p.tls.client-cert",
            "edge.pools.p.health.type",
            "edge.pools.p.health.grpc-service");

    private static ServerLink link(String... settings) {
        return ConfigFixture.settings(settings).pools().get(0).link();
    }

    @Test
    void servers_speak_http_1_in_clear_text_unless_told_otherwise() {
        assertThat(link()).isEqualTo(ServerLink.PLAIN);
    }

    @Test
    void tls_verifies_by_the_authorities_of_the_jdk_and_the_server_s_own_name() {
        assertThat(link("edge.pools.p.tls.enabled=true").tls())
                .contains(new ServerLink.Tls(true, Optional.empty(), Optional.empty(), Optional.empty()));
    }

    @Test
    void tls_is_as_configured() {
        assertThat(link(
                                "edge.pools.p.tls.enabled=true",
                                "edge.pools.p.tls.verify=none",
                                "edge.pools.p.tls.ca=/etc/ca.pem",
                                "edge.pools.p.tls.sni=api.internal",
                                "edge.pools.p.tls.client-cert=edge.pem")
                        .tls())
                .contains(new ServerLink.Tls(
                        false,
                        Optional.of(Path.of("/etc/ca.pem")),
                        Optional.of("api.internal"),
                        Optional.of(Path.of("edge.pem"))));
    }

    @Test
    void http2_goes_with_tls_or_without_by_its_name() {
        assertThat(link("edge.pools.p.protocol=h2c").protocol()).isEqualTo(ServerLink.Protocol.H2C);
        assertThat(link("edge.pools.p.protocol=h2", "edge.pools.p.tls.enabled=true")
                        .isHttp2())
                .isTrue();
        assertThatThrownBy(() -> link("edge.pools.p.protocol=h2c", "edge.pools.p.tls.enabled=true"))
                .hasMessageContaining("edge.pools.p.protocol")
                .hasMessageContaining("h2c is without TLS");
    }

    @Test
    void a_proxy_header_is_sent_on_request_and_not_with_http2() {
        assertThat(link("edge.pools.p.send-proxy=v2").proxyHeader()).isEqualTo(ServerLink.ProxyHeader.V2);
        assertThatThrownBy(() -> link("edge.pools.p.send-proxy=v1", "edge.pools.p.protocol=h2c"))
                .hasMessageContaining("edge.pools.p.protocol")
                .hasMessageContaining("send-proxy");
    }

    @Test
    void checks_by_grpc_ask_for_the_whole_server_or_for_one_service() {
        assertThat(ConfigFixture.settings("edge.pools.p.protocol=h2c", "edge.pools.p.health.type=grpc")
                        .pools()
                        .get(0)
                        .health()
                        .grpcService())
                .contains("");
        assertThat(ConfigFixture.settings(
                                "edge.pools.p.protocol=h2c",
                                "edge.pools.p.health.type=grpc",
                                "edge.pools.p.health.grpc-service=shop.v1.Cart")
                        .pools()
                        .get(0)
                        .health()
                        .grpcService())
                .contains("shop.v1.Cart");
    }

    @ParameterizedTest
    @CsvSource({
        "tls.enabled=yes, 'must be true or false'",
        "protocol=http2, 'must be one of http1, h2c, h2'",
        "protocol=h2, 'needs tls.enabled=true'",
        "send-proxy=v3, 'must be one of none, v1, v2'",
        "health.type=tcp, 'must be one of http, grpc'",
        "health.type=grpc, 'needs protocol=h2c or h2'",
        "health.grpc-service=a b, 'must be a service'",
        "tls.verify=optional, 'must be one of required, none'",
        "tls.verify=none, 'needs tls.enabled=true'",
        "tls.verify=required, 'needs tls.enabled=true'",
        "tls.ca=ca.pem, 'needs tls.enabled=true'",
        "tls.sni=api.internal, 'needs tls.enabled=true'",
        "tls.client-cert=edge.pem, 'needs tls.enabled=true'",
        "tls.sni=10.0.0.1, 'must be a name, not an IP address'",
        "tls.sni=::1, 'must be a name, not an IP address'",
    })
    void what_cannot_be_read_is_a_problem_of_its_key(String setting, String allowed) {
        String key = "edge.pools.p." + setting.substring(0, setting.indexOf('='));

        assertThatThrownBy(() -> link("edge.pools.p." + setting))
                .isInstanceOfSatisfying(InvalidConfigException.class, invalid -> assertThat(invalid.problems())
                        .singleElement()
                        .satisfies(problem -> {
                            assertThat(problem.key()).isEqualTo(key);
                            assertThat(problem.allowed()).contains(allowed);
                        }));
    }
}
