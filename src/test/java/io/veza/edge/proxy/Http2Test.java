package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What an HTTP/2 client asks, what reaches the server, and what comes back. */
class Http2Test {

    private static final ListenerSettings HTTP2 = new ListenerSettings("http", true);

    private static EdgeFixture edge(RawServer... servers) throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = HTTP2;
        for (RawServer server : servers) {
            setup.servers(server.port());
        }
        return setup.start();
    }

    @Test
    void a_request_reaches_the_server_as_http_1_and_its_answer_the_client_as_http_2() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {

            String response = client.get(1, "/x?q=1", "cookie", "a=1", "accept", "*/*", "cookie", "b=2")
                    .response(1);

            assertThat(response)
                    .startsWith(":status: 200\ncontent-length: 5\nset-cookie: VEZA_SERVERID=s1;")
                    .endsWith("\n\nhello");
            assertThat(server.heads.get(0))
                    .startsWith("GET /x?q=1 HTTP/1.1\r\nHost: edge.test\r\n")
                    .contains("accept: */*\r\n", "cookie: a=1; b=2\r\n", "X-Forwarded-For: 127.0.0.1\r\n")
                    .contains("X-Forwarded-Host: edge.test\r\n")
                    .doesNotContain("Transfer-Encoding");
        }
    }

    @Test
    void the_sticky_cookie_keeps_a_client_on_its_server() throws Exception {
        try (RawServer first = new RawServer(RawServer.always(RawServer.ok("1")));
                RawServer second = new RawServer(RawServer.always(RawServer.ok("2")));
                EdgeFixture edge = edge(first, second);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            for (int stream = 1; stream < 9; stream += 2) {
                String response = client.get(stream, "/", "cookie", "x=1", "cookie", "VEZA_SERVERID=s2")
                        .response(stream);

                assertThat(response).endsWith("\n\n2").doesNotContain("set-cookie");
            }
            assertThat(second.heads).hasSize(4).allMatch(head -> head.contains("cookie: x=1\r\n"));
        }
    }

    @Test
    void answers_come_as_they_are_ready_and_not_in_turn() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    String head;
                    while ((head = connection.readHead()) != null) {
                        if (head.startsWith("GET /slow")) {
                            release.await();
                        }
                        connection.send(RawServer.ok("done"));
                    }
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.get(1, "/slow").get(3, "/fast");

            assertThat(client.response(3)).endsWith("done");
            release.countDown();

            assertThat(client.response(1)).endsWith("done");
        }
    }

    @Test
    void a_body_of_unknown_length_is_sent_on_in_chunks_with_its_trailers() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send(RawServer.ok(readChunked(connection)));
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.request(1, false, "POST", "/", "trailer", "x-sum")
                    .data(1, false, "one")
                    .data(1, false, "two")
                    .headers(1, true, "x-sum", "42");

            assertThat(client.response(1)).endsWith("onetwo|x-sum: 42\r\n");
            assertThat(server.heads.get(0)).contains("Transfer-Encoding: chunked\r\n");
        }
    }

    private static String readChunked(RawServer.Connection connection) throws java.io.IOException {
        StringBuilder all = new StringBuilder();
        while (all.indexOf("0\r\n") < 0 || !all.toString().endsWith("\r\n\r\n")) {
            all.append((char) connection.in.read());
        }
        return all.toString()
                .replaceAll("[36]\r\n(\\w+)\r\n", "$1")
                .replaceFirst("0\r\n", "|")
                .replaceFirst("\r\n\r\n", "\r\n");
    }

    @Test
    void a_response_cut_short_resets_its_stream_and_no_other() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    String head = connection.readHead();
                    if (head != null && head.startsWith("GET /cut")) {
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                        return;
                    }
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwh");
                    release.await();
                    connection.send("ole");
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.get(1, "/other");
            client.nextOf(RawHttp2Client.DATA, 1);
            client.get(3, "/cut");

            assertThat(client.response(3)).endsWith("half<reset 2>");
            release.countDown();

            assertThat(client.response(1)).endsWith("ole");
            assertThat(edge.nextEnded().termination()).startsWith("SD");
        }
    }

    @Test
    void interim_responses_and_trailers_pass() throws Exception {
        try (RawServer server = new RawServer(RawServer.always("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                        + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n"));
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {

            String response = client.get(1, "/").response(1);

            assertThat(response)
                    .startsWith(":status: 103\nlink: </a.css>\n\n:status: 200\n")
                    .endsWith("\n\nhix-sum: 7\n\n")
                    .doesNotContain("transfer-encoding");
        }
    }

    @Test
    void an_early_answer_is_delivered_and_the_upload_stopped_without_an_error() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.request(1, false, "POST", "/").data(1, false, "some");

            assertThat(client.response(1)).startsWith(":status: 413").endsWith("no");
            assertThat(client.nextOf(RawHttp2Client.RST_STREAM, 1).code()).isZero();
        }
    }

    @Test
    void what_the_server_does_not_take_is_not_taken_from_the_client() throws Exception {
        AtomicLong received = new AtomicLong();
        CountDownLatch goOn = new CountDownLatch(1);
        int whole = 30_000_000;
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    goOn.await();
                    while (received.addAndGet(connection.in.readNBytes(10_000).length) < whole) {}
                    connection.send(RawServer.ok("thanks"));
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            // The window is what the settings say from when they are acknowledged.
            client.nextOf(RawHttp2Client.SETTINGS, 0);
            client.request(1, false, "POST", "/", "content-length", Integer.toString(whole));

            int sent = upload(client, 0, whole);
            // More lies nowhere than the stream's window, what the edge has under way, and the kernel's buffers.
            assertThat(sent).isLessThan(whole);
            goOn.countDown();
            for (int tries = 0; sent < whole && tries < 20; tries++) {
                sent = upload(client, sent, whole);
            }
            assertThat(sent).as("sent; seen: %s", client.seen).isEqualTo(whole);

            assertThat(client.response(1)).endsWith("thanks");
            assertThat(received.get()).isEqualTo(whole);
        }
    }

    private int window = Http2Parts.STREAM_WINDOW;

    /** Sends on as far as the stream's window goes, and until it is not opened for a moment. */
    private int upload(RawHttp2Client client, int from, int whole) throws Exception {
        byte[] piece = new byte[10_000];
        int sent = from;
        client.socket.setSoTimeout(500);
        try {
            while (sent < whole) {
                if (window >= piece.length) {
                    int end = sent + piece.length == whole ? RawHttp2Client.END_STREAM : 0;
                    client.frame(RawHttp2Client.DATA, end, 1, piece);
                    sent += piece.length;
                    window -= piece.length;
                } else {
                    window += client.nextOf(RawHttp2Client.WINDOW_UPDATE, 1)
                            .payload()
                            .getInt(0);
                }
            }
        } catch (SocketTimeoutException shut) {
            // As is to be seen by what was sent.
        } finally {
            client.socket.setSoTimeout(10_000);
        }
        return sent;
    }

    @Test
    void a_client_that_takes_nothing_is_given_no_more_than_its_window_and_the_server_is_paused() throws Exception {
        AtomicLong sent = new AtomicLong();
        try (RawServer server = new RawServer(connection -> {
                    String head = connection.readHead();
                    if (head != null && head.startsWith("GET /small")) {
                        connection.send(RawServer.ok("small"));
                        return;
                    }
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
                    byte[] piece = new byte[100_000];
                    while (sent.addAndGet(piece.length) <= 100_000_000) {
                        connection.out.write(piece);
                    }
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.get(1, "/big");
            int taken = 0;
            while (taken < 65_535) {
                taken += client.nextOf(RawHttp2Client.DATA, 1).payload().capacity();
            }

            // The other stream has the connection's window against it as well: give that, not the first one's.
            client.window(0, 100_000).get(3, "/small");

            assertThat(client.response(3)).endsWith("small");
            assertThat(client.seen)
                    .filteredOn(frame -> frame.stream() == 1 && frame.type() == RawHttp2Client.DATA)
                    .extracting(frame -> frame.payload().capacity())
                    .satisfies(lengths -> assertThat(
                                    lengths.stream().mapToInt(Integer::intValue).sum())
                            .isEqualTo(65_535));
            assertThat(sent.get()).isLessThan(20_000_000);
        }
    }

    @Test
    void a_stream_the_client_takes_back_ends_at_its_server() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    asked.countDown();
                    if (connection.in.read() < 0) {
                        ended.countDown();
                    }
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.get(1, "/");
            asked.await();

            client.frame(RawHttp2Client.RST_STREAM, 0, 1, 0, 0, 0, 8);

            ended.await();
            assertThat(edge.nextEnded().termination()).startsWith("CH");
        }
    }

    @Test
    void head_and_no_content_have_no_body() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    String head;
                    while ((head = connection.readHead()) != null) {
                        connection.send(
                                head.startsWith("HEAD")
                                        ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                        : "HTTP/1.1 204 No Content\r\n\r\n");
                    }
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.request(1, true, "HEAD", "/");
            assertThat(client.response(1)).startsWith(":status: 200").doesNotContain("transfer-encoding");

            client.get(3, "/");
            assertThat(client.response(3)).startsWith(":status: 204");
        }
    }

    @Test
    void refusals_of_the_edge_are_answers_of_the_stream() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = HTTP2;
        setup.servers(9);
        try (EdgeFixture edge = setup.start();
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            edge.markDown("s1");

            assertThat(client.get(1, "/").response(1))
                    .startsWith(":status: 503\ncontent-type: application/problem+json")
                    .contains("retry-after: 5")
                    .contains("\"status\":503");
            assertThat(client.request(3, true, "TRACE", "/").response(3)).startsWith(":status: 405");
            assertThat(client.get(5, "/" + "x".repeat(9000)).response(5)).startsWith(":status: 414");
            assertThat(client.headers(7, true, ":method", "CONNECT", ":authority", "a:1")
                            .response(7))
                    .startsWith(":status: 405");
        }
    }

    @Test
    void http_1_is_still_spoken_on_the_same_listener_whatever_comes_first() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("old")));
                EdgeFixture edge = edge(server);
                RawClient whole = edge.client();
                RawClient split = edge.client()) {

            assertThat(whole.get("/").response()).endsWith("old");
            // As PRI begins, and not quite.
            split.send("P").send("UT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

            assertThat(split.response()).endsWith("old");
        }
    }

    @Test
    void the_log_says_http_2() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.get(1, "/logged").response(1);

            EdgeFixture.Ended ended = edge.nextEnded();

            assertThat(ended.protocol()).isEqualTo(Protocol.HTTP_2);
            assertThat(ended.requestLine()).isEqualTo("GET /logged HTTP/1.1");
            assertThat(ended.bytesIn()).isGreaterThan(10);
            assertThat(new String(server.heads.get(0).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.US_ASCII))
                    .contains("GET /logged");
        }
    }
}
