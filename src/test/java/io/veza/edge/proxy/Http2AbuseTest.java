package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.http2.FrameBudget;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What breaks the protocol of the connection, or floods it, ends the connection with a GOAWAY that says why. */
class Http2AbuseTest {

    private static final int PROTOCOL_ERROR = 1;
    private static final int FLOW_CONTROL_ERROR = 3;
    private static final int FRAME_SIZE_ERROR = 6;
    private static final int COMPRESSION_ERROR = 9;
    private static final int ENHANCE_YOUR_CALM = 11;

    /** What a client does to its connection. */
    private interface Doing {
        void to(RawHttp2Client client) throws Exception;
    }

    private static void assertGoneAway(int code, Doing doing) throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("fine")));
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            try {
                doing.to(client);
            } catch (java.net.SocketException closed) {
                // As it should be, in the midst of a flood.
            }

            assertThat(client.goneAway()).isEqualTo(code);
            double refused = 0;
            for (ConnectionRefusal reason : ConnectionRefusal.values()) {
                refused += edge.metric("edge_listener_connections_refused_total", "http", reason.reason());
            }
            assertThat(refused).isEqualTo(1);
            assertThat(server.heads).noneMatch(head -> head.contains("never"));
        }
    }

    private static EdgeFixture edge(RawServer server) throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
        setup.listener = new ListenerSettings("http", true);
        return setup.start();
    }

    @Test
    void frames_where_they_may_not_be_are_an_error_of_the_connection() throws Exception {
        assertGoneAway(PROTOCOL_ERROR, client -> client.data(1, true, "x"));
        assertGoneAway(PROTOCOL_ERROR, client -> client.data(0, true, "x"));
        assertGoneAway(PROTOCOL_ERROR, client -> client.get(0, "/never"));
        assertGoneAway(PROTOCOL_ERROR, client -> client.get(2, "/never"));
        assertGoneAway(PROTOCOL_ERROR, client -> client.get(3, "/").get(1, "/never"));
        assertGoneAway(PROTOCOL_ERROR, client -> client.frame(RawHttp2Client.RST_STREAM, 0, 1, 0, 0, 0, 8));
        assertGoneAway(PROTOCOL_ERROR, client -> client.frame(RawHttp2Client.RST_STREAM, 0, 0, 0, 0, 0, 8));
        assertGoneAway(PROTOCOL_ERROR, client -> client.window(1, 10));
        assertGoneAway(PROTOCOL_ERROR, client -> client.window(0, 0));
        assertGoneAway(PROTOCOL_ERROR, client -> client.frame(RawHttp2Client.CONTINUATION, 4, 1, 0x82));
        assertGoneAway(PROTOCOL_ERROR, client -> client.frame(RawHttp2Client.PUSH_PROMISE, 4, 1, 0, 0, 0, 2));
        assertGoneAway(PROTOCOL_ERROR, client -> client.frame(RawHttp2Client.PING, 0, 1, new byte[8]));
        assertGoneAway(PROTOCOL_ERROR, client -> client.frame(RawHttp2Client.SETTINGS, 0, 0, 0, 2, 0, 0, 0, 2));
        assertGoneAway(
                PROTOCOL_ERROR, client -> client.frame(RawHttp2Client.HEADERS, 0, 1, client.block(":method", "GET"))
                        .frame(RawHttp2Client.PING, 0, 0, new byte[8]));
        assertGoneAway(PROTOCOL_ERROR, client -> client.frame(RawHttp2Client.HEADERS, 4 | 8, 1, 200, 0x82));
    }

    @Test
    void frames_of_a_wrong_size_are_too() throws Exception {
        assertGoneAway(FRAME_SIZE_ERROR, client -> client.frame(RawHttp2Client.PING, 0, 0, new byte[7]));
        assertGoneAway(FRAME_SIZE_ERROR, client -> client.frame(RawHttp2Client.SETTINGS, 0, 0, new byte[5]));
        assertGoneAway(FRAME_SIZE_ERROR, client -> client.frame(RawHttp2Client.SETTINGS, 1, 0, new byte[6]));
        assertGoneAway(FRAME_SIZE_ERROR, client -> client.frame(RawHttp2Client.WINDOW_UPDATE, 0, 0, new byte[3]));
        assertGoneAway(FRAME_SIZE_ERROR, client -> client.frame(RawHttp2Client.DATA, 0, 1, new byte[16_385]));
    }

    @Test
    void windows_that_overflow_are_too() throws Exception {
        assertGoneAway(FLOW_CONTROL_ERROR, client -> client.window(0, Integer.MAX_VALUE));
        assertGoneAway(FLOW_CONTROL_ERROR, client -> client.frame(RawHttp2Client.SETTINGS, 0, 0, 0, 4, 0x80, 0, 0, 0));
    }

    @Test
    void what_cannot_be_decompressed_is_too() throws Exception {
        assertGoneAway(
                COMPRESSION_ERROR, client -> client.frame(RawHttp2Client.HEADERS, 5, 1, 0xff, 0xff, 0xff, 0xff, 0x0f));
        // A field that is none, index 0.
        assertGoneAway(COMPRESSION_ERROR, client -> client.frame(RawHttp2Client.HEADERS, 5, 1, 0x80));
    }

    @Test
    void something_else_than_the_preface_is_no_http_2() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("fine")));
                EdgeFixture edge = edge(server);
                RawHttp2Client client = new RawHttp2Client(edge.address)) {
            client.preface().frame(RawHttp2Client.PING, 0, 0, new byte[8]);

            assertThat(client.goneAway()).isEqualTo(PROTOCOL_ERROR);
        }
    }

    @Test
    void rapid_resets_end_the_connection() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        try (RawServer server = new RawServer(RawServer.silent(never));
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            try {
                for (int stream = 1; stream < 4001; stream += 2) {
                    client.get(stream, "/").frame(RawHttp2Client.RST_STREAM, 0, stream, 0, 0, 0, 8);
                }
            } catch (java.net.SocketException closed) {
                // Before the end of the flood.
            }

            assertThat(client.goneAway()).isEqualTo(ENHANCE_YOUR_CALM);
            while (edge.plane.connections() > 0) {
                Thread.onSpinWait();
            }
            edge.awaitIdle("s1");
        }
    }

    @Test
    void made_resets_end_the_connection_as_well() throws Exception {
        // Each is a request that is well, taken back by a frame that has the edge reset it (CVE-2025-8671).
        assertGoneAway(ENHANCE_YOUR_CALM, client -> {
            for (int stream = 1; stream < 2001; stream += 2) {
                client.request(stream, false, "POST", "/").window(stream, 0);
            }
        });
        assertGoneAway(ENHANCE_YOUR_CALM, client -> {
            for (int stream = 1; stream < 2001; stream += 2) {
                client.get(stream, "/never", "connection", "close");
            }
        });
    }

    @Test
    void floods_of_frames_that_ask_for_nothing_end_the_connection() throws Exception {
        int many = FrameBudget.CONTROL_FRAMES + 100;
        assertGoneAway(ENHANCE_YOUR_CALM, client -> {
            for (int i = 0; i < many; i++) {
                client.frame(RawHttp2Client.PING, 0, 0, new byte[8]);
            }
        });
        assertGoneAway(ENHANCE_YOUR_CALM, client -> {
            for (int i = 0; i < many; i++) {
                client.frame(RawHttp2Client.SETTINGS, 0, 0, 0, 3, 0, 0, 0, 1);
            }
        });
        assertGoneAway(ENHANCE_YOUR_CALM, client -> {
            for (int i = 0; i < many; i++) {
                client.frame(RawHttp2Client.PRIORITY, 0, 1 + 2 * i, 0, 0, 0, 0, 16);
            }
        });
        assertGoneAway(ENHANCE_YOUR_CALM, client -> {
            client.request(1, false, "POST", "/");
            for (int i = 0; i < many; i++) {
                client.data(1, false, "");
            }
        });
        assertGoneAway(ENHANCE_YOUR_CALM, client -> {
            for (int i = 0; i < many; i++) {
                client.window(0, 1);
            }
        });
        assertGoneAway(ENHANCE_YOUR_CALM, client -> {
            for (int i = 0; i < many; i++) {
                client.frame(0xbe, 0, 0, 1);
            }
        });
    }

    @Test
    void a_flood_of_continuations_ends_the_connection() throws Exception {
        assertGoneAway(ENHANCE_YOUR_CALM, client -> {
            client.frame(RawHttp2Client.HEADERS, 1, 1, client.block(":method", "GET"));
            for (int i = 0; i < 1000; i++) {
                client.frame(RawHttp2Client.CONTINUATION, 0, 1);
            }
        });
    }

    @Test
    void a_head_that_grows_as_it_is_decompressed_is_refused() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("fine")));
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            byte[] start = client.block(":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/never");
            // One literal with indexing of 3,900 bytes, then a byte each for as many copies of it.
            io.netty.buffer.ByteBuf bomb = io.netty.buffer.Unpooled.buffer();
            bomb.writeBytes(start).writeByte(0x40).writeByte(1).writeByte('x');
            bomb.writeByte(0x7f).writeByte(0xbd).writeByte(0x1d);
            for (int i = 0; i < 3900; i++) {
                bomb.writeByte('y');
            }
            for (int i = 0; i < 9; i++) {
                bomb.writeByte(0xbe);
            }
            byte[] bytes = new byte[bomb.readableBytes()];
            bomb.readBytes(bytes);

            client.frame(RawHttp2Client.HEADERS, 5, 1, bytes);

            assertThat(client.response(1)).startsWith(":status: 431").endsWith("head too large\"}\n");
            assertThat(edge.metric("edge_listener_refusals_total", "http", "head_too_large"))
                    .isEqualTo(1);
            assertThat(server.heads).isEmpty();
        }
    }

    @Test
    void more_streams_than_are_allowed_are_refused_one_by_one() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("http", true);
        setup.http2 = new Http2Limits(3, 200);
        try (RawServer server = new RawServer(RawServer.silent(never))) {
            setup.servers(server.port());
            try (EdgeFixture edge = setup.start();
                    RawHttp2Client client = RawHttp2Client.open(edge)) {
                client.get(1, "/").get(3, "/").get(5, "/").get(7, "/");

                assertThat(client.response(7)).isEqualTo("<reset 7>");
                assertThat(client.seen).noneMatch(frame -> frame.type() == RawHttp2Client.GOAWAY);
            }
        }
    }

    @Test
    void an_honest_client_is_left_alone_however_much_it_loads() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x".repeat(1000))));
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            for (int stream = 1; stream < 6001; stream += 2) {
                client.get(stream, "/").response(stream);
                client.window(0, 1000);
            }

            assertThat(client.seen).noneMatch(frame -> frame.type() == RawHttp2Client.GOAWAY);
        }
    }
}
