package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.health.AdminState;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.proxy.EdgeFixture.Ended;
import io.veza.edge.proxy.TrafficCounters.Count;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is told of an exchange when it has ended. */
class EndedExchangeTest {

    private static final String OK = RawServer.ok("x");

    @Test
    void tells_who_served_what_with_bytes_and_times_in_order() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(OK));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            String request = "POST /a?b=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";

            String response = client.send(request).response();

            Ended ended = edge.nextEnded();
            assertThat(ended.pool()).isEqualTo("api");
            assertThat(ended.server()).isEqualTo("s1");
            assertThat(ended.requestLine()).isEqualTo("POST /a?b=1 HTTP/1.1");
            assertThat(ended.status()).isEqualTo(200);
            assertThat(ended.termination()).isEqualTo("--NI");
            assertThat(ended.bytesIn()).isEqualTo(request.length());
            assertThat(ended.bytesOut()).isEqualTo(response.length());
            assertThat(ended.headBytesOut()).isEqualTo(response.length() - 1);
            assertThat(ended.nanos()).allMatch(nanos -> nanos >= 0);
            assertThat(ended.nanos().get(4))
                    .isGreaterThanOrEqualTo(ended.nanos().subList(0, 4).stream()
                            .mapToLong(n -> n)
                            .sum());
            assertThat(ended.retries()).isZero();
        }
    }

    @Test
    void counts_the_bytes_of_each_exchange_of_a_connection_for_itself() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            String get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
            client.send(get);
            String first = client.head();
            client.read("3\r\nabc\r\n0\r\n\r\n".length());
            client.send(get + get);
            client.head();
            client.read("3\r\nabc\r\n0\r\n\r\n".length());
            client.head();
            client.read("3\r\nabc\r\n0\r\n\r\n".length());

            for (int i = 0; i < 3; i++) {
                Ended ended = edge.nextEnded();
                assertThat(ended.bytesIn()).isEqualTo(get.length());
                assertThat(ended.bytesOut()).isEqualTo(first.length() + 13);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'',                         --NI",
        "'Cookie: VEZA_SERVERID=s1', --VN",
        "'Cookie: VEZA_SERVERID=s2', --DI",
        "'Cookie: VEZA_SERVERID=s9', --II",
    })
    void tells_what_the_cookie_was_and_what_became_of_it(String field, String termination) throws Exception {
        try (RawServer server = new RawServer(RawServer.always(OK));
                RawServer other = new RawServer(RawServer.always(OK));
                EdgeFixture edge =
                        EdgeFixture.with().servers(server.port(), other.port()).start();
                RawClient client = edge.client()) {
            edge.admin("s2", AdminState.MAINT);

            client.get("/", field.isEmpty() ? new String[0] : new String[] {field + "\r\n"})
                    .response();

            assertThat(edge.nextEnded()).returns("s1", Ended::server).returns(termination, Ended::termination);
        }
    }

    @Test
    void a_request_that_is_not_understood_has_no_pool_and_no_head() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(OK));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            String response = client.send("GET / HTTP/1.1\r\nHost: h\r\nBad name: x\r\n\r\n")
                    .rest();

            assertThat(edge.nextEnded())
                    .returns(null, Ended::pool)
                    .returns("", Ended::requestLine)
                    .returns(400, Ended::status)
                    .returns((long) response.length(), Ended::bytesOut)
                    .returns(response.indexOf("\r\n\r\n") + 4L, Ended::headBytesOut)
                    .returns("PR--", Ended::termination);
            assertThat(edge.plane.errors()).singleElement().satisfies(error -> {
                assertThat(error.response()).isFalse();
                assertThat(error.scope()).isEqualTo("http");
                assertThat(error.bytes()).startsWith("GET / HTTP/1.1\r\nHost: h\r\nBad name: x");
                assertThat(error.bytes().substring(error.position())).startsWith("Bad name");
            });
        }
    }

    @Test
    void a_malformed_response_is_kept_to_be_looked_at() throws Exception {
        try (RawServer server = new RawServer(RawServer.always("HTTP/1.1 200 OK\r\nBad name: x\r\n\r\n"));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {

            edge.get("/");

            assertThat(edge.nextEnded()).returns(502, Ended::status).returns("PHNN", Ended::termination);
            assertThat(edge.plane.errors()).singleElement().satisfies(error -> {
                assertThat(error.response()).isTrue();
                assertThat(error.scope()).isEqualTo("api");
                assertThat(error.server()).contains("s1");
                assertThat(error.bytes()).startsWith("HTTP/1.1 200 OK\r\nBad name");
            });
        }
    }

    @Test
    void a_redispatch_and_a_503_are_told() throws Exception {
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        try (EdgeFixture edge = EdgeFixture.with().servers(closed).start()) {

            edge.get("/");

            assertThat(edge.nextEnded())
                    .returns(503, Ended::status)
                    .returns("SCNN", Ended::termination)
                    .returns("s1", Ended::server)
                    .returns(false, Ended::redispatched)
                    .returns(0, Ended::retries);
        }
    }

    @Test
    void a_server_too_slow_to_answer_and_one_that_stops_are_told_apart() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.timeouts = new PoolTimeouts(
                Duration.ofMillis(500), Duration.ofMillis(200), Duration.ofSeconds(30), Duration.ofSeconds(5));
        try (RawServer server = new RawServer(connection -> {
                    if (String.valueOf(connection.readHead()).startsWith("GET /half")) {
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
                    }
                    connection.in.read();
                });
                EdgeFixture edge = setup.servers(server.port()).start()) {

            edge.get("/silent");
            try (RawClient client = edge.client()) {
                client.get("/half").rest();
            }

            assertThat(edge.nextEnded()).returns(504, Ended::status).returns("sHNN", Ended::termination);
            assertThat(edge.nextEnded()).returns(200, Ended::status).returns("sDNI", Ended::termination);
        }
    }

    @Test
    void a_client_that_goes_away_has_no_status() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    asked.countDown();
                    connection.in.read();
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            try (RawClient client = edge.client()) {
                client.get("/");
                assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
                client.socket.setSoLinger(true, 0);
            }

            assertThat(edge.nextEnded()).returns(0, Ended::status).returns("CHNN", Ended::termination);
            assertThat(edge.count("s1", Count.CLIENT_ABORTED)).isEqualTo(1);
        }
    }

    @Test
    void a_client_that_goes_away_in_the_middle_of_a_head_is_told_of() throws Exception {
        try (EdgeFixture edge = EdgeFixture.with().servers(1).start()) {
            try (RawClient client = edge.client()) {
                client.send("GET / HT");
            }

            assertThat(edge.nextEnded())
                    .returns(0, Ended::status)
                    .returns("CR--", Ended::termination)
                    .returns(8L, Ended::bytesIn)
                    .satisfies(ended -> assertThat(ended.nanos().get(0)).isEqualTo(-1));
        }
    }

    @Test
    void a_holder_of_a_cookie_whose_server_cannot_be_reached_is_redispatched_and_told_of_once() throws Exception {
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        try (RawServer server = new RawServer(RawServer.always(OK));
                EdgeFixture edge =
                        EdgeFixture.with().servers(closed, server.port()).start()) {

            edge.get("/", "Cookie: VEZA_SERVERID=s1\r\n");

            assertThat(edge.nextEnded())
                    .returns("s2", Ended::server)
                    .returns("--DI", Ended::termination)
                    .returns(true, Ended::redispatched)
                    .returns(1, Ended::retries);
            assertThat(edge.count("s1", Count.REDISPATCHED)).isEqualTo(1);
            assertThat(edge.count("s1", Count.CONNECT_FAILED)).isEqualTo(1);
        }
    }

    @Test
    void a_request_that_waited_tells_its_place_in_the_queue() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        EdgeFixture.Setup setup = EdgeFixture.with();
        // With two, the second could have been answered and told of before the first is.
        setup.loops = 1;
        try (RawServer server = new RawServer(connection -> {
                    while (connection.readHead() != null) {
                        asked.countDown();
                        answer.await();
                        connection.send(OK);
                    }
                });
                EdgeFixture edge =
                        setup.server(server.port(), OptionalInt.of(1), false).start();
                RawClient first = edge.client();
                RawClient second = edge.client()) {
            first.get("/first");
            assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
            second.get("/second");
            while (edge.plane.queued("api") == 0) {
                Thread.onSpinWait();
            }

            answer.countDown();

            assertThat(edge.nextEnded()).returns(0, Ended::queuePosition);
            assertThat(edge.nextEnded())
                    .returns("GET /second HTTP/1.1", Ended::requestLine)
                    .returns(1, Ended::queuePosition)
                    .satisfies(ended -> assertThat(ended.nanos().get(1)).isPositive());
            assertThat(edge.plane.mostQueued("api")).isEqualTo(1);
        }
    }

    @Test
    void a_tunnel_is_told_of_at_its_end_with_its_bytes() throws Exception {
        try (RawServer server = new RawServer(TunnelTest.ECHO);
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            try (RawClient client = edge.client()) {
                client.send(TunnelTest.UPGRADE + "\r\n");
                String head = client.head();
                assertThat(client.send("0123456789").read(10)).isEqualTo("0123456789");
                assertThat(edge.ended).isEmpty();
                client.close();

                assertThat(edge.nextEnded())
                        .returns(101, Ended::status)
                        .returns("--NI", Ended::termination)
                        .returns(TunnelEnd.CLIENT, Ended::tunnelEnd)
                        .returns(TunnelTest.UPGRADE.length() + 2L + 10, Ended::bytesIn)
                        .returns(head.length() + 10L, Ended::bytesOut);
            }
        }
    }

    @Test
    void a_request_without_a_route_is_refused_by_the_listener_alone() throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.routed = false;
        try (EdgeFixture edge = setup.servers(1).start()) {

            edge.get("/nowhere?x");

            assertThat(edge.nextEnded())
                    .returns(404, Ended::status)
                    .returns("GET /nowhere?x HTTP/1.1", Ended::requestLine)
                    .returns("PR--", Ended::termination);
            assertThat(edge.statistics.listeners()).singleElement().satisfies(listener -> {
                assertThat(listener.refused()).isEqualTo(1);
                assertThat(listener.requestErrors()).isZero();
                assertThat(listener.activity().responses().r4xx()).isEqualTo(1);
            });
            assertThat(edge.statistics.pool("api").activity().requests()).isZero();
        }
    }

    /** A head that was made but never written counted: fewer bytes than heads, and a log with a negative size. */
    @Test
    void a_head_that_was_never_sent_is_not_among_the_bytes() throws Exception {
        try (RawServer server = new RawServer(
                        RawServer.always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n"));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {

            assertThat(client.get("/").rest()).isEqualTo("<reset>");

            assertThat(edge.nextEnded()).returns(0L, Ended::bytesOut).returns(0L, Ended::headBytesOut);
        }
    }

    /** The time of the first attempt was told as if the second had got a connection, too. */
    @Test
    void the_time_to_connect_is_that_of_the_last_attempt() throws Exception {
        CountDownLatch again = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.send(OK);
                    connection.readHead();
                    again.countDown();
                    closed.await();
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            client.get("/").response();
            edge.nextEnded();

            client.get("/");
            assertThat(again.await(5, TimeUnit.SECONDS)).isTrue();
            server.close();

            assertThat(client.response()).startsWith("HTTP/1.1 503");
            Ended ended = edge.nextEnded();
            closed.countDown();
            assertThat(ended.termination()).startsWith("SC");
            assertThat(ended.nanos().get(2)).isEqualTo(-1);
        }
    }
}
