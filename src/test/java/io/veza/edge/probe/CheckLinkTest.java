package io.veza.edge.probe;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks of servers that are spoken to by more than HTTP/1.1 in clear text. */
class CheckLinkTest {

    private static final Duration AMPLE = Duration.ofSeconds(20);

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
    void a_certificate_for_another_name_is_no_connection_and_the_result_says_why() throws Exception {
        HttpServer server = secured(authority.issue("elsewhere.test"), new CompletableFuture<>());

        CheckResult result = check(server.actualPort(), tls(true));

        assertThat(result.outcome()).isEqualTo(Outcome.CONNECT);
        assertThat(result.detail()).startsWith("no connection: ").contains("backend.test");
    }

    @Test
    void an_authority_that_is_not_trusted_is_no_connection_unless_any_will_do() throws Exception {
        HttpServer server = secured(TestAuthority.root("CN=stranger").issue("backend.test"), new CompletableFuture<>());

        CheckResult result = check(server.actualPort(), tls(true));

        assertThat(result.outcome()).isEqualTo(Outcome.CONNECT);
        assertThat(result.detail()).contains("certification path");
        assertThat(check(server.actualPort(), tls(false)).outcome()).isEqualTo(Outcome.PASSED);
    }

    private static ServerLink tls(boolean verified) {
        return new ServerLink(
                ServerLink.Protocol.HTTP1,
                Optional.of(new ServerLink.Tls(verified, Optional.of(ca), Optional.empty(), Optional.empty())),
                ServerLink.ProxyHeader.NONE);
    }

    /** A server that tells the name it was asked for by TLS and that of the request. */
    private static HttpServer secured(KeyAndChain key, CompletableFuture<String> asked) throws Exception {
        KeyCertOptions own = new PemKeyCertOptions()
                .setKeyValue(Buffer.buffer(TestPem.pkcs8(key)))
                .setCertValue(Buffer.buffer(TestPem.certificates(key)));
        return vertx.createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setSsl(true)
                        .setSni(true)
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
        HealthPolicy policy = new HealthPolicy(
                true,
                "/health",
                OptionalInt.empty(),
                AMPLE,
                AMPLE,
                AMPLE,
                3,
                2,
                List.of(new StatusRange(200, 399)),
                Optional.empty());
        CompletableFuture<CheckResult> result = new CompletableFuture<>();
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        CheckLink through = new CheckLink(link);
        vertx.runOnContext(now -> Check.run(vertx, through, address, new ServerAddress("backend.test", port), policy)
                .onSuccess(result::complete));
        return result.get(30, TimeUnit.SECONDS);
    }
}
