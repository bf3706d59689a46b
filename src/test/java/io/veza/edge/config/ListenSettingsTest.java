package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An edge without the HTTP listener, and what goes with it. */
class ListenSettingsTest {

    @Test
    void http_can_be_switched_off_where_there_is_https(@TempDir Path folder) {
        EdgeSettings settings = ConfigFixture.settings("edge.listen.http=off", "edge.tls.cert-path=" + folder);

        assertThat(settings.listen().http()).isEmpty();
        assertThat(settings.tls()).isPresent();
    }

    @Test
    void an_edge_without_a_listener_is_a_problem() {
        assertThat(problems("edge.listen.http=off"))
                .isEqualTo(
                        "edge.listen.http = off: needs edge.tls.cert-path, for HTTPS; else nobody would be listened to");
    }

    @Test
    void what_the_http_listener_does_needs_one(@TempDir Path folder) {
        String needs = "needs the HTTP listener, which edge.listen.http=off takes away";
        String[] off = {"edge.listen.http=off", "edge.tls.cert-path=" + folder, ""};

        off[2] = "edge.listen.h2c=true";
        assertThat(problems(off)).isEqualTo("edge.listen.h2c = true: " + needs);
        off[2] = "edge.tls.redirect-http=8443";
        assertThat(problems(off)).isEqualTo("edge.tls.redirect-http = 8443: " + needs);
        off[2] = "edge.listen.accept-proxy=https,http";
        assertThat(problems("edge.trusted-proxies=10.0.0.1", off[0], off[1], off[2]))
                .isEqualTo("edge.listen.accept-proxy = https,http: " + needs);
    }

    @Test
    void what_is_neither_a_port_nor_off_is_named() {
        assertThat(problems("edge.listen.http=none"))
                .isEqualTo("edge.listen.http = none: must be a number in 0..65535, or off");
    }

    private static String problems(String... settings) {
        InvalidConfigException invalid =
                catchThrowableOfType(InvalidConfigException.class, () -> ConfigFixture.settings(settings));
        assertThat(invalid.problems()).hasSize(1);
        return invalid.problems().get(0).toString();
    }
}
