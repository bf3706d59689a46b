package io.veza.edge.proxy;

import static io.veza.edge.proxy.Http2Servers.CANCEL;
import static io.veza.edge.proxy.Http2Servers.INTERNAL_ERROR;
import static io.veza.edge.proxy.Http2Servers.NO_ERROR;
import static io.veza.edge.proxy.Http2Servers.REFUSED_STREAM;
import static io.veza.edge.proxy.Http2Servers.always;
import static io.veza.edge.proxy.Http2Servers.edge;
import static io.veza.edge.proxy.Http2Servers.post;
import static io.veza.edge.proxy.Http2Servers.server;
import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.proxy.TrafficCounters.Count;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What servers of HTTP/2 refuse, break off or get wrong, and what becomes of their clients. */
class Http2ServerFaultTest {

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
}
