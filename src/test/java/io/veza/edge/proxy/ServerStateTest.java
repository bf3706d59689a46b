package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.health.AdminState;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.HashKey;
import io.veza.edge.pool.PoolTimeouts;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a server's state means to the traffic: the cookie's table, cuts, queues, backups. */
class ServerStateTest {

    @Test
    void the_sticky_cookies_table() throws Exception {
        try (RawServer first = named("one");
                RawServer second = named("two");
                EdgeFixture edge =
                        EdgeFixture.with().servers(first.port(), second.port()).start()) {
            // no cookie: balanced, cookie set
            assertThat(edge.get("/")).contains("Set-Cookie: VEZA_SERVERID=s1; path=/; HttpOnly; SameSite=Lax\r\n");
            assertThat(edge.get("/")).contains("Set-Cookie: VEZA_SERVERID=s2;");
            // of a usable server: that one, none set, removed before forwarding, others byte for byte
            assertThat(edge.get("/", "Cookie: a=\"b c\"; VEZA_SERVERID=s2;  d=e\r\n"))
                    .endsWith("two")
                    .doesNotContain("Set-Cookie")
                    .doesNotContain("Cache-Control");
            assertThat(second.heads.get(second.heads.size() - 1)).contains("\r\nCookie: a=\"b c\";  d=e\r\n");
            // unknown, empty, quoted
            for (String value : new String[] {"s9", "", "\"s2\""}) {
                assertThat(edge.get("/", "Cookie: VEZA_SERVERID=" + value + "\r\n"))
                        .contains("Set-Cookie: VEZA_SERVERID=");
            }
            // two of that name: the first usable one
            assertThat(edge.get("/", "Cookie: VEZA_SERVERID=s9; VEZA_SERVERID=s2; VEZA_SERVERID=s1\r\n"))
                    .endsWith("two");
            assertThat(second.heads.get(second.heads.size() - 1)).doesNotContain("Cookie");
            // name in another case: not ours, forwarded
            String other = edge.get("/", "Cookie: veza_serverid=s2\r\n");
            assertThat(other).contains("Set-Cookie: VEZA_SERVERID=");
            RawServer answered = other.endsWith("one") ? first : second;
            assertThat(answered.heads.get(answered.heads.size() - 1)).contains("Cookie: veza_serverid=s2\r\n");
            // DRAIN: holders are still served, others not
            edge.admin("s2", AdminState.DRAIN);
            assertThat(edge.get("/", "Cookie: VEZA_SERVERID=s2\r\n"))
                    .endsWith("two")
                    .doesNotContain("Set-Cookie");
            assertThat(edge.get("/")).endsWith("one");
            assertThat(edge.get("/")).endsWith("one");
            // MAINT and DOWN: another server, cookie set
            edge.admin("s2", AdminState.MAINT);
            assertThat(edge.get("/", "Cookie: VEZA_SERVERID=s2\r\n"))
                    .endsWith("one")
                    .contains("Set-Cookie: VEZA_SERVERID=s1;");
            edge.admin("s2", AdminState.READY);
            edge.markDown("s2");
            assertThat(edge.get("/", "Cookie: VEZA_SERVERID=s2\r\n"))
                    .endsWith("one")
                    .contains("Set-Cookie: VEZA_SERVERID=s1;");
        }
    }

