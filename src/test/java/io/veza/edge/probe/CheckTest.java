package io.veza.edge.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.veza.edge.control.ServerLink;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.CheckResult.Outcome;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.health.HealthPolicy.StatusRange;
import io.veza.edge.pool.ServerAddress;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CheckTest {

    private static final Duration AMPLE = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(200);

    private static Vertx vertx;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void passes_on_an_expected_status_having_said_who_asks() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(ScriptedServer.OK)) {
            CheckResult result = check(server.port(), policy(AMPLE, ""));

            assertThat(result.outcome()).isEqualTo(Outcome.PASSED);
            assertThat(result.status()).hasValue(200);
            assertThat(result.took()).isPositive();
            assertThat(server.nextHead())
                    .startsWith("GET /health?full=1 HTTP/1.1\r\n")
                    .containsIgnoringCase("\r\nhost: backend.test:" + server.port() + "\r\n")
                    .containsIgnoringCase("\r\nuser-agent: veza-edge-check\r\n")
                    .containsIgnoringCase("\r\nconnection: close\r\n");
        }
    }

    @Test
    void a_redirect_is_an_answer_and_is_not_followed() throws Exception {
        try (ScriptedServer server =
                ScriptedServer.answering("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")) {
            assertThat(check(server.port(), policy(AMPLE, "")).outcome()).isEqualTo(Outcome.PASSED);
            assertThat(server.requests()).isEqualTo(1);
        }
    }

    @Test
    void fails_on_any_other_status() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(ScriptedServer.BROKEN)) {
            CheckResult result = check(server.port(), policy(AMPLE, ""));

            assertThat(result.outcome()).isEqualTo(Outcome.STATUS);
            assertThat(result.status()).hasValue(500);
            assertThat(result.detail()).isEqualTo("status 500");
        }
    }

    @Test
    void looks_for_the_expected_text_in_the_body() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(ScriptedServer.OK)) {
            assertThat(check(server.port(), policy(AMPLE, "all [a-z]+")).outcome())
                    .isEqualTo(Outcome.PASSED);

            CheckResult without = check(server.port(), policy(AMPLE, "ready"));

            assertThat(without.outcome()).isEqualTo(Outcome.BODY);
            assertThat(without.detail()).isEqualTo("body without \"ready\"");
        }
    }

    @Test
    void reads_64_kib_of_an_endless_body_and_no_more() throws Exception {
        byte[] kibibyte = "x".repeat(1024).getBytes(StandardCharsets.US_ASCII);
        CountDownLatch hungUp = new CountDownLatch(1);
        try (ScriptedServer server = new ScriptedServer(out -> {
            out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.write("begin".getBytes(StandardCharsets.US_ASCII));
            try {
                while (true) {
                    out.write(kibibyte);
                }
            } catch (IOException closed) {
                hungUp.countDown();
            }
        })) {
            assertThat(check(server.port(), policy(AMPLE, "begin")).outcome()).isEqualTo(Outcome.PASSED);
            assertThat(hungUp.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(check(server.port(), policy(AMPLE, "end")).outcome()).isEqualTo(Outcome.BODY);
        }
    }

    /** A server given as [::1]:port was asked for "::1:port", which is no Host. */
    @Test
    void an_ipv6_literal_has_brackets_in_the_host_field() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(ScriptedServer.OK)) {
            check(server.port(), policy(AMPLE, ""), "::1");

            assertThat(server.nextHead()).containsIgnoringCase("\r\nhost: [::1]:" + server.port() + "\r\n");
        }
    }

    @Test
    void fails_at_once_where_nobody_listens() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }

        CheckResult result = check(port, policy(AMPLE, ""));

        assertThat(result.outcome()).isEqualTo(Outcome.CONNECT);
        // The address has a name here, as the addresses of named servers do; only nameless ones were cut off once.
        assertThat(result.detail()).isEqualTo("no connection: Connection refused");
    }

    @Test
    void gives_up_on_a_server_that_accepts_and_is_silent() throws Exception {
        try (ScriptedServer server = ScriptedServer.silent()) {
            CheckResult result = check(server.port(), policy(SHORT, ""));

            assertThat(result.outcome()).isEqualTo(Outcome.TIMEOUT);
            assertThat(result.took()).isBetween(SHORT, AMPLE);
        }
    }

    @Test
    void the_timeout_is_for_the_whole_check_however_busy_the_server_looks() throws Exception {
        try (ScriptedServer server = new ScriptedServer(out -> {
            out.write("HTTP/1.1 200 OK\r\nX-Padding: ".getBytes(StandardCharsets.US_ASCII));
            drip(out);
        })) {
            assertThat(check(server.port(), policy(SHORT, "")).outcome()).isEqualTo(Outcome.TIMEOUT);
        }
    }

    @Test
    void fails_on_a_connection_closed_without_an_answer() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("")) {
            assertThat(check(server.port(), policy(AMPLE, "")).outcome()).isEqualTo(Outcome.PROTOCOL);
        }
    }

    @Test
    void fails_on_what_is_not_http() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("SSH-2.0-OpenSSH_9.2\r\n\r\n")) {
            assertThat(check(server.port(), policy(AMPLE, "")).outcome()).isEqualTo(Outcome.PROTOCOL);
        }
    }

    @Test
    void fails_on_a_body_cut_short() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nready")) {
            assertThat(check(server.port(), policy(AMPLE, "ready")).outcome()).isEqualTo(Outcome.PROTOCOL);
        }
    }

    @Test
    void goes_to_the_port_for_checks_if_there_is_one() throws Exception {
        try (ScriptedServer traffic = ScriptedServer.answering(ScriptedServer.BROKEN);
                ScriptedServer health = ScriptedServer.answering(ScriptedServer.OK)) {
            HealthPolicy policy = policy(AMPLE, "", OptionalInt.of(health.port()));

            assertThat(check(traffic.port(), policy).outcome()).isEqualTo(Outcome.PASSED);
            assertThat(health.nextHead()).contains(":" + health.port() + "\r\n");
        }
    }

    /** A byte every so often, so that no timeout between two reads would ever strike. */
    private static void drip(OutputStream out) throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        while (!never.await(20, TimeUnit.MILLISECONDS)) {
            out.write('x');
        }
    }

    private static HealthPolicy policy(Duration timeout, String body) {
        return policy(timeout, body, OptionalInt.empty());
    }

    private static HealthPolicy policy(Duration timeout, String body, OptionalInt port) {
        return new HealthPolicy(
                true,
                "/health?full=1",
                port,
                AMPLE,
                AMPLE,
                timeout,
                3,
                2,
                List.of(new StatusRange(200, 399)),
                body.isEmpty() ? Optional.empty() : Optional.of(Pattern.compile(body)));
    }

    private static CheckResult check(int port, HealthPolicy policy) throws Exception {
        return check(port, policy, "backend.test");
    }

    private static CheckResult check(int port, HealthPolicy policy, String host) throws Exception {
        CompletableFuture<CheckResult> result = new CompletableFuture<>();
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        vertx.runOnContext(
                now -> Check.run(vertx, new CheckLink(ServerLink.PLAIN), address, new ServerAddress(host, port), policy)
                        .onSuccess(result::complete));
        return result.get(30, TimeUnit.SECONDS);
    }
}
