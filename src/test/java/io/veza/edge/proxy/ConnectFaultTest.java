package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.proxy.TrafficCounters.Count;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Servers that cannot be reached: the request goes to another one, within bounded time. */
class ConnectFaultTest {

    @Test
    void a_refused_connection_is_redispatched_and_the_cookie_names_who_answered() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge =
                        EdgeFixture.with().servers(closedPort(), server.port()).start()) {

            for (int i = 0; i < 4; i++) {
                String response = edge.get("/", "Cookie: VEZA_SERVERID=s1\r\n");
                assertThat(response).startsWith("HTTP/1.1 200").contains("Set-Cookie: VEZA_SERVERID=s2;");
            }

            assertThat(edge.count("s1", Count.CONNECT_FAILED)).isEqualTo(4);
            assertThat(edge.count("s1", Count.REDISPATCHED)).isEqualTo(4);
            edge.awaitIdle("s1");
        }
    }

    @Test
    void a_body_goes_to_the_server_that_can_be_reached() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send(RawServer.ok(connection.read(5)));
                });
                EdgeFixture edge =
                        EdgeFixture.with().servers(closedPort(), server.port()).start();
                RawClient client = edge.client()) {

            client.send("POST / HTTP/1.1\r\nHost: a\r\nCookie: VEZA_SERVERID=s1\r\nContent-Length: 5\r\n\r\nhello");

            assertThat(client.response()).endsWith("hello");
        }
    }

    @Test
    void a_pool_of_one_that_refuses_is_503_at_once() throws Exception {
        try (EdgeFixture edge = EdgeFixture.with().servers(closedPort()).start()) {

            String response = edge.get("/");

            assertThat(response).startsWith("HTTP/1.1 503").contains("Retry-After: 5\r\n");
            assertThat(edge.failures()).containsEntry("connect_failed", 1L);
        }
    }

    @Test
    void a_black_hole_costs_one_connect_timeout() throws Exception {
        try (BlackHole hole = new BlackHole();
                RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge =
                        EdgeFixture.with().servers(hole.port(), server.port()).start()) {
            long start = System.nanoTime();

            String response = edge.get("/", "Cookie: VEZA_SERVERID=s1\r\n");

            assertThat(response).startsWith("HTTP/1.1 200");
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(490), Duration.ofSeconds(4));
        }
    }

    @Test
    void nothing_but_black_holes_is_503_after_three_connect_timeouts() throws Exception {
        try (BlackHole hole = new BlackHole();
                BlackHole second = new BlackHole();
                BlackHole third = new BlackHole();
                BlackHole fourth = new BlackHole();
                BlackHole fifth = new BlackHole();
                EdgeFixture edge = EdgeFixture.with()
                        .servers(hole.port(), second.port(), third.port(), fourth.port(), fifth.port())
                        .start()) {
            long start = System.nanoTime();

            String response = edge.get("/");

            assertThat(response).startsWith("HTTP/1.1 503");
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(1400), Duration.ofMillis(2450));
        }
    }

    static int closedPort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
