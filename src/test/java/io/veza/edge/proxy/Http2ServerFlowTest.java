package io.veza.edge.proxy;

import static io.veza.edge.proxy.Http2Servers.edge;
import static io.veza.edge.proxy.Http2Servers.post;
import static io.veza.edge.proxy.Http2Servers.server;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Back-pressure between HTTP/1.1 clients and servers of HTTP/2: a stream that waits holds up no other. */
class Http2ServerFlowTest {

    @Test
    void a_response_is_read_no_faster_than_its_client_takes_it_and_neighbours_go_on() throws Exception {
        AtomicInteger sent = new AtomicInteger();
        String piece = "x".repeat(16_384);
        CountDownLatch stalled = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    Http2Peer peer = new Http2Peer(connection);
                    int slow = peer.request().stream();
                    peer.headers(slow, false, ":status", "200");
                    FlowWindow window = new FlowWindow(connection, 256 * 1024);
                    while (sent.get() < 64 * 1024 * 1024 && window.takes(piece.length(), slow)) {
                        peer.data(slow, false, piece);
                        sent.addAndGet(piece.length());
                    }
                    stalled.countDown();
                    int next = window.request;
                    peer.answer(next, "neighbour");
                    connection.in.read();
                });
                EdgeFixture edge = edge(server).start();
                RawClient slow = edge.client();
                RawClient neighbour = edge.client()) {
            slow.get("/");
            slow.head();
            neighbour.get("/");

            assertThat(neighbour.response()).endsWith("neighbour");
            assertThat(stalled.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(sent.get()).isLessThan(16 * 1024 * 1024);
        }
    }

    @Test
    void an_upload_is_taken_no_faster_than_the_server_lets_it_and_neighbours_go_on() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer server = server(peer -> {
                    peer.request();
                    asked.countDown();
                    // Reads on and never gives any window back.
                    peer.answer(peer.request().stream(), "neighbour");
                    while (true) {
                        peer.next();
                    }
                });
                EdgeFixture edge = edge(server).start();
                RawClient slow = edge.client();
                RawClient neighbour = edge.client()) {
            AtomicInteger taken = new AtomicInteger();
            byte[] piece = new byte[64 * 1024];
            slow.send(post(Integer.MAX_VALUE, ""));
            asked.await();
            Thread sending = new Thread(() -> {
                try {
                    while (true) {
                        slow.socket.getOutputStream().write(piece);
                        taken.addAndGet(piece.length);
                    }
                } catch (java.io.IOException closed) {
                    // The end of the test.
                }
            });
            sending.start();

            assertThat(neighbour.get("/").response()).endsWith("neighbour");

            // The server's timeout is the client's wait here: it ends the exchange, and tells that nothing moved.
            assertThat(slow.rest()).startsWith("HTTP/1.1 504");
            assertThat(taken.get()).isLessThan(16 * 1024 * 1024);
            slow.close();
            sending.join();
        }
    }

    /** What the server may still send on a stream, by the WINDOW_UPDATE frames that come; says no when a request comes. */
    private static final class FlowWindow {
        private final java.io.DataInputStream in;
        private int left;
        int request;

        FlowWindow(RawServer.Connection connection, int left) {
            this.in = new java.io.DataInputStream(connection.in);
            this.left = left;
        }

        /** Waits until so much may be sent; false if a request comes before that. */
        boolean takes(int length, int stream) throws java.io.IOException {
            while (left < length || in.available() > 0) {
                if (request != 0 && left < length) {
                    return false;
                }
                int size = in.readUnsignedByte() << 16 | in.readUnsignedShort();
                int type = in.readUnsignedByte();
                in.readUnsignedByte();
                int of = in.readInt();
                byte[] payload = in.readNBytes(size);
                if (type == Http2Peer.WINDOW_UPDATE && of == stream) {
                    left += java.nio.ByteBuffer.wrap(payload).getInt();
                } else if (type == Http2Peer.HEADERS) {
                    request = of;
                }
            }
            left -= length;
            return true;
        }
    }
}
