package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.ServerLink;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams of which one half ends long before the other, or before there is another. */
class Http2StreamEndsTest {

    private static EdgeFixture.Setup edge(int port, boolean http2Server) {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(port);
        setup.listener = new ListenerSettings("http", true);
        setup.loops = 1;
        if (http2Server) {
            setup.link = new ServerLink(ServerLink.Protocol.H2C, Optional.empty(), ServerLink.ProxyHeader.NONE);
        }
        return setup;
    }

    /** Until the edge has acted on all that was sent. */
    private static void acted(RawHttp2Client client) throws IOException {
        client.frame(RawHttp2Client.PING, 0, 0, new byte[8]);
        client.next(frame -> frame.type() == RawHttp2Client.PING);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_request_that_ends_before_it_has_a_server_ends_there_too(boolean trailers) throws Exception {
        CountDownLatch sent = new CountDownLatch(1);
        BlockingQueue<Http2Peer.Frame> seen = new LinkedBlockingQueue<>();
        try (RawServer server = new RawServer(connection -> {
                    sent.await();
                    Http2Peer peer = new Http2Peer(connection);
                    Http2Peer.Frame request = peer.request();
                    seen.add(peer.next());
                    peer.answer(request.stream(), "done");
                    peer.next();
                });
                EdgeFixture edge = edge(server.port(), true).start();
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.request(1, false, "POST", "/");
            if (trailers) {
                client.headers(1, true, "x-sum", "7");
            } else {
                client.data(1, true, "");
            }
            acted(client);

            sent.countDown();

            assertThat(client.response(1)).startsWith(":status: 200").endsWith("done");
            Http2Peer.Frame end = seen.take();
            assertThat(end.ends()).isTrue();
            assertThat(end.type()).isEqualTo(trailers ? Http2Peer.HEADERS : Http2Peer.DATA);
        }
    }

    @Test
    void a_server_that_says_the_end_late_has_answered_all_the_same() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    Http2Peer peer = new Http2Peer(connection);
                    int stream = peer.request().stream();
                    peer.headers(stream, false, ":status", "200", "content-length", "4");
                    peer.data(stream, false, "body");
                    read.await();
                    peer.data(stream, true, "");
                    peer.next();
                });
                EdgeFixture edge = edge(server.port(), true).start();
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.get(1, "/");

            assertThat(client.response(1)).endsWith("body");
            acted(client);
            read.countDown();

            EdgeFixture.Ended ended = edge.nextEnded();
            assertThat(ended.status()).isEqualTo(200);
            assertThat(ended.termination()).startsWith("--");
            assertThat(edge.failures()).doesNotContainKey("aborted");
        }
    }

    @Test
    void a_client_that_ends_its_request_and_takes_no_response_is_not_waited_for() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send(RawServer.ok("x".repeat(4_000_000)));
                    connection.in.readAllBytes();
                });
                EdgeFixture edge = slowClientsAreCut(server.port());
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.request(1, false, "POST", "/");
            int got = 0;
            while (got < 65_535) {
                got += client.nextOf(RawHttp2Client.DATA, 1).payload().readableBytes();
            }

            client.data(1, true, "the end");

            client.nextOf(RawHttp2Client.RST_STREAM, 1);
            assertThat(edge.nextEnded().termination()).startsWith("c");
        }
    }

    private static EdgeFixture slowClientsAreCut(int port) throws Exception {
        EdgeFixture.Setup setup = edge(port, false);
        setup.client = Duration.ofMillis(500);
        return setup.start();
    }

    @Test
    void what_was_on_its_way_when_the_stream_was_reset_is_no_offence() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("fine")));
                EdgeFixture edge = edge(server.port(), false).start();
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            edge.markDown("s1");
            client.request(1, false, "POST", "/");
            assertThat(client.response(1)).startsWith(":status: 503");
            client.nextOf(RawHttp2Client.RST_STREAM, 1);

            for (int i = 0; i < 1000; i++) {
                client.data(1, false, "more");
            }
            acted(client);

            assertThat(client.seen.stream().filter(frame -> frame.type() == RawHttp2Client.RST_STREAM))
                    .hasSize(1);
            edge.markUp("s1");
            assertThat(client.get(3, "/").response(3)).endsWith("fine");
        }
    }

    @Test
    void an_upload_whose_frames_come_in_pieces_goes_on_however_long_it_takes() throws Exception {
        EdgeFixture.Setup setup;
        try (RawServer server = new RawServer(connection -> {
            connection.readHead();
            connection.in.readNBytes(60 * 100 + 1);
            connection.send(RawServer.ok("all"));
        })) {
            setup = edge(server.port(), false);
            setup.requestHead = Duration.ofMillis(500);
            setup.client = Duration.ofSeconds(1);
            try (EdgeFixture edge = setup.start();
                    RawHttp2Client client = RawHttp2Client.open(edge)) {
                client.request(1, false, "POST", "/", "content-length", "6001");
                byte[] frame = new byte[109];
                frame[2] = 100;
                frame[8] = 1;
                client.bytes(java.util.Arrays.copyOf(frame, 5));
                // Each piece ends one frame and begins the next.
                byte[] piece = new byte[109];
                System.arraycopy(frame, 5, piece, 0, 104);
                System.arraycopy(frame, 0, piece, 104, 5);
                for (int i = 0; i < 60; i++) {
                    client.bytes(i < 59 ? piece : java.util.Arrays.copyOf(piece, 104));
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(30));
                }
                client.data(1, true, "x");

                assertThat(client.response(1)).endsWith("all");
            }
        }
    }

    @Test
    void the_fields_kept_for_a_client_do_not_grow_with_its_wishes() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    for (int i = 0; connection.readHead() != null; i++) {
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Long: " + i % 8 + "y".repeat(1000)
                                + "\r\n\r\n");
                    }
                });
                EdgeFixture edge = edge(server.port(), false).start();
                RawHttp2Client client = new RawHttp2Client(edge.address)) {
            client.preface().frame(RawHttp2Client.SETTINGS, 0, 0, 0, 1, 0, 16, 0, 0);

            for (int stream = 1; stream < 64; stream += 2) {
                client.get(stream, "/");
                // One that was kept is named by a number instead.
                assertThat(client.nextOf(RawHttp2Client.HEADERS, stream)
                                .payload()
                                .capacity())
                        .isGreaterThan(500);
            }
        }
    }
}
