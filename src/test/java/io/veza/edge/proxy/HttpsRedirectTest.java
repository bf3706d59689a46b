package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that are sent to TLS, and told to keep to it. */
class HttpsRedirectTest {

    private static EdgeFixture.Setup redirecting(RawServer server, int port) {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
        setup.listener = ListenerSettings.plain("http").withRedirect(new HttpsRedirect(port));
        return setup;
    }

    private static RawServer server() throws Exception {
        return new RawServer(RawServer.always(RawServer.ok("x")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            443  | GET /a/b?c=d HTTP/1.1~Host: www.example          | https://www.example/a/b?c=d
            8443 | GET / HTTP/1.1~Host: www.example:8080            | https://www.example:8443/
            443  | GET / HTTP/1.1~Host: [2001:db8::1]:80            | https://[2001:db8::1]/
            443  | GET http://A.example:81/x?y HTTP/1.1~Host: A.example:81 | https://A.example/x?y
            443  | GET http://a.example?y HTTP/1.1~Host: a.example  | https://a.example/?y
            443  | OPTIONS * HTTP/1.1~Host: a.example               | https://a.example
            443  | HEAD /x HTTP/1.1~Host: a.example                 | https://a.example/x
            443  | GET //evil.example/x HTTP/1.1~Host: a.example    | https://a.example//evil.example/x
            443  | GET /.well-known/acme-challenge/ HTTP/1.1~Host: a | https://a/.well-known/acme-challenge/
            443  | GET /.well-known/acme-challenge/../x HTTP/1.1~Host: a | https://a/.well-known/acme-challenge/../x
            443  | GET /.well-known/acme-challenge/t?q HTTP/1.1~Host: a | https://a/.well-known/acme-challenge/t?q
            443  | GET /.well-known/acme-challengex HTTP/1.1~Host: a | https://a/.well-known/acme-challengex
            """)
    void sends_a_request_to_the_same_host_and_target(int port, String request, String location) throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = redirecting(server, port).start();
                RawClient client = edge.client()) {
            String response =
                    client.send(request.replace("~", "\r\n") + "\r\n\r\n").response();

            assertThat(response)
                    .isEqualTo("HTTP/1.1 308 Permanent Redirect\r\nContent-Length: 0\r\nLocation: " + location
                            + "\r\n\r\n");
            assertThat(client.get("/again").response())
                    .as("the connection lives on")
                    .startsWith("HTTP/1.1 308");
            assertThat(server.heads).isEmpty();
            assertThat(edge.failures()).isEmpty();
            assertThat(edge.nextEnded().status()).isEqualTo(308);
            assertThat(edge.metric("edge_listener_requests_total", "http", "3xx"))
                    .isEqualTo(2);
        }
    }

    @Test
    void the_token_of_a_certificate_authority_is_served() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = redirecting(server, 443).start()) {

            assertThat(edge.get("/.well-known/acme-challenge/DGyRejmCefe7v4N-fDGDqsA_"))
                    .startsWith("HTTP/1.1 200");
        }
    }

    /** A location made of the address the client connected to would tell the world what it is behind a balancer. */
    @Test
    void a_client_that_names_no_host_is_refused() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = redirecting(server, 443).start();
                RawClient client = edge.client()) {

            assertThat(client.send("GET / HTTP/1.0\r\n\r\n").rest()).startsWith("HTTP/1.1 400 Bad Request\r\n");
            assertThat(edge.metric("edge_listener_refusals_total", "http", "no_host"))
                    .isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.example/x", "a.example\\x", "a@b", "a b", "a\r\tb", "a:b:c", "a#b", "a?b", ""})
    void no_host_that_is_none_gets_into_a_location(String host) throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = redirecting(server, 443).start();
                RawClient client = edge.client()) {

            assertThat(client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                            .rest())
                    .startsWith("HTTP/1.1 400 ")
                    .doesNotContain("Location");
        }
    }

    @Test
    void an_old_client_keeps_its_connection_if_it_asks_for_it() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = redirecting(server, 443).start();
                RawClient client = edge.client()) {

            assertThat(client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
                            .response())
                    .endsWith("Location: https://a/\r\nConnection: keep-alive\r\n\r\n");
            assertThat(client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n").rest())
                    .endsWith("Location: https://a/\r\nConnection: close\r\n\r\n");
        }
    }

    @Test
    void a_body_that_is_not_read_ends_the_connection() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = redirecting(server, 443).start();
                RawClient client = edge.client()) {

            assertThat(client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
                            .rest())
                    .startsWith("HTTP/1.1 308")
                    .endsWith("Connection: close\r\n\r\n");
        }
    }

    @Test
    void who_came_by_tls_to_a_trusted_proxy_is_not_sent_round_in_circles() throws Exception {
        try (RawServer server = server()) {
            EdgeFixture.Setup setup = redirecting(server, 443);
            setup.trusted = peer -> true;
            try (EdgeFixture edge = setup.start()) {

                assertThat(edge.get("/", "X-Forwarded-Proto: https\r\n")).startsWith("HTTP/1.1 200");
                assertThat(edge.get("/", "X-Forwarded-Proto: http\r\n")).startsWith("HTTP/1.1 308");
                assertThat(edge.get("/")).startsWith("HTTP/1.1 308");
            }
        }
        try (RawServer server = server();
                EdgeFixture edge = redirecting(server, 443).start()) {
            assertThat(edge.get("/", "X-Forwarded-Proto: https\r\n"))
                    .as("anybody can say so")
                    .startsWith("HTTP/1.1 308");
        }
    }

    @Test
    void every_response_of_a_strict_listener_says_so_once() throws Exception {
        String ours = "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n";
        String theirs = "strict-transport-security: max-age=1\r\n";
        try (RawServer server = new RawServer(RawServer.always("HTTP/1.1 103 Early Hints\r\n" + theirs
                + "\r\nHTTP/1.1 200 OK\r\nA: b\r\n" + theirs + "Content-Length: 1\r\n\r\nx"))) {
            EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
            setup.sticky = false;
            setup.listener = ListenerSettings.plain("https")
                    .withStrictTransport(new StrictTransport(Duration.ofDays(365), true, true));
            try (EdgeFixture edge = setup.start();
                    RawClient client = edge.client();
                    RawClient refused = edge.client()) {

                client.get("/");
                assertThat(client.head()).startsWith("HTTP/1.1 103");
                assertThat(client.response())
                        .isEqualTo("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 1\r\n" + ours + "\r\nx");
                assertThat(refused.send("nonsense\r\n\r\n").rest())
                        .startsWith("HTTP/1.1 400")
                        .containsOnlyOnce(ours);
                edge.markDown("s1");
                assertThat(client.get("/").response())
                        .startsWith("HTTP/1.1 503")
                        .containsOnlyOnce(ours);
            }
        }
    }

    @Test
    void a_plain_listener_leaves_the_servers_word_alone() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(
                        "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 0\r\n\r\n"));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {

            assertThat(edge.get("/")).contains("Strict-Transport-Security: max-age=1\r\n");
            edge.markDown("s1");
            assertThat(edge.get("/")).startsWith("HTTP/1.1 503").doesNotContain("Strict");
        }
    }
}
