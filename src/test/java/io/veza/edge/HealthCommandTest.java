package io.veza.edge;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.junit.jupiter.api.Test;

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
