package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.ReloadEvent;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import io.veza.edge.tls.TlsOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.Random;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sessions that one edge has made and another resumes. A JDK client finds a session by the name and the port of the server:
 * so the second edge is put where the first one was, which an address of its own behind one name comes down to.
 */
class TicketKeysTest {

    private static final int SHORT = 48;

    @TempDir
    Path folder;

    private SSLContext trusting;
    private Path file;
    private Path keys;

    /** Each with bytes of its own, the same in each test. */
    private static String key(int number, int length) {
        byte[] bytes = new byte[length];
        new Random(number).nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes) + "\n";
    }

    @BeforeEach
    void certificate() throws Exception {
        TestAuthority root = TestAuthority.root("CN=Root");
        file = TestPem.write(folder.resolve("edge.pem"), root.issue("edge.test"));
        trusting = TlsClient.context(root.certificate(), null);
        keys = write(SHORT, 1, 2, 3);
    }

    private Path write(int length, int... numbers) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int number : numbers) {
            text.append(key(number, length));
        }
        return Files.writeString(folder.resolve("tickets"), text);
    }

    private Certificates certificates(Optional<Path> ticketKeys) {
        return new Certificates(
                new TlsOptions(
                        file,
                        TlsOptions.Provider.OPENSSL,
                        TlsOptions.Version.TLS_1_2,
                        false,
                        false,
                        Duration.ofSeconds(5),
                        ticketKeys),
                InstantSource.system());
    }

    private static EdgeFixture edge(Certificates certificates, RawServer server) throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("https", false).withCertificates(certificates);
        return setup.servers(server.port()).start();
    }

    /** Asks the edge once; its port is given by the name of the session alone. */
    private void visit(EdgeFixture edge, int sessionPort, String version) throws Exception {
        try (TlsClient client = new TlsClient(
                edge.address,
                sessionPort,
                trusting,
                "edge.test",
                TlsClient.Opening.AT_ONCE,
                parameters -> parameters.setProtocols(new String[] {version}))) {
            assertThat(client.http().get("/").response()).startsWith("HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.2, 48", "TLSv1.3, 48", "TLSv1.2, 80", "TLSv1.3, 80"})
    void edges_with_the_same_keys_resume_each_others_sessions(String version, int length) throws Exception {
        write(length, 1, 2, 3);
        Certificates one = certificates(Optional.of(keys));
        Certificates other = certificates(Optional.of(keys));
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture first = edge(one, server);
                EdgeFixture second = edge(other, server)) {
            visit(first, 443, version);
            visit(second, 443, version);

            assertThat(one.resumed()).isZero();
            assertThat(other.resumed()).isOne();
        }
    }

    /** The test itself is tested: without common keys nothing is resumed. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void edges_with_keys_of_their_own_do_not(String version) throws Exception {
        Certificates one = certificates(Optional.empty());
        Certificates other = certificates(Optional.empty());
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture first = edge(one, server);
                EdgeFixture second = edge(other, server)) {
            visit(first, 443, version);
            visit(second, 443, version);

            assertThat(other.resumed()).isZero();
        }
    }

    /** The key that is appended opens before it seals, and the oldest is forgotten. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void keys_are_rotated_by_appending_one(String version) throws Exception {
        Certificates behind = certificates(Optional.of(keys));
        Certificates ahead = certificates(Optional.of(keys));
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture first = edge(behind, server);
                EdgeFixture second = edge(ahead, server)) {
            write(SHORT, 1, 2, 3, 4);
            ahead.look();
            assertThat(ahead.look()).containsExactly(new ReloadEvent(keys.toString(), "was read anew", true));

            visit(second, 443, version);
            visit(first, 443, version);
            assertThat(behind.resumed())
                    .as("sealed by 3, opened by who has 1, 2, 3")
                    .isOne();

            visit(first, 444, version);
            visit(second, 444, version);
            assertThat(ahead.resumed())
                    .as("sealed by 2, opened by who has 2, 3, 4")
                    .isOne();

            visit(first, 445, version);
            write(SHORT, 3, 4, 5);
            ahead.look();
            ahead.look();
            visit(second, 445, version);
            assertThat(ahead.resumed()).as("sealed by 2, which is gone").isOne();
        }
    }

    @Test
    void keys_that_cannot_be_used_change_nothing() throws Exception {
        Certificates one = certificates(Optional.of(keys));
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture edge = edge(one, server)) {
            visit(edge, 443, "TLSv1.3");
            Files.writeString(keys, key(4, SHORT));
            one.look();

            assertThat(one.look()).singleElement().matches(event -> !event.good());

            visit(edge, 443, "TLSv1.3");
            assertThat(one.resumed()).isOne();
            assertThat(one.reloads().refused()).containsEntry(keys.toString(), "has 1 keys; there must be 3 at least");
        }
    }
}
