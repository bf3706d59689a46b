package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.ServerLink;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.proxy.TrafficCounters.Count;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that speak HTTP/2 with prior knowledge, to clients that speak HTTP/1.1. */
class Http2ServerTest {

    private static final int NO_ERROR = 0;
    private static final int INTERNAL_ERROR = 2;
    private static final int REFUSED_STREAM = 7;
    private static final int CANCEL = 8;

    private static final String UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    /** What a server does once it and the edge have said their settings. */
    interface Script {
        void serve(Http2Peer peer) throws Exception;
    }

    private static RawServer server(Script script, int... settings) throws Exception {
        return new RawServer(connection -> {
            Http2Peer peer = new Http2Peer(connection, settings);
            try {
                script.serve(peer);
            } catch (java.io.IOException | InterruptedException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** Answers every request with this body. */
    private static Script always(String body) {
        return peer -> {
            while (true) {
                peer.answer(peer.request().stream(), body);
            }
        };
    }

    private static EdgeFixture.Setup edge(RawServer... servers) {
        EdgeFixture.Setup setup = EdgeFixture.with();
        for (RawServer server : servers) {
            setup.servers(server.port());
        }
        setup.link = new ServerLink(ServerLink.Protocol.H2C, Optional.empty(), ServerLink.ProxyHeader.NONE);
        setup.loops = 1;
        return setup;
    }

    private static String post(int length, String body) {
        return "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n" + body;
    }

    // What passes

    @Test
    void a_request_becomes_fields_without_those_of_the_connection() throws Exception {
        BlockingQueue<Http2Peer.Frame> seen = new LinkedBlockingQueue<>();
        try (RawServer server = server(peer -> {
                    Http2Peer.Frame request = peer.request();
                    seen.add(request);
                    peer.answer(request.stream(), "x");
                    peer.next();
                });
                EdgeFixture edge = edge(server).start()) {

            assertThat(edge.get(
                            "/path?q=1",
                            "X-Upper: Value \r\n",
                            "Connection: keep-alive, X-Hop\r\n",
                            "X-Hop: gone\r\n",
                            "Keep-Alive: 5\r\n",
                            "TE: gzip, trailers\r\n",
                            "Cookie: a=b; VEZA_SERVERID=s9; c=d\r\n"))
                    .startsWith("HTTP/1.1 200")
                    .endsWith("x");

            Http2Peer.Frame request = seen.take();
            assertThat(request.ends()).isTrue();
            assertThat(request.fields())
                    .containsEntry(":method", "GET")
                    .containsEntry(":scheme", "http")
                    .containsEntry(":authority", "edge.test")
                    .containsEntry(":path", "/path?q=1")
                    .containsEntry("x-upper", "Value")
                    .containsEntry("te", "trailers")
                    .containsEntry("cookie", "a=b; c=d")
                    .containsKey("x-request-id")
                    .containsKey("x-forwarded-for")
                    .doesNotContainKeys("host", "connection", "x-hop", "keep-alive", "transfer-encoding");
            assertThat(new ArrayList<>(request.fields().keySet()).subList(0, 4))
                    .containsExactly(":method", ":path", ":scheme", ":authority");
        }
    }

    @Test
    void many_requests_share_one_connection() throws Exception {
        CountDownLatch all = new CountDownLatch(10);
        try (RawServer server = server(peer -> {
                    List<Integer> streams = new ArrayList<>();
                    while (streams.size() < 10) {
                        streams.add(peer.request().stream());
                        all.countDown();
                    }
                    all.await();
                    for (int i = 9; i >= 0; i--) {
                        peer.answer(streams.get(i), "answer to " + streams.get(i));
                    }
                    always("later").serve(peer);
                });
                EdgeFixture edge = edge(server).start()) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                clients.add(edge.client().get("/" + i));
            }

            for (RawClient client : clients) {
                assertThat(client.response()).contains("answer to ");
                assertThat(client.get("/").response()).endsWith("later");
                client.close();
            }

            assertThat(server.connections).hasSize(1);
            assertThat(edge.count("s1", Count.CONNECTED)).isEqualTo(1);
            assertThat(edge.open("s1")).isEqualTo(1);
            assertThat(edge.server("s1").inFlight()).isZero();
        }
    }

    @Test
    void a_server_that_takes_few_streams_gets_more_connections() throws Exception {
        CountDownLatch all = new CountDownLatch(6);
        AtomicInteger most = new AtomicInteger();
        try (RawServer server = server(
                        peer -> {
                            int one = peer.request().stream();
                            all.countDown();
                            int two = peer.request().stream();
                            all.countDown();
                            most.accumulateAndGet(two, Math::max);
                            all.await();
                            peer.answer(one, "x");
                            peer.answer(two, "x");
                            peer.next();
                        },
                        Http2Peer.MAX_CONCURRENT_STREAMS,
                        2);
                EdgeFixture edge = edge(server).start()) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                clients.add(edge.client().get("/" + i));
            }

            for (RawClient client : clients) {
                assertThat(client.response()).startsWith("HTTP/1.1 200");
                client.close();
            }

            assertThat(server.connections).hasSize(3);
            // Netty begins with 3.
            assertThat(most.get()).isEqualTo(5);
        }
    }

