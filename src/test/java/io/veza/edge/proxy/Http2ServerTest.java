package io.veza.edge.proxy;

import static io.veza.edge.proxy.Http2Servers.always;
import static io.veza.edge.proxy.Http2Servers.edge;
import static io.veza.edge.proxy.Http2Servers.post;
import static io.veza.edge.proxy.Http2Servers.server;
import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.ServerLink;
import io.veza.edge.proxy.TrafficCounters.Count;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What passes to and from servers that speak HTTP/2 with prior knowledge, for clients that speak HTTP/1.1. */
class Http2ServerTest {

    private static final String UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

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
            edge.awaitIdle("s1");
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
}
