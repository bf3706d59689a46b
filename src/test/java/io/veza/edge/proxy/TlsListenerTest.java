package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import io.veza.edge.tls.TlsOptions;
import io.veza.edge.tls.TlsOptions.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    private TlsOptions options(TlsOptions.Provider provider) {
        return new TlsOptions(file, provider, Version.TLS_1_2, false, true, Duration.ofSeconds(2), Optional.empty());
    }

    private EdgeFixture.Setup edge(TlsOptions.Provider provider) {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("https", true)
                .withCertificates(new Certificates(options(provider), InstantSource.system()));
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

    @ParameterizedTest
    @EnumSource(
            value = TlsOptions.Provider.class,
            names = {"OPENSSL", "JDK"})
    void the_protocol_is_agreed_on_by_alpn(TlsOptions.Provider provider) throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture edge = edge(provider).servers(server.port()).start();
                TlsClient both = offering(edge, "h2", "http/1.1");
                TlsClient old = offering(edge, "http/1.1");
                TlsClient other = offering(edge, "spdy/3")) {

            assertThat(both.engine.getApplicationProtocol()).isEqualTo("h2");
            assertThat(old.engine.getApplicationProtocol()).isEqualTo("http/1.1");
            assertThat(other.engine.getApplicationProtocol()).isEmpty();
            assertThat(other.http().get("/").response()).startsWith("HTTP/1.1 200");
        }
    }

    private TlsClient offering(EdgeFixture edge, String... protocols) throws Exception {
        return new TlsClient(
                edge.address, trusting, "edge.test", parameters -> parameters.setApplicationProtocols(protocols));
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsOptions.Provider.class,
            names = {"OPENSSL", "JDK"})
    void an_end_in_good_order_is_told(TlsOptions.Provider provider) throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture edge = edge(provider).servers(server.port()).start();
                TlsClient client = client(edge)) {

            String all = client.http().get("/", "Connection: close\r\n").rest();

            assertThat(all).endsWith("\r\n\r\nhello");
            assertThat(client.ending()).isEqualTo(TlsClient.Ending.TOLD);
            assertThat(client.socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsOptions.Provider.class,
            names = {"OPENSSL", "JDK"})
    void a_client_that_goes_on_sending_loses_nothing_of_its_answer(TlsOptions.Provider provider) throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture edge = edge(provider).servers(server.port()).start();
                TlsClient client = client(edge)) {
            RawClient http = client.http();
            http.get("/", "Connection: close\r\n");
            for (int i = 0; i < 20; i++) {
                http.send("more ".repeat(2000));
            }

            assertThat(http.rest()).startsWith("HTTP/1.1 200").endsWith("\r\n\r\nhello");
            assertThat(client.ending()).isEqualTo(TlsClient.Ending.TOLD);
        }
    }

    /** A response without a length, over HTTP/1.0, ends with the connection: only TLS can tell a whole one from a part. */
    @ParameterizedTest
    @EnumSource(
            value = TlsOptions.Provider.class,
            names = {"OPENSSL", "JDK"})
    void a_response_cut_short_never_ends_in_good_order(TlsOptions.Provider provider) throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
                    read.await();
                    connection.socket.setSoLinger(true, 0);
                });
                EdgeFixture edge = edge(provider).servers(server.port()).start();
                TlsClient client = client(edge)) {
            RawClient http = client.http();
            http.send("GET / HTTP/1.0\r\nHost: edge.test\r\n\r\n");
            http.head();
            assertThat(http.read(5)).isEqualTo("hello");

            read.countDown();

            assertThat(http.rest()).isEmpty();
            assertThat(client.ending()).isEqualTo(TlsClient.Ending.RESET);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsOptions.Provider.class,
            names = {"OPENSSL", "JDK"})
    void a_client_that_ends_while_it_is_answered_cancels_the_server(TlsOptions.Provider provider) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    asked.countDown();
                    if (connection.in.read() < 0) {
                        cancelled.countDown();
                    }
                });
                EdgeFixture edge = edge(provider).servers(server.port()).start();
                TlsClient client = client(edge)) {
            client.http().get("/");
            assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();

            client.closeNotify();

            assertThat(cancelled.await(1, TimeUnit.SECONDS)).isTrue();
            assertThat(client.http().rest()).isEmpty();
            assertThat(client.ending()).isNotEqualTo(TlsClient.Ending.TOLD);
            assertThat(edge.failures()).containsOnlyKeys("aborted");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsOptions.Provider.class,
            names = {"OPENSSL", "JDK"})
    void a_fast_server_is_held_back_by_a_client_that_does_not_read(TlsOptions.Provider provider) throws Exception {
        long whole = 64L << 20;
        AtomicLong sent = new AtomicLong();
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + whole + "\r\n\r\n");
                    String piece = "0123456789abcdef".repeat(4096);
                    while (sent.get() < whole) {
                        connection.send(piece);
                        sent.addAndGet(piece.length());
                    }
                });
                EdgeFixture edge = edge(provider).servers(server.port()).start();
                TlsClient client = client(edge)) {
            RawClient http = client.http();
            http.get("/").head();

            settle(sent);
            long held = sent.get();

            assertThat(held).isLessThan(whole / 2);
            assertThat(http.read((int) whole)).hasSize((int) whole).endsWith("0123456789abcdef");
        }
    }

    /** Waits until a number no longer changes. */
    private static void settle(AtomicLong number) throws InterruptedException {
        long before = -1;
        while (before != number.get()) {
            before = number.get();
            new CountDownLatch(1).await(300, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    void handshakes_are_counted_by_how_they_end() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture edge =
                        edge(TlsOptions.Provider.OPENSSL).servers(server.port()).start()) {
            client(edge, "TLSv1.2").close();
            client(edge, "TLSv1.3").close();
            try (RawClient plain = edge.client()) {
                assertThat(plain.get("/").ended()).isTrue();
            }
            try (RawClient silent = edge.client()) {
                silent.socket.shutdownOutput();
                assertThat(silent.ended()).isTrue();
            }
            try (RawClient late = edge.client()) {
                assertThat(late.ended()).isTrue();
            }

            assertThat(edge.metric("edge_listener_handshakes_total", "https", "1.2"))
                    .isOne();
            assertThat(edge.metric("edge_listener_handshakes_total", "https", "1.3"))
                    .isOne();
            for (String reason : List.of("not_tls", "closed", "timeout")) {
                assertThat(edge.metric("edge_listener_handshakes_failed_total", "https", reason))
                        .as(reason)
                        .isOne();
            }
            assertThat(edge.metric("edge_listener_connections_total", "https")).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void a_session_is_resumed_by_its_ticket_though_another_key_seals_by_now(String version) throws Exception {
        TlsOptions options = options(TlsOptions.Provider.OPENSSL);
        MovableClock clock = new MovableClock();
        Certificates certificates = new Certificates(options, clock);
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("https", true).withCertificates(certificates);
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture edge = setup.servers(server.port()).start()) {
            long created = visit(edge, version);
            assertThat(certificates.resumed()).isZero();

            assertThat(visit(edge, version)).isEqualTo(created);
            assertThat(certificates.resumed()).isOne();
            clock.now = clock.now.plus(Duration.ofHours(5));
            certificates.look();
            visit(edge, version);
            assertThat(certificates.resumed()).isEqualTo(2);

            assertThat(edge.metric("edge_listener_sessions_resumed_total", "https"))
                    .isEqualTo(2);
        }
    }

    @Test
    void an_open_connection_lives_on_when_the_certificate_changes() throws Exception {
        Certificates certificates = new Certificates(options(TlsOptions.Provider.OPENSSL), InstantSource.system());
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("https", true).withCertificates(certificates);
        TestAuthority next = TestAuthority.root("CN=Next");
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture edge = setup.servers(server.port()).start();
                TlsClient open = client(edge)) {
            assertThat(open.http().get("/").response()).startsWith("HTTP/1.1 200");

            TestPem.write(file, next.issue("edge.test"));
            certificates.look();
            assertThat(certificates.look()).hasSize(1);

            try (TlsClient later = new TlsClient(
                    edge.address, TlsClient.context(next.certificate(), null), "edge.test", parameters -> {})) {
                assertThat(later.http().get("/").response()).startsWith("HTTP/1.1 200");
            }
            assertThat(open.http().get("/").response()).startsWith("HTTP/1.1 200");
        }
    }

    /** Asks once and says when the session was made. */
    private long visit(EdgeFixture edge, String version) throws Exception {
        try (TlsClient client = client(edge, version)) {
            client.http().get("/").response();
            return client.session().getCreationTime();
        }
    }

    private static final class MovableClock implements InstantSource {
        private Instant now = Instant.now();

        @Override
        public Instant instant() {
            return now;
        }
    }
}
