package io.veza.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.config.EdgeSettings;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PortCheckTest {

    @Test
    void a_port_that_somebody_listens_on_is_a_problem_that_names_the_key() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {

            assertThat(PortCheck.problems(
                            new EdgeSettings.Listen("127.0.0.1", taken.getLocalPort(), false), Optional.empty()))
                    .anySatisfy(problem -> assertThat(problem.toString())
                            .startsWith(
                                    "edge.listen.http = " + taken.getLocalPort() + ": cannot be bound on 127.0.0.1"));
        }
    }

    @Test
    void a_name_without_an_address_is_a_problem() {
        assertThat(PortCheck.problems(new EdgeSettings.Listen("no-such-host.invalid", 18_080, false), Optional.empty()))
                .anySatisfy(problem -> assertThat(problem.toString())
                        .isEqualTo("edge.listen.host = no-such-host.invalid: this name has no address"));
    }
}
