package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.KeyAndChain;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import io.veza.edge.tls.TlsOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which of several certificates a client gets, by the name it asks for. */
class ServerNameTest {

    @TempDir
    Path folder;

    private SSLContext trusting;
    private KeyAndChain first;
    private KeyAndChain exact;
    private KeyAndChain wildcard;

    @BeforeEach
    void certificates() throws Exception {
        TestAuthority root = TestAuthority.root("CN=Root");
        trusting = TlsClient.context(root.certificate(), null);
        first = root.issue("first.test");
        exact = root.issue("www.edge.test");
        wildcard = root.issue("*.edge.test");
        TestPem.write(folder.resolve("1.pem"), first);
        TestPem.write(folder.resolve("2.pem"), wildcard);
        TestPem.write(folder.resolve("3.pem"), exact);
    }

    private EdgeFixture edge(boolean strict) throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("https", true)
                .withCertificates(new Certificates(
                        new TlsOptions(
                                folder,
                                TlsOptions.Provider.AUTO,
                                TlsOptions.Version.TLS_1_2,
                                strict,
                                true,
                                Duration.ofSeconds(5),
                                Optional.empty()),
                        InstantSource.system()));
        return setup.servers(1).start();
    }

    /** The certificate that a client gets which does not verify that it is for this name. */
    private Certificate asked(EdgeFixture edge, String name) throws Exception {
        try (TlsClient client = new TlsClient(
                edge.address, trusting, name, parameters -> parameters.setEndpointIdentificationAlgorithm(""))) {
            return client.session().getPeerCertificates()[0];
        }
    }

    @Test
    void the_exact_name_goes_before_a_wildcard_and_that_before_the_first() throws Exception {
        try (EdgeFixture edge = edge(false)) {
            assertThat(asked(edge, "www.edge.test")).isEqualTo(exact.leaf());
            assertThat(asked(edge, "WWW.Edge.Test")).isEqualTo(exact.leaf());
            assertThat(asked(edge, "api.edge.test")).isEqualTo(wildcard.leaf());
            assertThat(asked(edge, "a.b.edge.test")).isEqualTo(first.leaf());
            assertThat(asked(edge, "edge.test")).isEqualTo(first.leaf());
            assertThat(asked(edge, "elsewhere.test")).isEqualTo(first.leaf());
            try (TlsClient nameless = new TlsClient(edge.address, trusting, "any.test", parameters -> {
                parameters.setEndpointIdentificationAlgorithm("");
                parameters.setServerNames(List.of());
            })) {
                assertThat(nameless.session().getPeerCertificates()[0]).isEqualTo(first.leaf());
            }
        }
    }

    @Test
    void strictly_a_name_without_a_certificate_is_refused_with_the_alert_for_it() throws Exception {
        try (EdgeFixture edge = edge(true)) {
            assertThat(asked(edge, "api.edge.test")).isEqualTo(wildcard.leaf());
            assertThatThrownBy(() -> asked(edge, "elsewhere.test"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("unrecognized_name");
            assertThat(edge.metric("edge_listener_handshakes_failed_total", "https", "unknown_name"))
                    .isOne();
        }
    }
}
