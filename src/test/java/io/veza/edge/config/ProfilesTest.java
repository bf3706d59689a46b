package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.veza.edge.pool.HashKey;
import io.veza.edge.pool.Server;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The properties files as shipped. */
class ProfilesTest {

    private static SmallRyeConfig config(String profile) {
        return ConfigUtils.configBuilder()
                .withSources(new PropertiesConfigSource(Map.of("quarkus.profile", profile), "test", 1_000))
                .build();
    }

    private static EdgeSettings settings(String profile) {
        return EdgeSettings.from(config(profile));
    }

    @Test
    void the_base_has_no_pool_and_no_other_problem() {
        assertThatThrownBy(EdgeSettings::load)
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageStartingWith("edge.pools: there must be a pool")
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"lab", "dev", "test"})
    void the_topology_has_two_pools_of_two_servers_and_a_route_to_each(String profile) {
        EdgeSettings settings = settings(profile);

        assertThat(settings.pools())
                .extracting(definition -> definition.pool().name())
                .containsExactly("api_pool", "stream_pool");
        assertThat(settings.pools())
                .flatExtracting(definition -> definition.pool().servers())
                .extracting(Server::name)
                .containsExactly("backend-api-1", "backend-api-2", "stream-srv-1", "stream-srv-2");
        assertThat(settings.routes())
                .extracting(route -> route.pathPrefixes() + " to " + route.pool())
                .containsExactly("[/api] to api_pool", "[/hls] to stream_pool");
        assertThat(settings.pools().get(0).stickyCookie()).isPresent();
        assertThat(settings.pools().get(1).pool().balance().hashKey()).isInstanceOf(HashKey.PathRegex.class);
    }

    @Test
    void the_lab_uses_the_names_and_ports_of_its_containers() {
        assertThat(settings("lab").pools())
                .flatExtracting(definition -> definition.pool().servers())
                .extracting(server -> server.address().toString())
                .containsExactly("backend-api-1:8080", "backend-api-2:8080", "stream-srv-1:8082", "stream-srv-2:8082");
        assertThat(settings("lab").embeddedLab()).isFalse();
    }

    @Test
    void dev_embeds_the_lab_on_the_loopback_address() {
        EdgeSettings dev = settings("dev");

        assertThat(dev.embeddedLab()).isTrue();
        assertThat(dev.listen()).isEqualTo(new EdgeSettings.Listen("127.0.0.1", OptionalInt.of(8080), false));
        assertThat(dev.pools()).allSatisfy(definition -> {
            assertThat(definition.health().interval()).isEqualTo(Duration.ofSeconds(1));
            assertThat(definition.pool().servers())
                    .allSatisfy(server -> assertThat(server.address().host()).isEqualTo("127.0.0.1"));
        });
    }

    @Test
    void tests_bind_free_ports() {
        assertThat(settings("test").listen().http()).hasValue(0);
        assertThat(config("test").getConfigValue("quarkus.http.test-port").getRawValue())
                .isEqualTo("0");
    }

    @Test
    void management_stays_on_the_loopback_address_and_event_loops_follow_the_threads() {
        SmallRyeConfig config = config("lab");

        assertThat(config.getConfigValue("quarkus.http.host").getRawValue()).isEqualTo("127.0.0.1");
        assertThat(config.getConfigValue("quarkus.http.port").getRawValue()).isEqualTo("9100");
        assertThat(config.getValue("quarkus.vertx.event-loops-pool-size", Integer.class))
                .isEqualTo(Runtime.getRuntime().availableProcessors());
    }
}
