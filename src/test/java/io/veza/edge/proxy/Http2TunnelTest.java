package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.http1.Octets;
import io.veza.edge.http1.WebSocketHandshake;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** WebSockets of browsers that have an HTTP/2 connection already (RFC 8441), and how such connections end. */
class Http2TunnelTest {

    /** Grants the upgrade whatever the key, then sends back what it is sent. */
    private static final RawServer.Script ECHO = connection -> {
        String head = connection.readHead();
        if (head != null) {
            connection.send(granted(head));
            connection.in.transferTo(connection.out);
        }
    };

    private static String granted(String head) {
        int at = head.indexOf("Sec-WebSocket-Key: ") + 19;
        byte[] key = Octets.ascii(head.substring(at, at + WebSocketHandshake.KEY_LENGTH));
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Accept: "
                + new String(WebSocketHandshake.accept(key, 0), java.nio.charset.StandardCharsets.US_ASCII)
                + "\r\n\r\n";
    }

    private static EdgeFixture edge(RawServer server) throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
        setup.listener = new ListenerSettings("http", true);
        return setup.start();
    }

    private static RawHttp2Client connect(RawHttp2Client client, int stream) throws Exception {
        return client.headers(
                stream,
                false,
                ":method",
                "CONNECT",
                ":protocol",
                "websocket",
                ":scheme",
                "https",
                ":path",
                "/ws",
                ":authority",
                "edge.test",
                "sec-websocket-version",
                "13",
                "sec-websocket-protocol",
                "chat");
    }

    @Test
    void an_extended_connect_opens_a_tunnel_beside_other_streams() throws Exception {
        try (RawServer server = new RawServer(ECHO);
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            connect(client, 1).data(1, false, "early");

            RawHttp2Client.Frame head = client.nextOf(RawHttp2Client.HEADERS, 1);

            assertThat(head.fields())
                    .contains(":status: 200", "sec-websocket-protocol: chat")
                    .noneMatch(field -> field.startsWith("upgrade") || field.startsWith("connection"))
                    .noneMatch(field -> field.startsWith("sec-websocket-accept"));
            assertThat(head.ends()).isFalse();
            assertThat(client.nextOf(RawHttp2Client.DATA, 1).text()).isEqualTo("early");
            client.data(1, false, "more");
            assertThat(client.nextOf(RawHttp2Client.DATA, 1).text()).isEqualTo("more");
            assertThat(server.heads.get(0))
                    .startsWith("GET /ws HTTP/1.1\r\nHost: edge.test\r\n")
                    .contains("Connection: Upgrade\r\nUpgrade: websocket\r\n", "sec-websocket-version: 13\r\n");
            assertThat(edge.server("s1").inFlight()).isEqualTo(1);

            client.data(1, true, "");

            assertThat(edge.nextEnded().tunnelEnd()).isEqualTo(TunnelEnd.CLIENT);
            edge.awaitIdle("s1");
        }
    }

    @Test
    void the_settings_say_that_it_may_be_asked_for() throws Exception {
        try (RawServer server = new RawServer(ECHO);
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {

            RawHttp2Client.Frame settings = client.nextOf(RawHttp2Client.SETTINGS, 0);

            boolean said = false;
            for (int at = 0; at < settings.payload().capacity(); at += 6) {
                said |= settings.payload().getShort(at) == 8
                        && settings.payload().getInt(at + 2) == 1;
            }
            assertThat(said).isTrue();
        }
    }

    @Test
    void a_server_that_goes_down_ends_the_tunnel_with_a_reason_and_the_stream_with_its_end() throws Exception {
        try (RawServer server = new RawServer(ECHO);
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            connect(client, 1);
            client.nextOf(RawHttp2Client.HEADERS, 1);

            edge.markDown("s1");

            RawHttp2Client.Frame close = client.nextOf(RawHttp2Client.DATA, 1);
            assertThat(close.payload().getUnsignedShort(2)).isEqualTo(1012);
            RawHttp2Client.Frame end = close.ends() ? close : client.next(RawHttp2Client.Frame::ends);
            assertThat(end.stream()).isEqualTo(1);
        }
    }

    @Test
    void a_server_that_declines_answers_as_usual_but_may_not_seem_to_grant() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    String head;
                    int asked = 0;
                    while ((head = connection.readHead()) != null) {
                        connection.send(
                                asked++ == 0
                                        ? "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
                                        : RawServer.ok("hi"));
                    }
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            assertThat(connect(client, 1).response(1))
                    .startsWith(":status: 403")
                    .endsWith("no");
            assertThat(connect(client, 3).response(3)).startsWith(":status: 502");
        }
    }

    @Test
    void another_protocol_than_websocket_is_not_implemented() throws Exception {
        try (RawServer server = new RawServer(ECHO);
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.headers(
                    1,
                    false,
                    ":method",
                    "CONNECT",
                    ":protocol",
                    "connect-udp",
                    ":scheme",
                    "https",
                    ":path",
                    "/",
                    ":authority",
                    "a");

            assertThat(client.response(1)).startsWith(":status: 501");
            assertThat(server.heads).isEmpty();
        }
    }

    @Test
    void a_stopping_edge_says_so_in_two_steps_and_answers_what_was_asked() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    while (connection.readHead() != null) {
                        asked.countDown();
                        release.await();
                        connection.send(RawServer.ok("last"));
                    }
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.get(1, "/");
            asked.await();

            edge.plane.drain(Duration.ofSeconds(5));

            RawHttp2Client.Frame first = client.nextOf(RawHttp2Client.GOAWAY, 0);
            assertThat(first.code()).isZero();
            assertThat(first.lastStream()).isEqualTo(Integer.MAX_VALUE);
            RawHttp2Client.Frame ping = client.nextOf(RawHttp2Client.PING, 0);
            // On its way before the first word was heard, and so still answered.
            client.get(3, "/")
                    .frame(
                            RawHttp2Client.PING,
                            RawHttp2Client.ACK,
                            0,
                            ping.payload().array());
            assertThat(client.nextOf(RawHttp2Client.GOAWAY, 0).lastStream()).isEqualTo(3);
            release.countDown();
            assertThat(client.next(RawHttp2Client.Frame::ends).stream()).isIn(1, 3);
            assertThat(client.next(RawHttp2Client.Frame::ends).stream()).isIn(1, 3);
            assertThat(client.next()).isNull();
        }
    }

    @Test
    void an_idle_connection_is_ended_with_a_word_after_its_keep_alive() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("http", true);
        setup.keepAlive = Duration.ofMillis(200);
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")))) {
            setup.servers(server.port());
            try (EdgeFixture edge = setup.start();
                    RawHttp2Client client = RawHttp2Client.open(edge)) {
                client.get(1, "/").response(1);

                assertThat(client.nextOf(RawHttp2Client.GOAWAY, 0).code()).isZero();
                assertThat(client.next()).isNull();
            }
        }
    }

    @Test
    void a_head_that_never_ends_is_not_waited_for() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("http", true);
        setup.requestHead = Duration.ofMillis(200);
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")))) {
            setup.servers(server.port());
            try (EdgeFixture edge = setup.start();
                    RawHttp2Client client = RawHttp2Client.open(edge)) {
                client.get(1, "/").response(1);
                client.frame(RawHttp2Client.HEADERS, 1, 3, client.block(":method", "GET"));

                assertThat(client.goneAway()).isZero();
            }
        }
    }

    @Test
    void a_body_that_stops_ends_its_stream_alone() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("http", true);
        setup.client = Duration.ofMillis(200);
        try (RawServer server = new RawServer(connection -> {
            connection.readHead();
            connection.in.transferTo(java.io.OutputStream.nullOutputStream());
        })) {
            setup.servers(server.port());
            try (EdgeFixture edge = setup.start();
                    RawHttp2Client client = RawHttp2Client.open(edge)) {
                client.request(1, false, "POST", "/").data(1, false, "half");

                assertThat(client.response(1)).startsWith(":status: 408");
                assertThat(client.seen).noneMatch(frame -> frame.type() == RawHttp2Client.GOAWAY);
            }
        }
    }

    @Test
    void a_client_that_stops_taking_is_given_up() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("http", true);
        setup.client = Duration.ofMillis(200);
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x".repeat(500_000))))) {
            setup.servers(server.port());
            try (EdgeFixture edge = setup.start();
                    RawHttp2Client client = RawHttp2Client.open(edge)) {
                client.get(1, "/");

                RawHttp2Client.Frame end = client.nextOf(RawHttp2Client.RST_STREAM, 1);

                assertThat(end.code()).isEqualTo(8);
                edge.awaitIdle("s1");
            }
        }
    }
}
