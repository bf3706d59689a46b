package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The keys that say who comes in. */
class AccessSettingsTest {

    /** The keys that are tested here. */
    static Stream<String> keys() {
        return Stream.of("edge.listen.accept-proxy");
    }

    @Test
    void by_default_no_listener_takes_a_proxy_header() {
        assertThat(ConfigFixture.settings().access().values())
                .extracting(ListenerAccess::acceptProxy)
                .containsExactly(false, false);
    }

    @Test
    void listeners_take_proxy_headers_where_they_are_named() {
        EdgeSettings settings =
                ConfigFixture.settings("edge.listen.accept-proxy=https", "edge.trusted-proxies=10.0.0.0/8");

        assertThat(settings.access("https").acceptProxy()).isTrue();
        assertThat(settings.access("http").acceptProxy()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            edge.listen.accept-proxy=ftp    | edge.listen.accept-proxy = ftp: must be a list of http, https
            edge.listen.accept-proxy=true   | edge.listen.accept-proxy = true: must be a list of http, https
            edge.listen.accept-proxy=http   | edge.listen.accept-proxy = http: needs edge.trusted-proxies
            """)
    void names_what_is_wrong(String setting, String problem) {
        assertThatThrownBy(() -> ConfigFixture.settings(setting))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining(problem);
    }
}
