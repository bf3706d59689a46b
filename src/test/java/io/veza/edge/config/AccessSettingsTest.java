package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.veza.edge.pool.AddressRule;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The keys that say who comes in. */
class AccessSettingsTest {

    /** The keys that are tested here. */
    static Stream<String> keys() {
        return Stream.of(
                "edge.listen.accept-proxy",
                "edge.access.http.allow",
                "edge.access.http.deny",
                "edge.access.https.allow",
                "edge.access.https.deny",
                "edge.routes.r.allow",
                "edge.routes.r.deny");
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

    @Test
    void by_default_every_client_may_come() {
        EdgeSettings settings = ConfigFixture.settings("edge.routes.r.pool=p");

        assertThat(settings.access("http").clients()).isSameAs(AddressRule.OPEN);
        assertThat(settings.access("https").clients()).isSameAs(AddressRule.OPEN);
        assertThat(settings.routes().get(0).clients()).isSameAs(AddressRule.OPEN);
    }

    @Test
    void clients_are_kept_out_by_listener_and_by_route() throws Exception {
        EdgeSettings settings = ConfigFixture.settings(
                "edge.access.http.allow=10.0.0.0/8, 2001:db8::/32",
                "edge.access.http.deny=10.1.0.0/16",
                "edge.access.https.deny=192.0.2.7",
                "edge.routes.r.pool=p",
                "edge.routes.r.allow=::1",
                "edge.routes.r.deny=::ffff:10.0.0.0/104");

        assertThat(admitted(settings.access("http").clients())).containsExactly("10.0.0.1", "2001:db8::1");
        assertThat(admitted(settings.access("https").clients()))
                .containsExactly("10.0.0.1", "10.1.0.1", "::1", "2001:db8::1");
        assertThat(admitted(settings.routes().get(0).clients())).containsExactly("::1");
    }

    private static List<String> admitted(AddressRule rule) throws Exception {
        List<String> admitted = new ArrayList<>();
        for (String client : List.of("10.0.0.1", "10.1.0.1", "192.0.2.7", "::1", "2001:db8::1")) {
            if (rule.admits(InetAddress.getByName(client).getAddress())) {
                admitted.add(client);
            }
        }
        return admitted;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            edge.listen.accept-proxy=ftp    | edge.listen.accept-proxy = ftp: must be a list of http, https
            edge.listen.accept-proxy=true   | edge.listen.accept-proxy = true: must be a list of http, https
            edge.access.http.allow=all       | edge.access.http.allow = all: "all" is not an address or CIDR
            edge.access.https.deny=10/8      | edge.access.https.deny = 10/8: "10/8" is not an address or CIDR
            edge.routes.r.allow=::1,         | edge.routes.r.allow = ::1,: has an empty element
            edge.routes.r.deny=1.2.3.4/33    | edge.routes.r.deny = 1.2.3.4/33: "1.2.3.4/33" is not an address or CIDR
            edge.listen.accept-proxy=http   | edge.listen.accept-proxy = http: needs edge.trusted-proxies
            """)
    void names_what_is_wrong(String setting, String problem) {
        assertThatThrownBy(() -> ConfigFixture.settings(setting))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining(problem);
    }
}