    @Test
    void a_response_that_sets_the_cookie_is_not_for_shared_caches() throws Exception {
        try (RawServer server = new RawServer(
                        RawServer.always(
                                "HTTP/1.1 200 OK\r\nCache-Control: public, max-age=9\r\n"
                                        + "Set-Cookie: VEZA_SERVERID=forged; path=/\r\nSet-Cookie: other=1\r\nContent-Length: 0\r\n\r\n"));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {

            assertThat(edge.get("/"))
                    .contains("Set-Cookie: VEZA_SERVERID=s1;", "Set-Cookie: other=1\r\n")
                    .contains("Cache-Control: no-cache, private\r\n")
                    .doesNotContain("public", "forged");
            assertThat(edge.get("/", "Cookie: VEZA_SERVERID=s1\r\n"))
                    .contains("Cache-Control: public, max-age=9\r\n", "other=1")
                    .doesNotContain("forged");
        }
    }

    @Test
    void a_stricter_word_of_the_server_stays() throws Exception {
        try (RawServer server = new RawServer(
                        RawServer.always("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n"));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {

            assertThat(edge.get("/")).contains("Cache-Control: no-store\r\n").doesNotContain("no-cache");
        }
    }

    @Test
    void going_down_cuts_what_has_begun_and_moves_what_has_not() throws Exception {
        CountDownLatch asked = new CountDownLatch(2);
        try (RawServer first = new RawServer(connection -> {
                    String head = connection.readHead();
                    if (head != null && head.startsWith("GET /begun")) {
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                    }
                    asked.countDown();
                    connection.in.read();
                });
                RawServer second = named("two");
                EdgeFixture edge =
                        EdgeFixture.with().servers(first.port(), second.port()).start();
                RawClient begun = edge.client();
                RawClient waiting = edge.client()) {
            begun.get("/begun", "Cookie: VEZA_SERVERID=s1\r\n");
            waiting.get("/waiting", "Cookie: VEZA_SERVERID=s1\r\n");
            assertThat(begun.head()).startsWith("HTTP/1.1 200");
            assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();

            edge.markDown("s1");

            assertThat(begun.rest()).endsWith("<reset>");
            assertThat(waiting.response()).endsWith("two").contains("Set-Cookie: VEZA_SERVERID=s2;");
            edge.awaitIdle("s1");
        }
    }

    @Test
    void all_down_is_503_at_once_and_recovers_by_itself() throws Exception {
        try (RawServer server = named("one");
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            client.get("/").response();
            edge.markDown("s1");

            long best = Long.MAX_VALUE;
            for (int i = 0; i < 20; i++) {
                long start = System.nanoTime();
                assertThat(client.get("/").response())
                        .startsWith("HTTP/1.1 503")
                        .contains("Retry-After: 5");
                best = Math.min(best, System.nanoTime() - start);
            }
            assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofMillis(5));

            edge.markUp("s1");
            assertThat(client.get("/").response()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void backups_serve_only_while_nobody_else_can() throws Exception {
        try (RawServer first = named("one");
                RawServer backup = named("backup");
                EdgeFixture edge = EdgeFixture.with()
                        .server(first.port(), OptionalInt.empty(), false)
                        .server(backup.port(), OptionalInt.empty(), true)
                        .start()) {
            assertThat(edge.get("/")).endsWith("one");
            assertThat(edge.get("/")).endsWith("one");

            edge.markDown("s1");
            assertThat(edge.get("/")).endsWith("backup");

            edge.markUp("s1");
            assertThat(edge.get("/")).endsWith("one");
        }
    }

    @Test
    void a_full_server_lets_requests_wait_their_turn() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    while (connection.readHead() != null) {
                        busy.countDown();
                        await(go);
                        connection.send(RawServer.ok("x"));
                    }
                });
                EdgeFixture edge = EdgeFixture.with()
                        .server(server.port(), OptionalInt.of(1), false)
                        .start();
                RawClient first = edge.client();
                RawClient second = edge.client();
                RawClient third = edge.client()) {
            first.get("/1");
            assertThat(busy.await(5, TimeUnit.SECONDS)).isTrue();
            second.get("/2");
            third.get("/3");
            while (edge.plane.queued("api") < 2) {
                Thread.onSpinWait();
            }
            assertThat(server.heads).hasSize(1);

            go.countDown();

            assertThat(first.response()).endsWith("x");
            assertThat(second.response()).endsWith("x");
            assertThat(third.response()).endsWith("x");
            assertThat(edge.plane.queued("api")).isZero();
        }
    }

