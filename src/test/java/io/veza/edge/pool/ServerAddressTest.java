package io.veza.edge.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerAddressTest {

    @ParameterizedTest
    @CsvSource({
        "backend-api-1:8080, backend-api-1, 8080, backend-api-1:8080",
        "backend_api,        backend_api,   9000, backend_api:9000",
        "127.0.0.1:1,        127.0.0.1,     1,    127.0.0.1:1",
        "h:65535,            h,             65535, h:65535",
        "[::1]:8080,         ::1,           8080, [::1]:8080",
        "[fe80::1%eth0],     fe80::1%eth0,  9000, [fe80::1%eth0]:9000",
    })
    void every_form_is_read_and_written_again(String text, String host, int port, String written) {
        ServerAddress address = ServerAddress.parse(text, OptionalInt.of(9000));

        assertThat(address).isEqualTo(new ServerAddress(host, port));
        assertThat(address).hasToString(written);
    }

    @ParameterizedTest
    @CsvSource({
        "'',        is not a host name",
        ":80,       is not a host name",
        "a b:80,    is not a host name",
        "a/b:80,    is not a host name",
        "a:0,       port 0 is not in 1..65535",
        "a:65536,   port 65536 is not in 1..65535",
        "a:,        is not host:port",
        "a:x,       is not host:port",
        "a:+1,      is not host:port",
        "a:123456,  is not host:port",
        "::1,       write an IPv6 address in brackets",
        "a:1:2,     write an IPv6 address in brackets",
        "[::1,      is not host:port",
        "[::1]x,    is not host:port",
        "[::1]x:80, is not host:port",
        "[::1]:,    is not host:port",
        "[]:80,     is not a host name",
    })
    void anything_else_is_refused_with_what_is_wrong(String text, String problem) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerAddress.parse(text, OptionalInt.of(9000)))
                .withMessageContaining(problem);
    }

    @Test
    void a_host_without_a_port_needs_a_default() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerAddress.parse("backend-api-1", OptionalInt.empty()))
                .withMessage("\"backend-api-1\" has no port and the pool has no default-port");
    }

    @Test
    void a_host_name_has_at_most_253_characters() {
        assertThat(new ServerAddress("a".repeat(253), 80).host()).hasSize(253);
        assertThatIllegalArgumentException().isThrownBy(() -> new ServerAddress("a".repeat(254), 80));
    }
}
