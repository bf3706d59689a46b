package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.epoll.Epoll;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Clients that send or take so little that they only hold what others could use. */
class SlowClientTest {

    /** 2,000 bytes a second over half a second. */
    private static final ClientLimits LIMITS =
            new ClientLimits(ClientLimits.NO_MOST, ClientLimits.NO_MOST, 2000, Duration.ofMillis(500));

    private static EdgeFixture.Setup limited(RawServer server) {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
        setup.clients = LIMITS;
        return setup;
    }

    /** Reads a body of this many bytes, and answers. */
    private static RawServer.Script swallowing(int bytes) {
        return connection -> {
            connection.readHead();
            connection.in.readNBytes(bytes);
            connection.send(RawServer.ok("done"));
        };
    }

    private static void pause(long millis) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() < until) {
            LockSupport.parkNanos(until - System.nanoTime());
        }
    }

    @Test
    void a_client_that_ends_its_request_and_takes_no_response_is_not_waited_for() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.client = Duration.ofMillis(500);
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
                    byte[] more = new byte[1 << 16];
                    while (true) {
                        connection.out.write(more);
                    }
                });
                EdgeFixture edge = setup.servers(server.port()).start();
                RawClient client = edge.client()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            client.head();
            // Until all buffers on the way are full, but not for the client's whole time.
            pause(300);

            client.send("0\r\n\r\n");

            assertThat(edge.nextEnded().termination()).startsWith("c");
        }
    }

    @Test
    void a_body_that_drips_gets_408_though_it_never_stops() throws Exception {
        try (RawServer server = new RawServer(swallowing(100_000));
                EdgeFixture edge = limited(server).start();
                RawClient client = edge.client()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
            long began = System.nanoTime();
            int sent = 0;
            while (client.socket.getInputStream().available() == 0 && sent < 100) {
                client.send("x");
                sent++;
                pause(50);
            }
            String answer = client.response();

            assertThat(answer)
                    .startsWith("HTTP/1.1 408 Request Timeout\r\n")
                    .contains("Connection: close\r\n")
                    .contains("the body of the request arrives too slowly");
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(LIMITS.bodySpan());
            assertThat(edge.failures()).containsOnlyKeys("body_too_slow");
            assertThat(edge.nextEnded())
                    .returns("cD--", ended -> ended.termination().substring(0, 2) + "--");
        }
    }

    @Test
    void what_came_fast_at_first_is_no_credit_for_later() throws Exception {
        try (RawServer server = new RawServer(swallowing(1_000_000));
                EdgeFixture edge = limited(server).start();
                RawClient client = edge.client()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + "x".repeat(200_000));
            int sent = 0;
            while (client.socket.getInputStream().available() == 0 && sent < 100) {
                client.send("x");
                sent++;
                pause(50);
            }

            assertThat(client.response()).startsWith("HTTP/1.1 408");
        }
    }

    @Test
    void a_body_at_the_least_rate_passes() throws Exception {
        try (RawServer server = new RawServer(swallowing(6000));
                EdgeFixture edge = limited(server).start();
                RawClient client = edge.client()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6000\r\n\r\n");
            for (int i = 0; i < 20; i++) {
                client.send("x".repeat(300));
                pause(50);
            }

            assertThat(client.response()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void a_client_that_its_server_keeps_waiting_is_not_slow() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        int bytes = 32 * 1024 * 1024;
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    read.await();
                    connection.in.readNBytes(bytes);
                    connection.send(RawServer.ok("done"));
                });
                EdgeFixture edge = limited(server).start();
                RawClient client = edge.client()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + bytes + "\r\n\r\n");
            Thread sending = new Thread(() -> {
                try {
                    client.send("x".repeat(bytes));
                } catch (java.io.IOException cut) {
                    // The answer tells.
                }
            });
            sending.start();
            pause(1500);
            read.countDown();

            assertThat(client.response()).startsWith("HTTP/1.1 200");
            sending.join();
        }
    }

    /** Some bytes in each client timeout were enough once: a response could be held for ever at a byte a time. */
    @Test
    void a_reader_that_takes_next_to_nothing_is_cut_off() throws Exception {
        int bytes = 64 * 1024 * 1024;
        try (RawServer server = new RawServer(connection -> {
            connection.readHead();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + bytes + "\r\n\r\n");
            byte[] piece = new byte[64 * 1024];
            try {
                for (int i = 0; i < bytes / piece.length; i++) {
                    connection.out.write(piece);
                }
            } catch (SocketException cut) {
                // As the client's side is.
            }
        })) {
            EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
            // Some MB within 300 ms, which the system's buffers in between do not take.
            setup.clients =
                    new ClientLimits(ClientLimits.NO_MOST, ClientLimits.NO_MOST, 20_000_000, ClientLimits.BODY_SPAN);
            setup.client = Duration.ofMillis(300);
            try (EdgeFixture edge = setup.start();
                    RawClient client = edge.client()) {
                client.get("/");
                while (edge.failures().isEmpty()) {
                    client.socket.getInputStream().readNBytes(20_000);
                    pause(10);
                }

                assertThat(edge.failures()).containsOnlyKeys("stopped_reading");
            }
        }
    }

    /**
     * Native epoll reads on behind a client's end, though reading is paused, until it has all that the system holds. The first
     * uploads make the system hold megabytes, if they come fast enough; the last one waits for a place on the server, and
     * nobody takes its body.
     */
    @Test
    void a_client_that_ends_behind_megabytes_is_not_held() throws Exception {
        Assumptions.assumeTrue(Epoll.isAvailable(), "NIO does not read while it is paused");
        int first = 32 * 1024 * 1024;
        int second = 1536 * 1024;
        CountDownLatch busy = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    if (Objects.requireNonNull(connection.readHead()).startsWith("GET")) {
                        busy.countDown();
                        connection.in.read();
                    }
                    connection.in.readNBytes(first);
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                });
                EdgeFixture edge = EdgeFixture.with()
                        .server(server.port(), OptionalInt.of(1), false)
                        .start();
                RawClient other = edge.client();
                RawClient client = edge.client()) {
            String upload = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + first + "\r\n\r\n" + "x".repeat(first);
            for (int i = 0; i < 20; i++) {
                assertThat(client.send(upload).response()).startsWith("HTTP/1.1 200");
            }
            other.get("/");
            assertThat(busy.await(5, TimeUnit.SECONDS)).isTrue();

            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n" + "x".repeat(second));
            Assumptions.assumeTrue(
                    unread(client.socket) > RequestReader.MOST_HELD,
                    "the system does not hold as much for a connection");
            client.socket.shutdownOutput();

            assertThat(client.ended()).isTrue();
            assertThat(edge.failures()).containsOnlyKeys("sent_too_much");
        }
    }

    /** Bytes that the other end of a connection on this machine has not read, once that is more than enough or stays. */
    private static long unread(Socket socket) throws Exception {
        String ports = ":%04X [0-9A-F]*:%04X ".formatted(socket.getPort(), socket.getLocalPort());
        Pattern line = Pattern.compile(ports + "[0-9A-F]{2} [0-9A-F]{8}:([0-9A-F]{8})");
        long bytes = 0;
        for (int look = 0; look < 50 && bytes <= RequestReader.MOST_HELD; look++) {
            pause(20);
            StringBuilder sockets = new StringBuilder(Files.readString(Path.of("/proc/net/tcp")));
            Path v6 = Path.of("/proc/net/tcp6");
            if (Files.exists(v6)) {
                sockets.append(Files.readString(v6));
            }
            Matcher found = line.matcher(sockets);
            bytes = found.find() ? Long.parseLong(found.group(1), 16) : 0;
        }
        return bytes;
    }
}
