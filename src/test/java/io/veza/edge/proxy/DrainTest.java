package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.EventExecutor;
import io.veza.edge.control.Command;
import io.veza.edge.health.AdminState;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Servers that are drained by a deadline, the edge that is, and sessions that an operator looks at and shuts down. */
class DrainTest {

    /** Of the frame that closes a tunnel: FIN and opcode 8, two bytes of payload, 1001. */
    private static final String GOING_AWAY = "\u0088\u0002\u0003\u00e9";

    private static final String TO_FIRST = TunnelTest.UPGRADE + "Cookie: VEZA_SERVERID=s1\r\n\r\n";

    private static RawClient tunnel(EdgeFixture edge) throws Exception {
        RawClient client = edge.client();
        client.send(TO_FIRST);
        assertThat(client.head()).startsWith("HTTP/1.1 101");
        return client;
    }

    private static void ticking(EdgeFixture edge, CountDownLatch until) throws InterruptedException {
        do {
            edge.pool.tick();
        } while (!until.await(50, TimeUnit.MILLISECONDS));
    }

    @Test
    void tunnels_are_closed_with_1001_spread_over_the_time_to_the_deadline() throws Exception {
        try (RawServer server = new RawServer(TunnelTest.ECHO);
                RawServer other = new RawServer(TunnelTest.ECHO);
                EdgeFixture edge =
                        EdgeFixture.with().servers(server.port(), other.port()).start()) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                clients.add(tunnel(edge));
            }
            long start = System.nanoTime();

            edge.pool.apply(new Command.DrainWithin("s1", Duration.ofSeconds(2), true, false));

