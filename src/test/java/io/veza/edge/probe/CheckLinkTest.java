package io.veza.edge.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.veza.edge.control.ServerLink;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.CheckResult.Outcome;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.health.HealthPolicy.StatusRange;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.tls.KeyAndChain;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks of servers that are spoken to by more than HTTP/1.1 in clear text. */
class CheckLinkTest {

    private static final Duration AMPLE = Duration.ofSeconds(20);

    private static final ServerLink H2C =
            new ServerLink(ServerLink.Protocol.H2C, Optional.empty(), ServerLink.ProxyHeader.NONE);

    @TempDir
    private static Path files;

    private static Vertx vertx;
    private static TestAuthority authority;
    private static Path ca;

    @BeforeAll
    static void start() throws Exception {
        vertx = Vertx.vertx();
        authority = TestAuthority.root("CN=servers");
        ca = Files.writeString(files.resolve("ca.pem"), TestPem.of(authority.certificate()));
    }

    @AfterAll
    static void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void a_check_over_tls_passes_and_names_the_configured_host() throws Exception {
        CompletableFuture<String> asked = new CompletableFuture<>();
        HttpServer server = secured(authority.issue("backend.test"), asked);

        CheckResult result = check(server.actualPort(), tls(true));

        assertThat(result.outcome()).as(result.detail()).isEqualTo(Outcome.PASSED);
        assertThat(asked.get(10, TimeUnit.SECONDS)).isEqualTo("backend.test backend.test:" + server.actualPort());
    }

    @Test
    void a_certificate_for_another_name_fails_the_handshake_and_the_result_says_why() throws Exception {
        HttpServer server = secured(authority.issue("elsewhere.test"), new CompletableFuture<>());

        CheckResult result = check(server.actualPort(), tls(true));

        assertThat(result.outcome()).isEqualTo(Outcome.TLS);
        assertThat(result.detail()).startsWith("no TLS: ").contains("backend.test");
    }

    @Test
    void an_authority_that_is_not_trusted_fails_the_handshake_unless_any_will_do() throws Exception {
        HttpServer server = secured(TestAuthority.root("CN=stranger").issue("backend.test"), new CompletableFuture<>());

        CheckResult result = check(server.actualPort(), tls(true));

        assertThat(result.outcome()).isEqualTo(Outcome.TLS);
        assertThat(result.detail()).isEqualTo("no TLS: its certificate does not lead to a trusted authority (tls.ca)");
        assertThat(check(server.actualPort(), tls(false)).outcome()).isEqualTo(Outcome.PASSED);
    }

    @Test
    void a_certificate_that_has_expired_is_named_as_such() throws Exception {
        KeyAndChain expired = authority
                .request()
                .names("backend.test")
                .validFor(Duration.ofHours(-1))
                .make();
        HttpServer server = secured(expired, new CompletableFuture<>());

        CheckResult result = check(server.actualPort(), tls(true));

        assertThat(result.outcome()).isEqualTo(Outcome.TLS);
        assertThat(result.detail()).startsWith("no TLS: its certificate, or one it leads to, has expired: NotAfter: ");
    }

