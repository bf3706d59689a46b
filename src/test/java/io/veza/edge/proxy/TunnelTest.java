package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.health.AdminState;
import io.veza.edge.pool.PoolTimeouts;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Upgraded connections: opened only on proof, relayed byte for byte, ended with a reason. */
class TunnelTest {

    static final String UPGRADE = "GET /ws HTTP/1.1\r\nHost: edge.test\r\nConnection: keep-alive, Upgrade\r\n"
            + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    private static final String SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    /** Answers the upgrade and then sends back whatever it is sent. */
    static final RawServer.Script ECHO = connection -> {
        connection.readHead();
        connection.send(SWITCHED);
        connection.in.transferTo(connection.out);
    };

    @Test
    void opens_after_the_servers_proof_and_relays_both_ways() throws Exception {
        try (RawServer server = new RawServer(ECHO);
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            client.send(UPGRADE + "\r\nearly");

            assertThat(client.head())
                    .startsWith("HTTP/1.1 101")
                    .contains("Connection: Upgrade\r\nUpgrade: websocket\r\n")
                    .contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
                    .contains("Set-Cookie: VEZA_SERVERID=s1;");
            assertThat(client.read(5)).isEqualTo("early");
            assertThat(client.send("more").read(4)).isEqualTo("more");
            assertThat(server.heads.get(0))
                    .contains("Connection: Upgrade\r\nUpgrade: websocket\r\n", "Sec-WebSocket-Protocol: chat\r\n")
                    .contains("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
            assertThat(edge.server("s1").inFlight()).isEqualTo(1);
            assertThat(edge.count("s1", TrafficCounters.Count.TUNNELS_OPENED)).isEqualTo(1);
        }
    }

    @Test
    void lands_on_the_server_of_the_cookie() throws Exception {
        try (RawServer first = new RawServer(ECHO);
                RawServer second = new RawServer(ECHO);
                EdgeFixture edge =
                        EdgeFixture.with().servers(first.port(), second.port()).start()) {
            for (int i = 0; i < 4; i++) {
                try (RawClient client = edge.client()) {
                    client.send(UPGRADE + "Cookie: VEZA_SERVERID=s2\r\n\r\n");
                    assertThat(client.head()).startsWith("HTTP/1.1 101").doesNotContain("Set-Cookie");
                }
            }

            assertThat(first.heads).isEmpty();
            assertThat(second.heads).hasSize(4).allMatch(head -> !head.contains("Cookie"));
        }
    }

    @Test
    void a_wrong_proof_opens_nothing() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send(SWITCHED.replace("s3pP", "XXXX"));
                    connection.in.read();
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            assertThat(client.send(UPGRADE + "\r\n").response()).startsWith("HTTP/1.1 502");
            edge.awaitIdle("s1");
        }
    }

    @Test
    void a_server_that_declines_answers_as_usual() throws Exception {
        try (RawServer server =
                        new RawServer(RawServer.always("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            assertThat(client.send(UPGRADE + "\r\n").response())
                    .startsWith("HTTP/1.1 403")
                    .endsWith("no");
            assertThat(client.get("/").response()).startsWith("HTTP/1.1 403");
        }
    }

    @Test
    void a_server_marked_down_closes_its_tunnels_with_a_reason() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send(SWITCHED + "\u0081\u0002hi");
                    connection.in.read();
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            client.send(UPGRADE + "\r\n").head();
            assertThat(client.read(4)).isEqualTo("\u0081\u0002hi");

            edge.markDown("s1");

            assertThat(client.rest()).isEqualTo("\u0088\u0002\u0003\u00f4");
            edge.awaitIdle("s1");
        }
    }

    @Test
    void no_close_frame_is_put_into_the_middle_of_another_frame() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send(SWITCHED + "\u0081\u0005hel");
                    connection.in.read();
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            client.send(UPGRADE + "\r\n").head();
            assertThat(client.read(5)).endsWith("hel");

            edge.admin("s1", AdminState.MAINT);

            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void a_server_that_dies_ends_the_tunnel_and_the_client_comes_back_elsewhere() throws Exception {
        try (RawServer first = new RawServer(ECHO);
                RawServer second = new RawServer(ECHO);
                EdgeFixture edge =
                        EdgeFixture.with().servers(first.port(), second.port()).start();
                RawClient client = edge.client()) {
            client.send(UPGRADE + "Cookie: VEZA_SERVERID=s1\r\n\r\n").head();

            long start = System.nanoTime();
            first.connections.get(0).reset();
            first.close();

            assertThat(client.ended()).isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
            try (RawClient again = edge.client()) {
                again.send(UPGRADE + "Cookie: VEZA_SERVERID=s1\r\n\r\n");
                assertThat(again.head()).startsWith("HTTP/1.1 101").contains("Set-Cookie: VEZA_SERVERID=s2;");
            }
        }
    }

    @Test
    void a_client_that_leaves_frees_the_server() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    ECHO.serve(connection);
                    ended.countDown();
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            RawClient client = edge.client();
            client.send(UPGRADE + "\r\n").head();

            client.close();

            assertThat(ended.await(1, TimeUnit.SECONDS)).isTrue();
            assertThat(edge.count("s1", TrafficCounters.Count.TUNNELS_CLOSED)).isEqualTo(1);
        }
    }

    @Test
    void a_half_open_tunnel_ends_at_the_tunnel_timeout() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.timeouts = new PoolTimeouts(
                Duration.ofMillis(500), Duration.ofSeconds(5), Duration.ofMillis(300), Duration.ofSeconds(5));
        try (RawServer server = new RawServer(ECHO);
                EdgeFixture edge = setup.servers(server.port()).start();
                RawClient client = edge.client()) {
            client.send(UPGRADE + "\r\n").head();

            assertThat(client.rest()).isEmpty();
            edge.awaitIdle("s1");
        }
    }

    @Test
    void a_slow_reader_of_a_fast_server_costs_no_memory() throws Exception {
        AtomicLong sent = new AtomicLong();
        CountDownLatch full = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    // One frame of ten gigabytes; zeros alone would be millions of frames of two bytes.
                    connection.send(SWITCHED + "\u0082\u007f\u0000\u0000\u0000\u0002T\u000b\u00e4\u0000");
                    Thread watch = new Thread(() -> {
                        // Full is when nothing has moved for half a second.
                        long before = -1;
                        while (sent.get() != before) {
                            before = sent.get();
                            java.util.concurrent.locks.LockSupport.parkNanos(500_000_000);
                        }
                        full.countDown();
                    });
                    watch.setDaemon(true);
                    watch.start();
                    byte[] piece = new byte[65_536];
                    while (sent.get() < 10_000_000_000L) {
                        connection.out.write(piece);
                        sent.addAndGet(piece.length);
                    }
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            client.send(UPGRADE + "\r\n").head();

            assertThat(full.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(sent.get()).isLessThan(40_000_000);
            // And it goes on as soon as somebody reads.
            assertThat(client.read(50_000_000)).hasSize(50_000_000);
        }
    }

    /**
     * What a client sent last was waited for without end: a server that had stopped reading kept the connection and its
     * buffers even after it was marked down.
     */
    @Test
    void a_client_that_leaves_a_server_which_does_not_read_leaves_nothing_behind() throws Exception {
        AtomicLong sent = new AtomicLong();
        CountDownLatch read = new CountDownLatch(1);
        AtomicLong received = new AtomicLong();
        CountDownLatch ended = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send(SWITCHED);
                    awaitQuietly(read);
                    received.set(connection.in.transferTo(java.io.OutputStream.nullOutputStream()));
                    ended.countDown();
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            RawClient client = edge.client();
            client.send(UPGRADE + "\r\n").head();
            Thread sender = new Thread(() -> {
                try {
                    while (true) {
                        client.send("x".repeat(65_536));
                        sent.addAndGet(65_536);
                    }
                } catch (java.io.IOException closed) {
                    // As was meant.
                }
            });
            sender.setDaemon(true);
            sender.start();
            long before = -1;
            while (sent.get() != before) {
                before = sent.get();
                java.util.concurrent.locks.LockSupport.parkNanos(500_000_000);
            }
            client.socket.setSoLinger(true, 0);
            client.close();
            while (edge.count("s1", TrafficCounters.Count.TUNNELS_CLOSED) < 1) {
                Thread.onSpinWait();
            }

            edge.markDown("s1");
            long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
            while (edge.open("s1") > 0 && System.nanoTime() < patience) {
                Thread.onSpinWait();
            }
            assertThat(edge.open("s1")).isZero();
            read.countDown();

            assertThat(ended.await(5, TimeUnit.SECONDS)).isTrue();
            assertThat(received.get()).isLessThan(sent.get());
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