    @Test
    void the_queue_is_bounded_in_length_and_time() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.maxQueue = 1;
        setup.timeouts = new PoolTimeouts(
                Duration.ofMillis(500), Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofMillis(300));
        CountDownLatch busy = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    busy.countDown();
                    connection.in.read();
                });
                EdgeFixture edge =
                        setup.server(server.port(), OptionalInt.of(1), false).start();
                RawClient first = edge.client();
                RawClient second = edge.client()) {
            first.get("/1");
            assertThat(busy.await(5, TimeUnit.SECONDS)).isTrue();
            second.get("/2");
            while (edge.plane.queued("api") < 1) {
                Thread.onSpinWait();
            }

            assertThat(edge.get("/3")).startsWith("HTTP/1.1 503").contains("queue is full");
            assertThat(second.response()).startsWith("HTTP/1.1 503").contains("in time");
            assertThat(edge.failures()).containsEntry("queue_full", 1L).containsEntry("queue_timeout", 1L);
        }
    }

    @Test
    void equal_keys_meet_on_one_server_and_only_the_lost_ones_move() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.sticky = false;
        setup.balance = new Balance(Algorithm.URI, HashKey.parse("path-regex:^/hls/([^/]+)/"), OptionalDouble.empty());
        try (RawServer first = named("one");
                RawServer second = named("two");
                RawServer third = named("three");
                EdgeFixture edge =
                        setup.servers(first.port(), second.port(), third.port()).start()) {
            String[] before = new String[60];
            for (int track = 0; track < before.length; track++) {
                before[track] = edge.get("/hls/t" + track + "/a.ts");
                assertThat(edge.get("/hls/t" + track + "/b.ts?x")).isEqualTo(before[track]);
            }

            edge.markDown("s2");
            for (int track = 0; track < before.length; track++) {
                String now = edge.get("/hls/t" + track + "/a.ts");
                if (before[track].endsWith("two")) {
                    assertThat(now).doesNotEndWith("two");
                } else {
                    assertThat(now).isEqualTo(before[track]);
                }
            }

            edge.markUp("s2");
            for (int track = 0; track < before.length; track++) {
                assertThat(edge.get("/hls/t" + track + "/a.ts")).isEqualTo(before[track]);
            }
        }
    }

    private static RawServer named(String name) throws Exception {
        return new RawServer(RawServer.always(RawServer.ok(name)));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Only the first few in line were woken: when they all waited for one stuck server, the place of another one stayed
     * free until the rest of the line timed out.
     */
    @Test
    void a_line_for_a_stuck_server_does_not_hold_up_those_who_would_go_anywhere() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.timeouts = new PoolTimeouts(
                Duration.ofMillis(500), Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(5));
        CountDownLatch busy = new CountDownLatch(2);
        CountDownLatch go = new CountDownLatch(1);
        try (RawServer stuck = new RawServer(connection -> {
                    connection.readHead();
                    busy.countDown();
                    connection.in.read();
                });
                RawServer well = new RawServer(connection -> {
                    while (connection.readHead() != null) {
                        busy.countDown();
                        await(go);
                        connection.send(RawServer.ok("well"));
                    }
                });
                EdgeFixture edge = setup.server(stuck.port(), OptionalInt.of(1), false)
                        .server(well.port(), OptionalInt.of(1), false)
                        .start();
                RawClient first = edge.client();
                RawClient second = edge.client();
                RawClient last = edge.client()) {
            first.get("/", "Cookie: VEZA_SERVERID=s1\r\n");
            second.get("/", "Cookie: VEZA_SERVERID=s2\r\n");
            assertThat(busy.await(5, TimeUnit.SECONDS)).isTrue();
            for (int i = 1; i <= 6; i++) {
                edge.client().get("/", "Cookie: VEZA_SERVERID=s1\r\n");
                while (edge.plane.queued("api") < i) {
                    Thread.onSpinWait();
                }
            }
            last.get("/");
            while (edge.plane.queued("api") < 7) {
                Thread.onSpinWait();
            }

            go.countDown();

            assertThat(second.response()).endsWith("well");
            assertThat(last.response()).startsWith("HTTP/1.1 200").endsWith("well");
        }
    }
}
