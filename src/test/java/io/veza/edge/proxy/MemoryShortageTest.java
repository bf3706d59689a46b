package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.SocketException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** New requests, and then new connections, are refused while the memory for buffers is really taken. */
class MemoryShortageTest {

    private final TakenMemory memory = new TakenMemory(TrafficLoop.ALLOCATOR);

    @AfterEach
    void give_back() {
        memory.giveBack();
    }

    /** Takes as much as leads to this, and waits until each event loop has seen it. */
    private void take(EdgeFixture edge, MemoryWatch.Level level) throws Exception {
        memory.take(level);
        seen(edge, level);
    }

    private static void seen(EdgeFixture edge, MemoryWatch.Level level) throws Exception {
        while (!edge.plane.memory().stream().allMatch(level::equals)) {
            Thread.onSpinWait();
        }
    }

    private static RawServer server() throws Exception {
        return new RawServer(RawServer.always(RawServer.ok("fine")));
    }

    private static EdgeFixture edge(RawServer server) throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
        setup.listener = new ListenerSettings("http", true);
        return setup.start();
    }

    @Test
    void a_new_request_gets_503_and_the_next_one_an_answer_once_there_is_memory() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = edge(server);
                RawClient client = edge.client()) {
            take(edge, MemoryWatch.Level.SHORT);

            String refused = client.get("/").response();

            assertThat(refused)
                    .startsWith("HTTP/1.1 503 ")
                    .contains("\r\nRetry-After: ", "\r\nContent-Type: application/problem+json\r\n", "memory")
                    .doesNotContain("Connection: close");
            assertThat(server.heads).isEmpty();
            assertThat(edge.metric("edge_pool_failures_total", "api", "overloaded"))
                    .isEqualTo(1);
            EdgeFixture.Ended ended = edge.nextEnded();
            assertThat(ended.status()).isEqualTo(503);
            assertThat(ended.termination()).startsWith("RC");

            give_back();
            seen(edge, MemoryWatch.Level.ENOUGH);

            assertThat(client.get("/").response()).endsWith("fine");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST"})
    void a_new_stream_gets_503_and_its_connection_goes_on(String method) throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            take(edge, MemoryWatch.Level.SHORT);

            client.request(1, method.equals("GET"), method, "/");

            assertThat(client.response(1)).startsWith(":status: 503").contains("retry-after: ");
            assertThat(edge.failures()).containsEntry("overloaded", 1L);
            give_back();
            seen(edge, MemoryWatch.Level.ENOUGH);
            assertThat(client.get(3, "/").response(3)).endsWith("fine");
        }
    }

    @Test
    void what_is_under_way_goes_on() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch shortage = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    asked.countDown();
                    shortage.await();
                    connection.send(RawServer.ok("x".repeat(1_000_000)));
                    connection.in.read();
                });
                EdgeFixture edge = edge(server);
                RawClient client = edge.client()) {
            client.get("/");
            asked.await();

            take(edge, MemoryWatch.Level.SHORT);
            shortage.countDown();

            assertThat(client.response()).startsWith("HTTP/1.1 200 ").hasSizeGreaterThan(1_000_000);
            assertThat(edge.failures()).isEmpty();
        }
    }

    @Test
    void at_the_end_of_memory_new_connections_are_closed_and_old_ones_still_get_their_503() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = edge(server);
                RawClient old = edge.client()) {
            assertThat(old.get("/").response()).endsWith("fine");

            take(edge, MemoryWatch.Level.EXHAUSTED);

            assertThat(cutOff(edge)).isTrue();
            assertThat(edge.metric("edge_listener_connections_refused_total", "http", "overloaded"))
                    .isEqualTo(1);
            assertThat(old.get("/").response()).startsWith("HTTP/1.1 503 ");
            give_back();
            seen(edge, MemoryWatch.Level.ENOUGH);
            assertThat(edge.get("/")).endsWith("fine");
        }
    }

    /** The reset may come before the client's connect returns. */
    private static boolean cutOff(EdgeFixture edge) throws Exception {
        try (RawClient client = edge.client()) {
            return client.ended();
        } catch (SocketException reset) {
            return true;
        }
    }

    @Test
    void a_head_that_grows_while_others_have_not_ended_gets_503_and_room_comes_back_with_them() throws Exception {
        String half = "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(17_000);
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.loops = 1;
        // Room for one such head, whose bytes have doubled to 32 KiB, and not for two.
        setup.clients = new ClientLimits(ClientLimits.NO_MOST, ClientLimits.NO_MOST, 0, ClientLimits.BODY_SPAN, 40_000);
        try (RawServer server = server();
                EdgeFixture edge = setup.servers(server.port()).start();
                RawClient second = edge.client();
                RawClient small = edge.client()) {
            try (RawClient first = edge.client()) {
                first.send(half);
                // Whatever was sent before is read before this is answered, since both are on one event loop.
                assertThat(second.send(half.substring(0, 1000)).send("\r\n\r\n").response())
                        .endsWith("fine");

                String refused = second.send(half).rest();

                assertThat(refused).startsWith("HTTP/1.1 503 ").contains("\r\nConnection: close\r\n", "memory");
                assertThat(edge.metric("edge_listener_refusals_total", "http", "overloaded"))
                        .isEqualTo(1);
                assertThat(small.send("GET / HTTP/1.1\r\n")
                                .send("Host: a\r\n\r\n")
                                .response())
                        .as("short heads have room")
                        .endsWith("fine");
                assertThat(first.send("\r\n\r\n").response()).endsWith("fine");
            }

            // A head that was answered and one whose client has gone leave their room.
            try (RawClient gone = edge.client()) {
                gone.send(half);
                small.get("/").response();
            }
            try (RawClient third = edge.client()) {
                assertThat(third.send(half).send("\r\n\r\n").response()).endsWith("fine");
            }
        }
    }
}
