package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.ServerLink;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.proxy.TrafficCounters.Count;
import io.veza.edge.tls.KeyAndChain;
import io.veza.edge.tls.ReloadEvent;
import io.veza.edge.tls.ServerTls;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that speak TLS: who is believed, who the edge shows itself as, and what a broken connection comes to. */
class ServerTlsTest {

    @TempDir
    private static Path files;

    private static TestAuthority authority;
    private static KeyAndChain key;
    private static Path ca;

    @BeforeAll
    static void makeAuthority() throws Exception {
        authority = TestAuthority.root("CN=servers");
        key = authority.issue("127.0.0.1");
        ca = Files.writeString(files.resolve("ca.pem"), TestPem.of(authority.certificate()));
    }

    private static TestTls tls(String... versions) throws Exception {
        return new TestTls(key, null, versions);
    }

    private static ServerLink link(boolean verified, Optional<String> sni, Optional<Path> clientCert) {
        return new ServerLink(
                ServerLink.Protocol.HTTP1,
                Optional.of(new ServerLink.Tls(verified, Optional.of(ca), sni, clientCert)),
                ServerLink.ProxyHeader.NONE);
    }

    private static EdgeFixture.Setup edge(int... ports) {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(ports);
        setup.link = link(true, Optional.empty(), Optional.empty());
        return setup;
    }