    @Test
    void a_server_that_takes_no_stream_is_out_of_reach() throws Exception {
        try (RawServer server = server(Http2Peer::next, Http2Peer.MAX_CONCURRENT_STREAMS, 0);
                EdgeFixture edge = edge(server).start()) {

            assertThat(edge.get("/")).startsWith("HTTP/1.1 503");
        }
    }

    @Test
    void an_upload_goes_as_data_and_ends_with_its_trailers() throws Exception {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        try (RawServer server = server(peer -> {
                    Http2Peer.Frame request = peer.request();
                    seen.add(String.valueOf(request.fields().get("content-length")));
                    Http2Peer.Frame frame = peer.next();
                    StringBuilder body = new StringBuilder();
                    for (; frame.type() == Http2Peer.DATA; frame = peer.next()) {
                        body.append(frame.text());
                    }
                    seen.add(body + " " + frame.fields() + " " + frame.ends());
                    peer.answer(request.stream(), "thanks");
                    peer.next();
                });
                EdgeFixture edge = edge(server).start();
                RawClient client = edge.client()) {

            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "4\r\nfour\r\n4\r\nmore\r\n0\r\nX-Sum: 8\r\n\r\n");

            assertThat(client.response()).endsWith("thanks");
            assertThat(seen.take()).isEqualTo("null");
            assertThat(seen.take()).isEqualTo("fourmore {x-sum=8} true");
        }
    }

    @Test
    void a_response_of_no_known_length_ends_with_its_trailers() throws Exception {
        try (RawServer server = server(peer -> {
                    int stream = peer.request().stream();
                    peer.headers(stream, false, ":status", "103", "link", "</a>");
                    peer.headers(stream, false, ":status", "200", "x", "y");
                    peer.data(stream, false, "one");
                    peer.data(stream, false, "two");
                    peer.headers(stream, true, "grpc-status", "0");
                    peer.next();
                });
                EdgeFixture edge = edge(server).start();
                RawClient client = edge.client()) {
            client.get("/");

            assertThat(client.head()).startsWith("HTTP/1.1 103").contains("link: </a>");
            assertThat(client.head()).startsWith("HTTP/1.1 200").contains("x: y");
            assertThat(client.read(37))
                    .isEqualTo("3\r\none\r\n3\r\ntwo\r\n0\r\ngrpc-status: 0\r\n\r\n".substring(0, 37));
        }
    }

    @ParameterizedTest
    @CsvSource({"GET,204", "GET,304", "HEAD,200", "GET,200"})
    void a_response_may_be_fields_alone(String method, int status) throws Exception {
        try (RawServer server = server(peer -> {
                    while (true) {
                        peer.headers(peer.request().stream(), true, ":status", String.valueOf(status), "x", "y");
                    }
                });
                EdgeFixture edge = edge(server).start();
                RawClient client = edge.client()) {

            for (int i = 0; i < 2; i++) {
                client.send(method + " / HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.response()).startsWith("HTTP/1.1 " + status).contains("x: y\r\n");
            }
        }
    }

    @Test
    void a_large_upload_and_download_pass_through_small_windows() throws Exception {
        String large = "0123456789abcdef".repeat(32 * 1024);
        try (RawServer server = server(
                        peer -> {
                            int stream = peer.request().stream();
                            StringBuilder body = new StringBuilder();
                            Http2Peer.Frame frame;
                            do {
                                frame = peer.next();
                                body.append(frame.text());
                                if (frame.text().length() > 0) {
                                    peer.window(0, frame.text().length());
                                    peer.window(stream, frame.text().length());
                                }
                            } while (!frame.ends());
                            peer.headers(
                                    stream, false, ":status", "200", "content-length", String.valueOf(body.length()));
                            for (int at = 0; at < body.length(); at += 8192) {
                                peer.data(stream, at + 8192 >= body.length(), body.substring(at, at + 8192));
                                Thread.onSpinWait();
                            }
                            peer.next();
                        },
                        Http2Peer.INITIAL_WINDOW_SIZE,
                        1000);
                EdgeFixture edge = edge(server).start();
                RawClient client = edge.client()) {
            Thread sending = new Thread(() -> {
                try {
                    client.send(post(large.length(), large));
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            sending.start();

            assertThat(client.response()).endsWith(large);
            sending.join();
        }
    }

    // Faults

    @Test
    void what_is_not_http2_is_a_server_out_of_reach() throws Exception {
        try (RawServer old = new RawServer(connection -> {
                    connection.in.readNBytes(24);
                    connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                    connection.in.read();
                });
                RawServer silent = new RawServer(connection -> connection.in.readAllBytes());
                RawServer right = server(always("right"));
                EdgeFixture edge = edge(old, silent, right).start()) {

            for (int i = 0; i < 3; i++) {
                assertThat(edge.get("/")).endsWith("right");
            }

            assertThat(edge.count("s1", Count.CONNECT_FAILED)).isPositive();
            assertThat(edge.count("s2", Count.CONNECT_FAILED)).isPositive();
            assertThat(edge.open("s1")).isZero();
        }
    }

    @Test
    void a_stream_that_is_refused_is_sent_again_whatever_the_method() throws Exception {
        AtomicInteger refused = new AtomicInteger();
        try (RawServer server = server(peer -> {
                    while (true) {
                        int stream = peer.request().stream();
                        if (refused.getAndIncrement() == 0) {
                            peer.reset(stream, REFUSED_STREAM);
                        } else {
                            peer.answer(stream, "second");
                        }
                    }
                });
                EdgeFixture edge = edge(server).start();
                RawClient client = edge.client()) {

            assertThat(client.send(post(0, "")).response()).endsWith("second");

            assertThat(edge.count("s1", Count.RETRIED)).isEqualTo(1);
        }
    }

    @Test
    void a_post_that_is_reset_is_not_repeated_and_a_get_is_once() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        try (RawServer server = server(peer -> {
                    while (true) {
                        int stream = peer.request().stream();
                        requests.incrementAndGet();
                        peer.reset(stream, INTERNAL_ERROR);
                    }
                });
                EdgeFixture edge = edge(server).start();
                RawClient client = edge.client()) {

            assertThat(client.send(post(0, "")).response()).startsWith("HTTP/1.1 502");
            assertThat(requests.get()).isEqualTo(1);

            assertThat(client.get("/").response()).startsWith("HTTP/1.1 502");
            assertThat(requests.get()).isGreaterThanOrEqualTo(3);
            assertThat(edge.failures()).containsEntry("closed_early", 2L);
        }
    }

    @Test
    void goaway_lets_what_was_taken_end_and_sends_the_rest_elsewhere() throws Exception {
        AtomicInteger connections = new AtomicInteger();
        CountDownLatch two = new CountDownLatch(1);
        try (RawServer server = server(peer -> {
                    if (connections.incrementAndGet() > 1) {
                        always("new connection").serve(peer);
                    }
                    int first = peer.request().stream();
                    peer.headers(first, false, ":status", "200", "content-length", "4");
                    peer.request();
                    peer.goAway(first, NO_ERROR);
                    two.await();
                    peer.data(first, true, "done");
                    peer.next();
                });
                EdgeFixture edge = edge(server).start();
                RawClient one = edge.client();
                RawClient other = edge.client()) {
            one.get("/one").head();
            other.send(post(0, ""));

            assertThat(other.response()).endsWith("new connection");
            two.countDown();
            assertThat(one.read(4)).isEqualTo("done");

            assertThat(one.get("/").response()).endsWith("new connection");
            assertThat(connections.get()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_stream_cut_in_mid_body_is_cut_for_its_client_alone(boolean wholeConnection) throws Exception {
        AtomicInteger connections = new AtomicInteger();
        Semaphore first = new Semaphore(0);
        CountDownLatch begun = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    Http2Peer peer = new Http2Peer(connection);
                    if (connections.incrementAndGet() > 1) {
                        peer.answer(peer.request().stream(), "again");
                        peer.next();
                        return;
                    }
                    int cut = peer.request().stream();
                    first.release();
                    int waits = peer.request().stream();
                    peer.headers(cut, false, ":status", "200", "content-length", "100");
                    peer.data(cut, false, "part");
                    begun.await();
                    if (wholeConnection) {
                        connection.reset();
                    } else {
                        peer.reset(cut, INTERNAL_ERROR);
                        peer.answer(waits, "well");
                        peer.next();
                    }
                });
                EdgeFixture edge = edge(server).start();
                RawClient one = edge.client();
                RawClient other = edge.client()) {
            one.get("/cut");
            assertThat(first.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
            other.get("/waits");
            one.head();
            assertThat(one.read(4)).isEqualTo("part");
            begun.countDown();

            assertThat(one.rest()).isEqualTo("<reset>");
            assertThat(other.response()).endsWith(wholeConnection ? "again" : "well");
            assertThat(edge.failures()).containsEntry("response_cut", 1L);
        }
    }

    @Test
    void no_answer_in_time_is_504_and_the_stream_is_cancelled() throws Exception {
        BlockingQueue<Http2Peer.Frame> after = new LinkedBlockingQueue<>();
        EdgeFixture.Setup setup;
        try (RawServer server = server(peer -> {
            peer.request();
            after.add(peer.next());
            peer.next();
        })) {
            setup = edge(server);
            setup.timeouts = new PoolTimeouts(
                    Duration.ofMillis(500), Duration.ofMillis(300), Duration.ofSeconds(30), Duration.ofSeconds(5));
            try (EdgeFixture edge = setup.start()) {

                assertThat(edge.get("/")).startsWith("HTTP/1.1 504");

                Http2Peer.Frame reset = after.poll(10, TimeUnit.SECONDS);
                assertThat(reset).isNotNull();
                assertThat(reset.type()).isEqualTo(Http2Peer.RST_STREAM);
                assertThat(reset.number()).isEqualTo(CANCEL);
                assertThat(edge.failures()).containsEntry("response_timeout", 1L);
            }
        }
    }

    @Test
    void a_client_that_goes_away_has_its_stream_cancelled_and_no_other() throws Exception {
        BlockingQueue<Http2Peer.Frame> after = new LinkedBlockingQueue<>();
        CountDownLatch asked = new CountDownLatch(2);
        try (RawServer server = server(peer -> {
                    int gone = peer.request().stream();
                    asked.countDown();
                    int stays = peer.request().stream();
                    asked.countDown();
                    Http2Peer.Frame reset = peer.next();
                    after.add(reset);
                    peer.answer(gone == reset.stream() ? stays : gone, "still here");
                    peer.next();
                });
                EdgeFixture edge = edge(server).start();
                RawClient leaves = edge.client();
                RawClient stays = edge.client()) {
            leaves.get("/");
            stays.get("/");
            asked.await();

            leaves.socket.setSoLinger(true, 0);
            leaves.close();

            Http2Peer.Frame reset = after.poll(10, TimeUnit.SECONDS);
            assertThat(reset).isNotNull();
            assertThat(reset.type()).isEqualTo(Http2Peer.RST_STREAM);
            assertThat(stays.response()).endsWith("still here");
            assertThat(edge.failures()).containsEntry("aborted", 1L);
        }
    }

    @Test
    void an_early_answer_is_delivered_and_the_upload_stopped() throws Exception {
        BlockingQueue<Http2Peer.Frame> after = new LinkedBlockingQueue<>();
        try (RawServer server = server(peer -> {
                    int stream = peer.request().stream();
                    peer.next();
                    peer.headers(stream, false, ":status", "413", "content-length", "4");
                    peer.data(stream, true, "much");
                    Http2Peer.Frame frame = peer.next();
                    while (frame.type() == Http2Peer.DATA) {
                        frame = peer.next();
                    }
                    after.add(frame);
                    peer.next();
                });
                EdgeFixture edge = edge(server).start();
                RawClient client = edge.client()) {

            client.send(post(1000, "a part"));

            assertThat(client.response()).startsWith("HTTP/1.1 413").endsWith("much");
            Http2Peer.Frame reset = after.poll(10, TimeUnit.SECONDS);
            assertThat(reset).isNotNull();
            assertThat(reset.type()).isEqualTo(Http2Peer.RST_STREAM);
        }
    }

    @Test
    void a_server_that_goes_down_has_its_streams_cut_and_what_may_be_goes_elsewhere() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer hung = server(peer -> {
                    peer.request();
                    asked.countDown();
                    peer.next();
                });
                RawServer right = server(always("right"));
                EdgeFixture edge = edge(hung, right).start();
                RawClient client = edge.client()) {
            client.get("/");
            asked.await();

            edge.markDown("s1");

            assertThat(client.response()).endsWith("right");
            assertThat(edge.open("s1")).isZero();
        }
    }

    @Test
    void a_websocket_passes_where_the_server_takes_extended_connect() throws Exception {
        BlockingQueue<Http2Peer.Frame> seen = new LinkedBlockingQueue<>();
        try (RawServer server = server(
                        peer -> {
                            Http2Peer.Frame connect = peer.request();
                            seen.add(connect);
                            peer.headers(connect.stream(), false, ":status", "200", "sec-websocket-protocol", "chat");
                            peer.data(connect.stream(), false, "hello");
                            Http2Peer.Frame frame = peer.next();
                            peer.data(connect.stream(), false, "you said " + frame.text());
                            seen.add(peer.next());
                            peer.next();
                        },
                        Http2Peer.ENABLE_CONNECT_PROTOCOL,
                        1);
                EdgeFixture edge = edge(server).start();
                RawClient client = edge.client()) {

            client.get("/ws", UPGRADE);

            assertThat(client.head())
                    .startsWith("HTTP/1.1 101")
                    .containsIgnoringCase("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                    .contains("sec-websocket-protocol: chat");
            assertThat(client.read(5)).isEqualTo("hello");
            assertThat(client.send("abc").read(12)).isEqualTo("you said abc");
            client.socket.shutdownOutput();
            assertThat(seen.take().fields())
                    .containsEntry(":method", "CONNECT")
                    .containsEntry(":protocol", "websocket")
                    .containsEntry("sec-websocket-version", "13")
                    .doesNotContainKeys("sec-websocket-key", "upgrade", "connection");
            assertThat(seen.take().ends()).isTrue();
        }
    }

    @Test
    void a_websocket_is_refused_where_the_server_takes_none() throws Exception {
        try (RawServer server = server(always("x"));
                EdgeFixture edge = edge(server).start()) {

            assertThat(edge.get("/ws", UPGRADE)).startsWith("HTTP/1.1 502").contains("no upgrades over HTTP/2");
            assertThat(edge.failures()).containsEntry("upgrade_unsupported", 1L);
        }
    }

    @Test
    void http2_over_tls_is_agreed_on_by_alpn_or_not_at_all(@TempDir Path files) throws Exception {
        TestAuthority authority = TestAuthority.root("CN=servers");
        Path ca = Files.writeString(files.resolve("ca.pem"), TestPem.of(authority.certificate()));
        TestTls tls = new TestTls(authority.issue("127.0.0.1"), null);
        try (RawServer none = new RawServer(tls, connection -> connection.in.readAllBytes());
                RawServer right = new RawServer(tls.agreeing("h2"), connection -> {
                    Http2Peer peer = new Http2Peer(connection);
                    while (true) {
                        Http2Peer.Frame request = peer.request();
                        peer.answer(
                                request.stream(),
                                String.valueOf(request.fields().get(":scheme")));
                    }
                })) {
            EdgeFixture.Setup setup = edge(none, right);
            setup.link = new ServerLink(
                    ServerLink.Protocol.H2,
                    Optional.of(new ServerLink.Tls(true, Optional.of(ca), Optional.empty(), Optional.empty())),
                    ServerLink.ProxyHeader.NONE);
            try (EdgeFixture edge = setup.start()) {

                for (int i = 0; i < 3; i++) {
                    assertThat(edge.get("/")).endsWith("https");
                }

                assertThat(edge.count("s1", Count.HANDSHAKE_FAILED)).isPositive();
                assertThat(edge.count("s2", Count.CONNECTED)).isEqualTo(1);
            }
        }
    }

    /** What a server must not send, and none of which reaches a client. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                ":status|99",
                ":status|200 |x|y",
                ":status|101",
                "x|y",
                ":status|200|Upper|x",
                ":status|200|a b|c",
                ":status|200|a:b|c",
                ":status|200|connection|close",
                ":status|200|transfer-encoding|chunked",
                ":status|200|keep-alive|5",
                ":status|200|upgrade|h2c",
                ":status|200|:status|200",
                ":status|200|x|y|:path|/",
                ":status|200|content-length|5|content-length|6",
                ":status|200|content-length|+5",
            })
    void a_malformed_head_is_a_bad_gateway(String fields) throws Exception {
        bad(fields.split("\\|", -1));
    }

    private static void bad(String... fields) throws Exception {
        BlockingQueue<Http2Peer.Frame> after = new LinkedBlockingQueue<>();
        AtomicInteger requests = new AtomicInteger();
        try (RawServer server = server(peer -> {
                    int stream = peer.request().stream();
                    requests.incrementAndGet();
                    peer.headers(stream, false, fields);
                    after.add(peer.next());
                    always("well again").serve(peer);
                });
                EdgeFixture edge = edge(server).start();
                RawClient client = edge.client()) {

            assertThat(client.get("/").response()).startsWith("HTTP/1.1 502").contains("not valid HTTP");

            Http2Peer.Frame reset = after.poll(10, TimeUnit.SECONDS);
            assertThat(reset).isNotNull();
            assertThat(reset.type()).isEqualTo(Http2Peer.RST_STREAM);
            assertThat(edge.failures()).containsEntry("response_malformed", 1L);
            // The connection and its other streams do not notice.
            assertThat(client.get("/").response()).endsWith("well again");
            assertThat(server.connections).hasSize(1);
        }
    }

    @Test
    void the_values_with_line_ends_are_what_they_are_meant_to_be() throws Exception {
        bad(":status", "200", "x", "a\r\nset-cookie: b=c");
        bad(":status", "200", "x", "a\nb: c");
        bad(":status", "200", "x", "a\0b");
        bad(":status", "200", "x\r\ny", "z");
        bad(":status", "200", "x", " padded");
    }

    @ParameterizedTest
    @ValueSource(strings = {"too much", "bit"})
    void a_body_of_another_length_than_declared_is_cut(String body) throws Exception {
        try (RawServer server = server(peer -> {
                    int stream = peer.request().stream();
                    peer.headers(stream, false, ":status", "200", "content-length", "4");
                    peer.data(stream, true, body);
                    peer.next();
                });
                EdgeFixture edge = edge(server).start();
                RawClient client = edge.client()) {
            client.get("/");

            assertThat(client.rest()).endsWith("<reset>");
            assertThat(edge.failures()).containsEntry("response_cut", 1L);
        }
    }

    @Test
    void a_head_that_is_too_large_is_a_bad_gateway() throws Exception {
        String[] fields = new String[42 * 2];
        for (int i = 0; i < 42; i++) {
            fields[2 * i] = i == 0 ? ":status" : "x" + i;
            fields[2 * i + 1] = i == 0 ? "200" : "0".repeat(1000);
        }
        bad(fields);
    }

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