            List<Long> closedAfter = new ArrayList<>();
            for (RawClient client : clients) {
                assertThat(client.rest()).isEqualTo(GOING_AWAY);
                closedAfter.add((System.nanoTime() - start) / 1_000_000);
            }
            edge.awaitIdle("s1");
            // The clients are read in the order they came, the oldest of each event loop is closed first.
            assertThat(closedAfter.get(9)).isBetween(1_000L, 3_500L);
            for (int i = 0; i < 10; i++) {
                assertThat(edge.nextEnded().tunnelEnd()).isEqualTo(TunnelEnd.DRAINED);
            }
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void holders_of_the_cookie_stay_until_the_deadline_and_move_then() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("first")));
                RawServer other = new RawServer(RawServer.always(RawServer.ok("other")));
                EdgeFixture edge =
                        EdgeFixture.with().servers(server.port(), other.port()).start()) {
            String holder = "Cookie: VEZA_SERVERID=s1\r\n";
            CountDownLatch moved = new CountDownLatch(1);
            edge.pool.addChangeListener(() -> {
                if (edge.server("s1")
                        .state()
                        .drain()
                        .filter(drain -> !drain.holdersStay())
                        .isPresent()) {
                    moved.countDown();
                }
            });

            edge.pool.apply(new Command.DrainWithin("s1", Duration.ofMillis(500), true, false));
            String before = edge.get("/", holder);
            ticking(edge, moved);
            String after = edge.get("/", holder);

            assertThat(before).endsWith("first").doesNotContain("Set-Cookie");
            assertThat(after).endsWith("other").contains("Set-Cookie: VEZA_SERVERID=s2;");
            assertThat(edge.server("s1").state().admin()).isEqualTo(AdminState.DRAIN);
        }
    }

    @Test
    void holders_of_the_cookie_move_at_once_if_they_are_told_to() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("first")));
                RawServer other = new RawServer(RawServer.always(RawServer.ok("other")));
                EdgeFixture edge =
                        EdgeFixture.with().servers(server.port(), other.port()).start()) {

            edge.pool.apply(new Command.DrainWithin("s1", Duration.ofSeconds(30), false, false));

            assertThat(edge.get("/", "Cookie: VEZA_SERVERID=s1\r\n")).endsWith("other");
        }
    }

    @Test
    void maintenance_follows_the_deadline_if_that_is_asked_for() throws Exception {
        try (RawServer server = new RawServer(TunnelTest.ECHO);
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            CountDownLatch maintained = new CountDownLatch(1);
            edge.pool.addListener(transition -> {
                if (transition.to().admin() == AdminState.MAINT) {
                    maintained.countDown();
                }
            });

            edge.pool.apply(new Command.DrainWithin("s1", Duration.ofMillis(200), true, true));
            ticking(edge, maintained);

            assertThat(edge.server("s1").state().drain()).isEmpty();
        }
    }

    @Test
    void a_server_put_back_to_work_keeps_the_tunnels_it_still_has() throws Exception {
        try (RawServer server = new RawServer(TunnelTest.ECHO);
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = tunnel(edge)) {
            edge.pool.apply(new Command.DrainWithin("s1", Duration.ofMillis(400), true, false));

            edge.admin("s1", AdminState.READY);

            CountDownLatch later = new CountDownLatch(1);
            assertThat(later.await(700, TimeUnit.MILLISECONDS)).isFalse();
            assertThat(client.send("still here").read(10)).isEqualTo("still here");
        }
    }

    @Test
    void an_edge_that_drains_takes_nobody_in_answers_with_close_and_ends_idle_connections() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    String head = connection.readHead();
                    if (head != null && head.startsWith("GET /slow")) {
                        asked.countDown();
                        answer.await();
                    }
                    connection.send(RawServer.ok("x"));
                    connection.in.read();
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient idle = edge.client();
                RawClient kept = edge.client();
                RawClient busy = edge.client()) {
            idle.get("/").response();
            kept.get("/").response();
            busy.get("/slow");
            assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();

            edge.plane.drain(Duration.ofSeconds(5));

            assertThat(kept.get("/").response()).startsWith("HTTP/1.1 200").contains("Connection: close");
            assertThat(kept.ended()).isTrue();
            answer.countDown();
            assertThat(busy.response()).startsWith("HTTP/1.1 200").contains("Connection: close");
            assertThat(idle.ended()).isTrue();
            assertThat(connectFails(edge)).isTrue();
        }
    }

    private static boolean connectFails(EdgeFixture edge) throws Exception {
        try (RawClient late = edge.client()) {
            return late.ended();
        } catch (ConnectException refused) {
            return true;
        }
    }

    @Test
    void tunnels_of_an_edge_that_drains_are_closed_with_1001() throws Exception {
        try (RawServer server = new RawServer(TunnelTest.ECHO);
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient first = tunnel(edge);
                RawClient second = tunnel(edge)) {

            edge.plane.drain(Duration.ofMillis(800));

            assertThat(first.rest()).isEqualTo(GOING_AWAY);
            assertThat(second.rest()).isEqualTo(GOING_AWAY);
        }
    }

    @Test
    void sessions_show_what_each_client_is_doing_and_can_be_shut_down() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    if (String.valueOf(connection.readHead()).startsWith("GET /silent?")) {
                        asked.countDown();
                        connection.in.read();
                    }
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient idle = edge.client();
                RawClient half = edge.client();
                RawClient waiting = edge.client()) {
            waiting.get("/silent?x");
            half.send("GET / HT");
            assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
            while (edge.plane.sessions().stream().noneMatch(each -> each.phase() == OpenSession.Phase.REQUEST)) {
                Thread.onSpinWait();
            }

            List<OpenSession> sessions = edge.plane.sessions();

            assertThat(sessions)
                    .extracting(OpenSession::phase)
                    .containsExactlyInAnyOrder(
                            OpenSession.Phase.IDLE, OpenSession.Phase.REQUEST, OpenSession.Phase.SENT);
            OpenSession sent = sessions.stream()
                    .filter(each -> each.phase() == OpenSession.Phase.SENT)
                    .findFirst()
                    .orElseThrow();
            assertThat(sent.request()).contains("GET /silent?x");
            assertThat(sent.pool()).contains("api");
            assertThat(sent.server()).contains("s1");
            assertThat(sent.serverAddress().orElseThrow().getPort()).isEqualTo(server.port());
            assertThat(sent.bytesIn()).isPositive();

            assertThat(edge.plane.shutdownSession(sent.id())).isTrue();
            assertThat(waiting.rest()).startsWith("HTTP/1.1 503").contains("shut down");
            assertThat(edge.nextEnded().termination()).isEqualTo("KHNN");
            assertThat(edge.plane.shutdownSession(4711)).isFalse();
            idle.close();
        }
    }

    /** Such a client stood in the list with its tunnel, whose request was gone: to ask for the sessions failed. */
    @Test
    void a_client_that_lingers_after_its_tunnel_is_shown_as_closing() throws Exception {
        try (RawServer server = new RawServer(TunnelTest.ECHO);
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = tunnel(edge)) {
            edge.pool.apply(new Command.DrainWithin("s1", Duration.ZERO, true, false));
            assertThat(client.read(4)).isEqualTo(GOING_AWAY);
            assertThat(edge.nextEnded().tunnelEnd()).isEqualTo(TunnelEnd.DRAINED);

            assertThat(edge.plane.sessions()).singleElement().satisfies(session -> {
                assertThat(session.phase()).isEqualTo(OpenSession.Phase.CLOSING);
                assertThat(session.request()).isEmpty();
            });
        }
    }

    /** They were ended as by a server that goes down: sent once more, to the same server if there was no other. */
    @Test
    void shutting_down_the_sessions_of_a_server_repeats_none_of_them() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer server = new RawServer(RawServer.silent(asked));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient waiting = edge.client()) {
            waiting.get("/stuck");
            assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();

            edge.plane.shutdownSessions(edge.server("s1"));

            assertThat(waiting.response()).startsWith("HTTP/1.1 503").contains("shut down");
            assertThat(edge.nextEnded().termination()).isEqualTo("KHNN");
            assertThat(server.heads).hasSize(1);
            edge.awaitIdle("s1");
        }
    }

    @Test
    void shutting_down_the_sessions_of_a_server_ends_its_tunnels() throws Exception {
        try (RawServer server = new RawServer(TunnelTest.ECHO);
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = tunnel(edge)) {

            edge.plane.shutdownSessions(edge.server("s1"));

            assertThat(client.rest()).isEqualTo("\u0088\u0002\u0003\u00f4");
            assertThat(edge.nextEnded().tunnelEnd()).isEqualTo(TunnelEnd.SHUT_DOWN);
        }
    }

    /** What could be repeated was sent to a server once more, and what waited for a place stayed: nobody was told. */
    @Test
    void an_edge_that_ends_answers_what_is_still_under_way() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer server = new RawServer(RawServer.silent(asked));
                EdgeFixture edge = EdgeFixture.with()
                        .server(server.port(), OptionalInt.of(1), false)
                        .start();
                RawClient served = edge.client();
                RawClient queued = edge.client()) {
            served.get("/stuck");
            assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
            queued.get("/waits");
            while (edge.plane.queued("api") == 0) {
                Thread.onSpinWait();
            }

            edge.plane.close();

            assertThat(served.response()).startsWith("HTTP/1.1 503").contains("Connection: close");
            assertThat(queued.response()).startsWith("HTTP/1.1 503").contains("Connection: close");
            assertThat(List.of(edge.nextEnded().termination(), edge.nextEnded().termination()))
                    .containsExactlyInAnyOrder("KHNN", "KQNN");
            assertThat(server.heads).hasSize(1);
        }
    }

    /** It was counted only when its event loop had got to it: whoever looked before that took the drain for done. */
    @Test
    void a_client_that_was_accepted_just_before_a_drain_is_waited_for() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            EventExecutor accepting = edge.loops().get(0);
            edge.loops().get(1).submit(() -> released.await(10, TimeUnit.SECONDS));
            try (RawClient client = edge.client()) {
                // Twice: between them the loop has looked for what came.
                accepting.submit(() -> {}).sync();
                accepting.submit(() -> {}).sync();

                CompletableFuture<Integer> left = CompletableFuture.supplyAsync(() -> {
                    edge.plane.drain(Duration.ofSeconds(5));
                    return edge.plane.connections();
                });

                assertThat(left).failsWithin(Duration.ofMillis(300));
                released.countDown();
                assertThat(left.get(10, TimeUnit.SECONDS)).isEqualTo(1);
                assertThat(client.get("/").response())
                        .startsWith("HTTP/1.1 200")
                        .contains("Connection: close");
            }
        }
    }
}
