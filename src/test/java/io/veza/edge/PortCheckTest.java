package io.veza.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.config.EdgeSettings;
import io.veza.edge.config.Problem;
import io.veza.edge.config.TlsSettings;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class PortCheckTest {

    @Test
    void a_port_that_somebody_listens_on_is_a_problem_that_names_the_key() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {

            assertThat(PortCheck.problems(
                            new EdgeSettings.Listen("127.0.0.1", OptionalInt.of(taken.getLocalPort()), false),
                            Optional.empty()))
                    .anySatisfy(problem -> assertThat(problem.toString())
                            .startsWith(
                                    "edge.listen.http = " + taken.getLocalPort() + ": cannot be bound on 127.0.0.1"));
        }
    }

    @Test
    void the_port_of_https_is_looked_at_too() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {

            assertThat(PortCheck.problems(
                            new EdgeSettings.Listen("127.0.0.1", OptionalInt.of(0), false),
                            Optional.of(https(taken.getLocalPort()))))
                    .anySatisfy(problem -> assertThat(problem.toString())
                            .startsWith(
                                    "edge.listen.https = " + taken.getLocalPort() + ": cannot be bound on 127.0.0.1"));
        }
    }

    @Test
    void http_and_https_cannot_have_one_port() throws Exception {
        int free;
        try (ServerSocket once = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = once.getLocalPort();
        }

        assertThat(PortCheck.problems(
                        new EdgeSettings.Listen("127.0.0.1", OptionalInt.of(free), false), Optional.of(https(free))))
                .extracting(Problem::toString)
                .contains("edge.listen.https = " + free
                        + ": cannot be bound on 127.0.0.1: it is the port of edge.listen.http");
    }

    private static TlsSettings https(int port) {
        return new TlsSettings(
                port,
                Path.of("edge.pem"),
                false,
                true,
                TlsSettings.Provider.AUTO,
                TlsSettings.Version.TLS_1_2,
                Duration.ofSeconds(1),
                Optional.empty(),
                true,
                TlsSettings.ClientAuth.NONE,
                Optional.empty(),
                Optional.empty());
    }

    @Test
    void a_name_without_an_address_is_a_problem() {
        assertThat(PortCheck.problems(
                        new EdgeSettings.Listen("no-such-host.invalid", OptionalInt.of(18_080), false),
                        Optional.empty()))
                .anySatisfy(problem -> assertThat(problem.toString())
                        .isEqualTo("edge.listen.host = no-such-host.invalid: this name has no address"));
    }
}
