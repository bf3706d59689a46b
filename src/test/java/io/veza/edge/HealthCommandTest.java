package io.veza.edge;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HealthCommandTest {

    @Test
    void ends_with_0_if_the_edge_is_ready() throws Exception {
        assertThat(askOneThatAnswers(200)).isZero();
    }

    @Test
    void ends_with_1_if_it_is_not() throws Exception {
        assertThat(askOneThatAnswers(503)).isEqualTo(1);
    }

    @Test
    void ends_with_1_if_nobody_answers() throws Exception {
        HttpServer gone = serverThatAnswers(200);
        gone.stop(0);

        assertThat(HealthCommand.ask(readinessOf(gone))).isEqualTo(1);
    }

    @Test
    void asks_the_url_that_is_given() throws Exception {
        HttpServer server = serverThatAnswers(200);
        try {
            String url = readinessOf(server).toString();

            assertThat(HealthCommand.run(List.of(url))).isZero();
            assertThat(HealthCommand.run(List.of(url.replace("ready", "nothing"))))
                    .isEqualTo(1);
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1:8080/health", "file:///etc/passwd", "http://127.0.0.1:8080/a b", "http:///health"})
    void ends_with_2_if_it_is_given_what_is_no_url_of_http(String argument) {
        assertThat(HealthCommand.run(List.of(argument))).isEqualTo(2);
    }

    @Test
    void ends_with_2_if_it_is_given_two_urls() {
        assertThat(HealthCommand.run(List.of("http://127.0.0.1/a", "http://127.0.0.1/b")))
                .isEqualTo(2);
    }

    private static int askOneThatAnswers(int status) throws IOException {
        HttpServer server = serverThatAnswers(status);
        try {
            return HealthCommand.ask(readinessOf(server));
        } finally {
            server.stop(0);
        }
    }

    private static HttpServer serverThatAnswers(int status) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        server.createContext("/q/health/ready", exchange -> {
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static URI readinessOf(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/q/health/ready");
    }
}
