package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import io.veza.edge.tls.TlsOptions;
import io.veza.edge.tls.TlsOptions.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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
        setup.listener = new ListenerSettings("https", true)
                .withCertificates(new Certificates(
                        new TlsOptions(
                                file, provider, Version.TLS_1_2, false, true, Duration.ofSeconds(5), Optional.empty()),
                        InstantSource.system()));
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
}