    private static SSLSession session(RawServer.Connection connection) {
        return ((SSLSocket) connection.socket).getSession();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void requests_share_a_secured_connection(String version) throws Exception {
        try (RawServer server = new RawServer(tls(version), RawServer.always(RawServer.ok("secret")));
                EdgeFixture edge = edge(server.port()).start();
                RawClient client = edge.client()) {

            for (int i = 0; i < 3; i++) {
                assertThat(client.get("/").response()).endsWith("secret");
            }

            assertThat(server.connections).hasSize(1);
            assertThat(session(server.connections.get(0)).getProtocol()).isEqualTo(version);
            assertThat(edge.count("s1", Count.REUSED)).isEqualTo(2);
        }
    }

    /** Both were read at the start only: a new authority of the servers took a restart. */
    @Test
    void new_connections_trust_a_changed_authority_and_show_a_changed_certificate() throws Exception {
        TestAuthority next = TestAuthority.root("CN=next");
        Path trusted = Files.writeString(files.resolve("changing-ca.pem"), TestPem.of(authority.certificate()));
        Path own = TestPem.write(
                files.resolve("changing-own.pem"),
                authority.request().subject("CN=edge").forClients().make());
        TestTls asking = new TestTls(next.issue("127.0.0.1"), next);
        try (RawServer server = new RawServer(asking, RawServer.always(RawServer.ok("x")))) {
            EdgeFixture.Setup setup = edge(server.port());
            setup.link = new ServerLink(
                    ServerLink.Protocol.HTTP1,
                    Optional.of(new ServerLink.Tls(true, Optional.of(trusted), Optional.empty(), Optional.of(own))),
                    ServerLink.ProxyHeader.NONE);
            try (EdgeFixture edge = setup.start()) {
                ServerTls tls = edge.plane.serverTls("api").orElseThrow();
                assertThat(edge.get("/")).startsWith("HTTP/1.1 503");

                Files.writeString(trusted, TestPem.of(next.certificate()));
                TestPem.write(
                        own, next.request().subject("CN=edge").forClients().make());
                assertThat(tls.look(Instant.now())).isEmpty();
                assertThat(tls.look(Instant.now())).hasSize(2).allMatch(ReloadEvent::good);

                assertThat(edge.get("/")).startsWith("HTTP/1.1 200");
                assertThat(edge.metric("edge_pool_certificate_reloads_total", "api", "taken"))
                        .isEqualTo(2);
            }
        }
    }

    @Test
    void a_broken_file_changes_nothing_until_it_is_mended() throws Exception {
        Path trusted = Files.writeString(files.resolve("broken-ca.pem"), TestPem.of(authority.certificate()));
        try (RawServer server = new RawServer(tls(), RawServer.always(RawServer.ok("x")))) {
            EdgeFixture.Setup setup = edge(server.port());
            setup.link = new ServerLink(
                    ServerLink.Protocol.HTTP1,
                    Optional.of(new ServerLink.Tls(true, Optional.of(trusted), Optional.empty(), Optional.empty())),
                    ServerLink.ProxyHeader.NONE);
            try (EdgeFixture edge = setup.start()) {
                ServerTls tls = edge.plane.serverTls("api").orElseThrow();

                Files.writeString(trusted, "half an authority");
                tls.look(Instant.now());
                assertThat(tls.look(Instant.now())).singleElement().satisfies(event -> {
                    assertThat(event.good()).isFalse();
                    assertThat(event.what()).contains("what was read before stays", "has no certificate");
                });
                assertThat(edge.get("/")).startsWith("HTTP/1.1 200");
                assertThat(edge.metric("edge_pool_certificate_files_refused", "api"))
                        .isEqualTo(1);

                Files.writeString(trusted, TestPem.of(authority.certificate()));
                tls.look(Instant.now());
                assertThat(tls.look(Instant.now())).hasSize(1).allMatch(ReloadEvent::good);
                assertThat(edge.metric("edge_pool_certificate_files_refused", "api"))
                        .isZero();
            }
        }
    }

    @Test
    void a_version_before_1_2_is_not_spoken() throws Exception {
        try (RawServer server = new RawServer(tls("TLSv1.1"), RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = edge(server.port()).start()) {

            assertThat(edge.get("/")).startsWith("HTTP/1.1 503");
        }
    }

    @Test
    void an_upload_and_a_large_download_pass_whole() throws Exception {
        String large = "0123456789abcdef".repeat(64 * 1024);
        try (RawServer server = new RawServer(tls(), connection -> {
                    connection.readHead();
                    String body = connection.read(large.length());
                    connection.send(RawServer.ok(body));
                });
                EdgeFixture edge = edge(server.port()).start();
                RawClient client = edge.client()) {

            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + large.length() + "\r\n\r\n" + large);

            assertThat(client.response()).endsWith(large);
        }
    }

    @Test
    void a_certificate_for_another_name_is_a_server_out_of_reach() throws Exception {
        TestTls other = new TestTls(authority.issue("elsewhere.test"), null);
        try (RawServer server = new RawServer(other, RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = edge(server.port()).start()) {

            assertThat(edge.get("/")).startsWith("HTTP/1.1 503").contains("no server could be reached");

            assertThat(server.heads).isEmpty();
            assertThat(edge.count("s1", Count.HANDSHAKE_FAILED)).isEqualTo(1);
            assertThat(edge.count("s1", Count.CONNECT_FAILED)).isEqualTo(1);
            assertThat(edge.metric("edge_server_tls_handshake_failures_total", "api", "s1"))
                    .isEqualTo(1);
            assertThat(edge.failures()).containsEntry("connect_failed", 1L);
            edge.awaitIdle("s1");
            assertThat(edge.open("s1")).isZero();
        }
    }

    @Test
    void an_authority_that_is_not_trusted_sends_the_request_elsewhere() throws Exception {
        TestTls stranger = new TestTls(TestAuthority.root("CN=stranger").issue("127.0.0.1"), null);
        try (RawServer wrong = new RawServer(stranger, RawServer.always(RawServer.ok("wrong")));
                RawServer right = new RawServer(tls(), RawServer.always(RawServer.ok("right")));
                EdgeFixture edge = edge(wrong.port(), right.port()).start();
                RawClient client = edge.client()) {

            for (int i = 0; i < 4; i++) {
                assertThat(client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
                                .response())
                        .endsWith("right");
            }

            assertThat(wrong.heads).isEmpty();
            assertThat(edge.count("s1", Count.HANDSHAKE_FAILED)).isPositive();
        }
    }

    @Test
    void without_verification_any_certificate_will_do() throws Exception {
        TestTls stranger = new TestTls(TestAuthority.root("CN=stranger").issue("elsewhere.test"), null);
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.link = link(false, Optional.empty(), Optional.empty());
        try (RawServer server = new RawServer(stranger, RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = setup.servers(server.port()).start()) {

            assertThat(edge.get("/")).startsWith("HTTP/1.1 200");
        }
    }

    /** Names of containers have no dot. */
    @ParameterizedTest
    @ValueSource(strings = {"api.internal.test", "backend-api-1"})
    void the_configured_name_is_asked_for_and_verified(String name) throws Exception {
        BlockingQueue<List<SNIServerName>> asked = new LinkedBlockingQueue<>();
        TestTls named = new TestTls(authority.issue(name), null);
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.link = link(true, Optional.of(name), Optional.empty());
        try (RawServer server = new RawServer(named, connection -> {
                    asked.add(((ExtendedSSLSession) session(connection)).getRequestedServerNames());
                    RawServer.always(RawServer.ok("x")).serve(connection);
                });
                EdgeFixture edge = setup.servers(server.port()).start()) {

            assertThat(edge.get("/")).startsWith("HTTP/1.1 200");

            assertThat(asked.poll(10, TimeUnit.SECONDS)).asString().contains(name);
        }
    }

    @Test
    void a_server_that_asks_sees_the_edge_s_certificate() throws Exception {
        TestAuthority edges = TestAuthority.root("CN=edges");
        Path own = Files.writeString(
                files.resolve("edge.pem"),
                TestPem.of(edges.request().subject("CN=edge-1").forClients().make()));
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.link = link(true, Optional.empty(), Optional.of(own));
        try (RawServer server = new RawServer(new TestTls(key, edges), RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = setup.servers(server.port()).start();
                EdgeFixture nameless = edge(server.port()).start()) {

            assertThat(edge.get("/")).startsWith("HTTP/1.1 200");
            assertThat(nameless.get("/")).startsWith("HTTP/1.1 50");

            assertThat(session(server.connections.get(0)).getPeerPrincipal().getName())
                    .isEqualTo("CN=edge-1");
            assertThat(server.heads).hasSize(1);
        }
    }

    @Test
    void a_handshake_that_does_not_end_is_out_of_reach_in_the_time_of_a_connect() throws Exception {
        try (RawServer silent = new RawServer(connection -> connection.in.readAllBytes());
                RawServer right = new RawServer(tls(), RawServer.always(RawServer.ok("right")));
                EdgeFixture edge = edge(silent.port(), right.port()).start()) {

            for (int i = 0; i < 2; i++) {
                assertThat(edge.get("/")).endsWith("right");
            }

            assertThat(edge.count("s1", Count.HANDSHAKE_FAILED)).isPositive();
            assertThat(edge.count("s1", Count.REDISPATCHED)).isEqualTo(edge.count("s1", Count.HANDSHAKE_FAILED));
        }
    }

    @Test
    void a_server_that_goes_down_during_the_handshake_is_left_at_once() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.link = link(true, Optional.empty(), Optional.empty());
        setup.timeouts = new PoolTimeouts(
                Duration.ofSeconds(60), Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(5));
        BlockingQueue<Boolean> began = new LinkedBlockingQueue<>();
        try (RawServer silent = new RawServer(connection -> {
                    connection.in.read();
                    began.add(true);
                    connection.in.readAllBytes();
                });
                RawServer right = new RawServer(tls(), RawServer.always(RawServer.ok("right")));
                EdgeFixture edge = setup.servers(silent.port(), right.port()).start();
                RawClient one = edge.client();
                RawClient two = edge.client()) {
            one.get("/");
            two.get("/");
            assertThat(began.poll(10, TimeUnit.SECONDS)).isTrue();

            edge.markDown("s1");

            assertThat(one.response()).endsWith("right");
            assertThat(two.response()).endsWith("right");
        }
    }

    @Test
    void a_body_that_ends_with_the_connection_needs_the_server_s_word_for_it() throws Exception {
        String head = "HTTP/1.1 200 OK\r\n\r\n";
        try (RawServer honest = new RawServer(tls(), connection -> {
                    connection.readHead();
                    connection.send(head + "whole");
                });
                RawServer cut = new RawServer(tls(), connection -> {
                    connection.readHead();
                    connection.send(head + "a part");
                    connection.endWithoutNotice();
                    connection.plain.getInputStream().readAllBytes();
                });
                EdgeFixture good = edge(honest.port()).start();
                EdgeFixture bad = edge(cut.port()).start();
                RawClient one = good.client();
                RawClient two = bad.client()) {

            assertThat(one.get("/", "Connection: close\r\n").rest()).endsWith("5\r\nwhole\r\n0\r\n\r\n");

            assertThat(two.get("/").rest()).contains("a part").doesNotContain("0\r\n\r\n");
            assertThat(bad.failures()).containsEntry("response_cut", 1L);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void sessions_are_resumed(String version) throws Exception {
        TestTls counted = tls(version);
        EdgeFixture.Setup setup = edge();
        setup.loops = 1;
        try (RawServer server = new RawServer(counted, connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
                });
                EdgeFixture edge = setup.servers(server.port()).start();
                RawClient client = edge.client()) {

            for (int i = 0; i < 5; i++) {
                assertThat(client.get("/").response()).startsWith("HTTP/1.1 200");
            }

            assertThat(server.connections).hasSize(5);
            assertThat(counted.fullHandshakes.get()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_server_killed_in_mid_body_is_a_cut_response(boolean reset) throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        try (RawServer server = new RawServer(tls(), connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
                    begun.await();
                    if (reset) {
                        connection.reset();
                    } else {
                        connection.endWithoutNotice();
                        connection.plain.getInputStream().readAllBytes();
                    }
                });
                EdgeFixture edge = edge(server.port()).start();
                RawClient client = edge.client()) {

            client.get("/").head();
            begun.countDown();

            assertThat(client.rest()).isIn("part<reset>", "<reset>");
            assertThat(edge.failures()).containsEntry("response_cut", 1L);
        }
    }
}
