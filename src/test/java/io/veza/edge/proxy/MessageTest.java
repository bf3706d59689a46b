package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Framing and fields through the edge: lengths, chunks, interim answers, old clients, refusals. */
class MessageTest {

    @Test
    void chunks_are_framed_anew_in_both_directions_and_trailers_pass() throws Exception {
        AtomicReference<String> body = new AtomicReference<>("");
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    String received = "";
                    while (!received.endsWith("X-Sum: 1\r\n\r\n")) {
                        received += connection.read(1);
                    }
                    body.set(received);
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
                            + "003;ext=\"1\"\r\nabc\r\n0\r\nX-T: 2\r\n\r\n");
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "0005;a=b\r\nhello\r\n00\r\nX-Sum: 1\r\n\r\n");

            assertThat(client.rest())
                    .contains("Transfer-Encoding: chunked\r\n")
                    .endsWith("\r\n\r\n3\r\nabc\r\n0\r\nX-T: 2\r\n\r\n");
            assertThat(body.get()).isEqualTo("5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n");
            assertThat(server.heads.get(0)).contains("Transfer-Encoding: chunked\r\n");
        }
    }

    @Test
    void a_bad_chunk_is_400_and_the_server_sees_no_end() throws Exception {
        AtomicReference<String> body = new AtomicReference<>("");
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    body.set(new String(connection.in.readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII));
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0x1\r\na\r\n");

            assertThat(client.rest()).startsWith("HTTP/1.1 400").contains("Connection: close");
            assertThat(body.get()).doesNotContain("0\r\n\r\n");
            assertThat(edge.failures()).containsOnlyKeys("bad_chunk");
        }
    }

    @Test
    void a_body_that_ends_with_the_connection_is_chunked_for_the_client() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.0 200 OK\r\n\r\nall of it");
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            client.get("/", "Connection: close\r\n");

            assertThat(client.rest())
                    .startsWith("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n")
                    .contains("9\r\nall of it\r\n")
                    .endsWith("\r\n0\r\n\r\n");
        }
    }

    @Test
    void an_http_1_0_client_gets_chunks_as_plain_bytes_and_may_keep_its_connection() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    while (connection.readHead() != null) {
                        connection.send(
                                ++connection.answered == 1
                                        ? RawServer.ok("x")
                                        : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
                    }
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            assertThat(client.response()).contains("Connection: keep-alive\r\n").endsWith("x");

            client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            assertThat(client.rest())
                    .contains("Connection: close\r\n")
                    .doesNotContain("Transfer-Encoding")
                    .endsWith("\r\n\r\nabc");
            // A server is owed a Host even by a client that sent none.
            assertThat(server.heads.get(0))
                    .startsWith("GET / HTTP/1.1\r\nHost: 127.0.0.1:" + edge.address.getPort() + "\r\n");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "HEAD, HTTP/1.1 200 OK|Content-Length: 7, Content-Length: 7",
        "HEAD, HTTP/1.1 200 OK|Transfer-Encoding: chunked, Transfer-Encoding: chunked",
        "GET, HTTP/1.1 304 Not Modified|Content-Length: 7, Content-Length: 7",
        "GET, HTTP/1.1 204 No Content|X: y, X: y"
    })
    void what_has_no_body_leaves_the_connection_in_step(String method, String head, String kept) throws Exception {
        try (RawServer server = new RawServer(RawServer.always(head.replace("|", "\r\n") + "\r\n\r\n"));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            for (int i = 0; i < 3; i++) {
                client.send(method + " / HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.head()).startsWith(head.substring(0, 12)).contains(kept);
            }

            assertThat(server.connections).hasSize(1);
        }
    }

    @Test
    void continue_and_early_hints_pass_end_to_end() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    String head = connection.readHead();
                    connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
                    if (head != null && head.contains("Expect: 100-continue\r\n")) {
                        connection.send("HTTP/1.1 100 Continue\r\n\r\n");
                    }
                    connection.send(RawServer.ok(connection.read(2)));
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");

            assertThat(client.head()).isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
            assertThat(client.head()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            client.send("hi");
            assertThat(client.response()).startsWith("HTTP/1.1 200").endsWith("hi");
        }
    }

    @Test
    void endless_interim_answers_are_502() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    while (true) {
                        connection.send("HTTP/1.1 103 Early Hints\r\n\r\n");
                    }
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            client.get("/", "Connection: close\r\n");

            assertThat(client.rest()).contains("HTTP/1.1 502");
        }
    }

    @Test
    void hop_by_hop_fields_go_and_connection_cannot_name_the_edges_own() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(
                        "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=9\r\nX-Hop: 1\r\n"
                                + "X-End: 2\r\nContent-Length: 0\r\n\r\n"));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {

            String response = edge.get(
                    "/",
                    "Connection: x-mine, Cookie, X-Forwarded-For\r\n",
                    "X-Mine: 1\r\n",
                    "Keep-Alive: 5\r\n",
                    "Proxy-Connection: x\r\n",
                    "TE: trailers, deflate\r\n",
                    "Upgrade: h2c\r\n",
                    "Cookie: a=b\r\n",
                    "traceparent: 00-1\r\n");

            assertThat(response)
                    .contains("X-End: 2")
                    .doesNotContain("X-Hop")
                    .doesNotContain("Keep-Alive")
                    .doesNotContain("Connection:");
            assertThat(server.heads.get(0))
                    .contains("Cookie: a=b\r\n", "X-Forwarded-For: 127.0.0.1\r\n", "traceparent: 00-1\r\n")
                    .contains("Connection: TE\r\nTE: trailers\r\n")
                    .doesNotContain("X-Mine", "Keep-Alive", "Proxy-Connection", "h2c", "deflate");
        }
    }

    @Test
    void what_a_client_claims_about_itself_is_replaced() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {

            edge.get(
                    "/",
                    "X-Forwarded-For: 6.6.6.6\r\n",
                    "x_forwarded_for: 6.6.6.6\r\n",
                    "X-Forwarded-Proto: https\r\n",
                    "X-Forwarded_Host: evil\r\n",
                    "X-Forwarded-Port: 666\r\n",
                    "Forwarded: for=6.6.6.6\r\n",
                    "X-Request-Id: bad id\r\n");

            assertThat(server.heads.get(0))
                    .doesNotContain("6.6.6.6", "evil", "666\r\n", "https", "bad id")
                    .containsPattern("X-Request-Id: [0-9a-f]{32}\r\n");
        }
    }

    @Test
    void a_trusted_proxys_claims_are_completed() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.trusted = peer -> true;
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("")));
                EdgeFixture edge = setup.servers(server.port()).start()) {

            edge.get(
                    "/",
                    "X-Forwarded-For: 192.0.2.1\r\n",
                    "X-Forwarded-Proto: https\r\n",
                    "Forwarded: for=192.0.2.1\r\n");

            assertThat(server.heads.get(0))
                    .contains("X-Forwarded-For: 192.0.2.1, 127.0.0.1\r\n")
                    .contains("X-Forwarded-Proto: https\r\n")
                    .contains("Forwarded: for=192.0.2.1, for=127.0.0.1;proto=http;host=\"edge.test\"\r\n")
                    .doesNotContain("X-Forwarded-Proto: http\r\n");
        }
    }

    @Test
    void a_refused_request_reaches_no_server_and_ends_the_connection() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            client.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");

            assertThat(client.rest())
                    .startsWith("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n")
                    .contains("\"detail\":\"the request was refused: bad host\"")
                    .containsOnlyOnce("HTTP/1.1");
            assertThat(server.heads).isEmpty();
            assertThat(edge.failures()).containsEntry("bad_host", 1L);
        }
    }

    @Test
    void refusals_have_the_status_of_their_fault() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            String[][] cases = {
                {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "405", "Allow: GET"},
                {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "405", "Allow: GET"},
                {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505", "unknown version"},
                {"GET /" + "a".repeat(9000) + " HTTP/1.1\r\n\r\n", "414", "request line too long"},
                {"GET / HTTP/1.1\r\nA: " + "a".repeat(40_000) + "\r\n\r\n", "431", "head too large"},
                {"GET / HTTP/1.1\r\n" + "A: b\r\n".repeat(101) + "\r\n", "431", "too many fields"}
            };
            for (String[] one : cases) {
                try (RawClient client = edge.client()) {
                    assertThat(client.send(one[0]).rest())
                            .startsWith("HTTP/1.1 " + one[1])
                            .contains(one[2]);
                }
            }
            assertThat(server.heads).isEmpty();
        }
    }
}
