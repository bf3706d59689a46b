package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import io.veza.edge.tls.TlsOptions;
import io.veza.edge.tls.TlsOptions.Version;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HTTP over TLS as clients see it, by either provider. */
class TlsListenerTest {

    @TempDir
    Path folder;

    private SSLContext trusting;
    private Path file;

    @BeforeEach
    void certificate() throws Exception {
        TestAuthority root = TestAuthority.root("CN=Root");
        file = TestPem.write(
                folder.resolve("edge.pem"), root.intermediate("CN=Issuing").issue("edge.test"));
        trusting = TlsClient.context(root.certificate(), null);
    }

    private EdgeFixture.Setup edge(TlsOptions.Provider provider) {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings(
                "https",
                true,
                new Certificates(new TlsOptions(file, provider, Version.TLS_1_2, false, true, Duration.ofSeconds(5))));
        return setup;
    }

    private TlsClient client(EdgeFixture edge, String... protocols) throws Exception {
        return new TlsClient(edge.address, trusting, "edge.test", parameters -> {
            if (protocols.length > 0) {
                parameters.setProtocols(protocols);
            }
        });
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsOptions.Provider.class,
            names = {"OPENSSL", "JDK"})
    void requests_are_answered_over_both_versions(TlsOptions.Provider provider) throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture edge = edge(provider).servers(server.port()).start()) {
            for (String version : new String[] {"TLSv1.2", "TLSv1.3"}) {
                try (TlsClient client = client(edge, version)) {
                    assertThat(client.session().getProtocol()).isEqualTo(version);

                    assertThat(client.http().get("/").response())
                            .startsWith("HTTP/1.1 200")
                            .endsWith("\r\n\r\nhello");
                    assertThat(client.http().get("/").response()).startsWith("HTTP/1.1 200");
                }
            }
        }
    }
}