    @Test
    void a_handshake_that_does_not_end_is_told_from_an_answer_that_does_not_come() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {

            CheckResult result = check(silent.getLocalPort(), tls(true), Optional.empty(), Duration.ofMillis(200));
            CheckResult plain =
                    check(silent.getLocalPort(), ServerLink.PLAIN, Optional.empty(), Duration.ofMillis(200));

            assertThat(result.outcome()).as(result.detail()).isEqualTo(Outcome.TLS_TIMEOUT);
            assertThat(plain.outcome()).as(plain.detail()).isEqualTo(Outcome.TIMEOUT);
        }
    }

    @Test
    void a_server_that_hangs_up_in_the_handshake_is_one_that_refused_tls() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> {
                try (Socket socket = listener.accept()) {
                    socket.getInputStream().read();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            server.start();

            assertThat(check(listener.getLocalPort(), tls(true)).outcome()).isEqualTo(Outcome.TLS);
            server.join();
        }
        try (ServerSocket closed = new ServerSocket(0)) {
            int port = closed.getLocalPort();
            closed.close();

            assertThat(check(port, tls(true)).outcome()).isEqualTo(Outcome.CONNECT);
        }
    }

    @Test
    void a_check_goes_over_http2_where_traffic_does() throws Exception {
        CompletableFuture<String> asked = new CompletableFuture<>();
        HttpServer server = vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1"))
                .requestHandler(request -> {
                    asked.complete(request.version() + " " + request.authority());
                    request.response().end("all well");
                })
                .listen(0)
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);

        CheckResult result = check(server.actualPort(), H2C);

        assertThat(result.outcome()).as(result.detail()).isEqualTo(Outcome.PASSED);
        assertThat(result.status()).hasValue(200);
        assertThat(asked.get(10, TimeUnit.SECONDS)).isEqualTo("HTTP_2 backend.test:" + server.actualPort());
    }

    @Test
    void what_speaks_http_1_does_not_pass_as_http2() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(ScriptedServer.OK)) {
            assertThat(check(server.port(), H2C).outcome()).isIn(Outcome.CONNECT, Outcome.PROTOCOL);
        }
        HttpServer old = secured(authority.issue("backend.test"), new CompletableFuture<>(), false);
        ServerLink h2 = new ServerLink(ServerLink.Protocol.H2, tls(true).tls(), ServerLink.ProxyHeader.NONE);

        assertThat(check(old.actualPort(), h2).outcome()).isEqualTo(Outcome.TLS);
        assertThat(check(
                                secured(authority.issue("backend.test"), new CompletableFuture<>())
                                        .actualPort(),
                                h2)
                        .outcome())
                .isEqualTo(Outcome.PASSED);
    }

    @Test
    void a_check_by_grpc_passes_on_serving() throws Exception {
        HealthStatusManager health = new HealthStatusManager();
        health.setStatus("shop.Cart", ServingStatus.NOT_SERVING);
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(health.getHealthService())
                .build()
                .start();

        CheckResult whole = check(server.getPort(), H2C, Optional.of(""));
        CheckResult cart = check(server.getPort(), H2C, Optional.of("shop.Cart"));
        CheckResult unknown = check(server.getPort(), H2C, Optional.of("shop.Till"));
        health.setStatus("shop.Cart", ServingStatus.SERVING);
        CheckResult again = check(server.getPort(), H2C, Optional.of("shop.Cart"));

        assertThat(whole.outcome()).as(whole.detail()).isEqualTo(Outcome.PASSED);
        assertThat(cart.outcome()).isEqualTo(Outcome.BODY);
        assertThat(cart.detail()).isEqualTo("NOT_SERVING");
        assertThat(unknown.outcome()).isEqualTo(Outcome.STATUS);
        assertThat(unknown.detail()).isEqualTo("grpc-status 5");
        assertThat(again.outcome()).isEqualTo(Outcome.PASSED);
        server.shutdownNow();
    }

    @ParameterizedTest
    @CsvSource({"V1, 50524f585920554e4b4e4f574e0d0a", "V2, 0d0a0d0a000d0a515549540a20000000"})
    void a_check_says_by_the_proxy_header_that_it_is_nobody_s(ServerLink.ProxyHeader header, String bytes)
            throws Exception {
        CompletableFuture<String> first = new CompletableFuture<>();
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> {
                try (Socket socket = listener.accept()) {
                    byte[] seen = socket.getInputStream().readNBytes(bytes.length() / 2);
                    byte[] get = socket.getInputStream().readNBytes(4);
                    first.complete(HexFormat.of().formatHex(seen) + new String(get, StandardCharsets.US_ASCII));
                    socket.getOutputStream()
                            .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    socket.getInputStream().readAllBytes();
                } catch (IOException e) {
                    first.completeExceptionally(e);
                }
            });
            server.start();

            CheckResult result =
                    check(listener.getLocalPort(), new ServerLink(ServerLink.Protocol.HTTP1, Optional.empty(), header));

            assertThat(result.outcome()).as(result.detail()).isEqualTo(Outcome.PASSED);
            assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo(bytes + "GET ");
            server.join();
        }
    }

    private static ServerLink tls(boolean verified) {
        return new ServerLink(
                ServerLink.Protocol.HTTP1,
                Optional.of(new ServerLink.Tls(verified, Optional.of(ca), Optional.empty(), Optional.empty())),
                ServerLink.ProxyHeader.NONE);
    }

    /** A server that tells the name it was asked for by TLS and that of the request. */
    private static HttpServer secured(KeyAndChain key, CompletableFuture<String> asked) throws Exception {
        return secured(key, asked, true);
    }

    private static HttpServer secured(KeyAndChain key, CompletableFuture<String> asked, boolean http2)
            throws Exception {
        KeyCertOptions own = new PemKeyCertOptions()
                .setKeyValue(Buffer.buffer(TestPem.pkcs8(key)))
                .setCertValue(Buffer.buffer(TestPem.certificates(key)));
        return vertx.createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setSsl(true)
                        .setSni(true)
                        .setUseAlpn(http2)
                        .setKeyCertOptions(own))
                .requestHandler(request -> {
                    asked.complete(request.connection().indicatedServerName() + " " + request.getHeader("Host"));
                    request.response().end("all well");
                })
                .listen(0)
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    private static CheckResult check(int port, ServerLink link) throws Exception {
        return check(port, link, Optional.empty());
    }

    private static CheckResult check(int port, ServerLink link, Optional<String> grpcService) throws Exception {
        return check(port, link, grpcService, AMPLE);
    }

    private static CheckResult check(int port, ServerLink link, Optional<String> grpcService, Duration timeout)
            throws Exception {
        HealthPolicy policy = new HealthPolicy(
                true,
                "/health",
                OptionalInt.empty(),
                AMPLE,
                AMPLE,
                timeout,
                3,
                2,
                List.of(new StatusRange(200, 399)),
                Optional.empty(),
                grpcService);
        CompletableFuture<CheckResult> result = new CompletableFuture<>();
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        CheckLink through = new CheckLink(link);
        vertx.runOnContext(now -> Check.run(vertx, through, address, new ServerAddress("backend.test", port), policy)
                .onSuccess(result::complete));
        return result.get(30, TimeUnit.SECONDS);
    }
}
