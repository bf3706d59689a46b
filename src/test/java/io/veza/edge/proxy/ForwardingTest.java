package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What servers and clients see of each other through the edge, byte for byte. */
class ForwardingTest {

    @Test
    void forwards_a_request_and_its_answer() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {

            String response = edge.get("/a?b=c", "X-Request-Id: id-1\r\n", "Accept: */*\r\n");

            assertThat(response)
                    .isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                            + "Set-Cookie: VEZA_SERVERID=s1; path=/; HttpOnly; SameSite=Lax\r\n"
                            + "Cache-Control: no-cache, private\r\n\r\nhello");
            int port = edge.address.getPort();
            assertThat(server.heads)
                    .containsExactly("GET /a?b=c HTTP/1.1\r\nHost: edge.test\r\nX-Request-Id: id-1\r\nAccept: */*\r\n"
                            + "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: " + port
                            + "\r\nX-Forwarded-Host: edge.test\r\n"
                            + "Forwarded: for=127.0.0.1;proto=http;host=\"edge.test\"\r\n\r\n");
        }
    }

    @Test
    void keeps_both_connections_for_the_next_request() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            for (int i = 0; i < 5; i++) {
                assertThat(client.get("/" + i).response())
                        .startsWith("HTTP/1.1 200")
                        .endsWith("x");
            }

            assertThat(server.connections).hasSize(1);
            assertThat(edge.count("s1", TrafficCounters.Count.REUSED)).isEqualTo(4);
            assertThat(edge.plane.connections()).isEqualTo(1);
        }
    }

    @Test
    void answers_pipelined_requests_in_order() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    String head;
                    while ((head = connection.readHead()) != null) {
                        connection.send(RawServer.ok(head.substring(4, 6)));
                    }
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < 9; i++) {
                requests.append("GET /").append(i).append(" HTTP/1.1\r\nHost: a\r\nCookie: VEZA_SERVERID=s1\r\n\r\n");
            }

            client.send(requests.toString());

            for (int i = 0; i < 9; i++) {
                assertThat(client.response()).endsWith("\r\n\r\n/" + i);
            }
        }
    }
}
