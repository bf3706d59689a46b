package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.accesslog.AccessLog;
import io.veza.edge.accesslog.AccessLogSettings;
import io.veza.edge.pool.PoolTimeouts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the log says of real exchanges. Server, timers reached, status and termination state are those that HAProxy 2.6.12
 * logged for the same bytes to the same server behaviour, unless a case says otherwise.
 */
class AccessLogLinesTest {

    /** More than all buffers on the way hold; made before, since the server has 300 ms to send some of it. */
    private static final byte[] BIG = new byte[50_000_000];

    private static final String HEAD = " HTTP/1.1\r\nHost: edge.test\r\n";
    private static final String UPGRADE = HEAD + "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    @TempDir
    Path directory;

    /** A server of which the path says what it does. */
    private static void serve(RawServer.Connection connection) throws IOException {
        for (String head = connection.readHead(); head != null; head = connection.readHead()) {
            String path = head.split(" ", 3)[1];
            switch (path) {
                case "/none" -> {
                    return;
                }
                case "/junk" -> connection.send("garbage\r\n\r\n");
                case "/cut" -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello");
                    return;
                }
                case "/stall" -> connection.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello");
                case "/mute" -> connection.in.read();
                case "/big" -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
                    connection.out.write(BIG);
                }
                case "/ws" -> {
                    connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
                    connection.in.transferTo(connection.out);
                    return;
                }
                default ->
                    connection.send(
                            head.startsWith("HEAD")
                                    ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                                    : RawServer.ok("hello"));
            }
        }
    }

    private final class Logged implements AutoCloseable {
        final Path file = directory.resolve("access.log");
        final AccessLog log = new AccessLog(
                new AccessLogSettings(AccessLogSettings.Format.HAPROXY, Optional.of(file), 1, false, true));
        final RawServer server = new RawServer(AccessLogLinesTest::serve);
        final EdgeFixture edge;

        Logged(boolean sticky, int... moreServers) throws Exception {
            EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port()).servers(moreServers);
            setup.sticky = sticky;
            setup.requestHead = Duration.ofMillis(300);
            setup.client = Duration.ofMillis(800);
            setup.timeouts = new PoolTimeouts(
                    Duration.ofMillis(300), Duration.ofMillis(300), Duration.ofMillis(600), Duration.ofMillis(300));
            setup.logs = Optional.of(log::newLoopLog);
            edge = setup.start();
        }

        /** What follows the listener's name in each line, once there are so many. */
        List<String> lines(int count) throws IOException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (!Files.exists(file) || Files.readAllLines(file).size() < count) {
                assertThat(System.nanoTime()).as("%d lines", count).isLessThan(deadline);
                LockSupport.parkNanos(1_000_000);
            }
            List<String> lines = Files.readAllLines(file);
            assertThat(lines).hasSize(count);
            return lines.stream()
                    .map(line -> line.substring(line.indexOf("] http ") + 7))
                    .toList();
        }

        @Override
        public void close() throws Exception {
            edge.close();
            log.close();
            server.close();
        }
    }

    /** {@code api/s1 0/0/+/+/+ 200 ----}: {@code +} for any time that was reached; a timer of 0 ms may as well be 3. */
    private static String outline(String line) {
        String[] fields = line.split(" ", -1);
        String timers = fields[1].replaceAll("(?<![-\\d])\\d+", "+");
        return fields[0] + " " + timers + " " + fields[2] + " " + fields[6];
    }

    @ParameterizedTest
    @CsvSource({
        "GET /, api/s1 +/+/+/+/+ 200 ----",
        "HEAD /, api/s1 +/+/+/+/+ 200 ----",
        "POST /none, api/s1 +/+/+/-1/+ 502 SH--",
        "GET /junk, api/s1 +/+/+/-1/+ 502 PH--",
        "GET /cut, api/s1 +/+/+/+/+ 200 SD--",
        "GET /stall, api/s1 +/+/+/+/+ 200 sD--",
        "GET /mute, api/s1 +/+/+/-1/+ 504 sH--"
    })
    void says_how_a_server_behaved(String request, String expected) throws Exception {
        try (Logged logged = new Logged(false);
                RawClient client = logged.edge.client()) {

            client.send(request + HEAD + "Connection: close\r\n\r\n").rest();

            String line = logged.lines(1).get(0);
            assertThat(outline(line)).isEqualTo(expected);
            assertThat(line).endsWith(" \"" + request + " HTTP/1.1\"");
        }
    }

    @Test
    void a_malformed_request_is_a_bad_request_without_a_server() throws Exception {
        try (Logged logged = new Logged(false);
                RawClient client = logged.edge.client()) {

            client.send("garbage\r\n\r\n").rest();

            assertThat(logged.lines(1).get(0))
                    .startsWith("http/<NOSRV> ")
                    .contains(" 400 ", " PR-- ")
                    .endsWith(" \"<BADREQ>\"");
        }
    }

    @Test
    void a_head_that_does_not_come_is_the_clients_time_out() throws Exception {
        try (Logged logged = new Logged(false);
                RawClient client = logged.edge.client()) {

            client.send("GET /").rest();

            assertThat(outline(logged.lines(1).get(0))).isEqualTo("http/<NOSRV> -1/-1/-1/-1/+ 408 cR--");
        }
    }

    @Test
    void a_client_that_goes_away_in_the_middle_shows() throws Exception {
        try (Logged logged = new Logged(false)) {
            try (RawClient client = logged.edge.client()) {
                client.get("/big").head();
            }
            assertThat(outline(logged.lines(1).get(0))).isEqualTo("api/s1 +/+/+/+/+ 200 CD--");

            // HAProxy waits for the response unless it has option abortonclose.
            try (RawClient client = logged.edge.client()) {
                client.get("/mute");
                while (logged.server.heads.size() < 2) {
                    LockSupport.parkNanos(1_000_000);
                }
                client.socket.setSoLinger(true, 0);
            }
            assertThat(outline(logged.lines(2).get(1))).isEqualTo("api/s1 +/+/+/-1/+ -1 CH--");
        }
    }

    @Test
    void a_client_that_stops_reading_is_the_clients_time_out() throws Exception {
        try (Logged logged = new Logged(false);
                RawClient client = logged.edge.client()) {

            client.get("/big").head();

            assertThat(outline(logged.lines(1).get(0))).isEqualTo("api/s1 +/+/+/+/+ 200 cD--");
        }
    }

    @Test
    void each_request_of_a_kept_connection_has_a_line_with_its_own_version() throws Exception {
        try (Logged logged = new Logged(false);
                RawClient client = logged.edge.client()) {

            client.send("GET /a" + HEAD + "\r\nGET /b" + HEAD + "\r\n");
            client.response();
            client.response();
            client.send("GET /c HTTP/1.0\r\n\r\n").rest();

            assertThat(logged.lines(3))
                    .extracting(line -> line.substring(line.indexOf('"')))
                    .containsExactly("\"GET /a HTTP/1.1\"", "\"GET /b HTTP/1.1\"", "\"GET /c HTTP/1.0\"");
        }
    }

    @Test
    void a_tunnel_has_one_line_at_its_end() throws Exception {
        try (Logged logged = new Logged(false)) {
            try (RawClient client = logged.edge.client()) {
                client.send("GET /ws" + UPGRADE).head();
                assertThat(client.send("echo").read(4)).isEqualTo("echo");
                assertThat(Files.exists(logged.file)).isFalse();
            }
            assertThat(outline(logged.lines(1).get(0))).isEqualTo("api/s1 +/+/+/+/+ 101 ----");

            try (RawClient client = logged.edge.client()) {
                client.send("GET /ws" + UPGRADE).head();
                client.rest();
            }
            assertThat(outline(logged.lines(2).get(1))).isEqualTo("api/s1 +/+/+/+/+ 101 cD--");
        }
    }

    @ParameterizedTest
    @CsvSource({"'', NI", "Cookie: VEZA_SERVERID=s1, VN", "Cookie: VEZA_SERVERID=other, II"})
    void says_what_the_sticky_cookie_was(String field, String letters) throws Exception {
        try (Logged logged = new Logged(true)) {

            logged.edge.get("/", field.isEmpty() ? "" : field + "\r\n");

            assertThat(outline(logged.lines(1).get(0))).endsWith(" 200 --" + letters);
        }
    }

    @Test
    void a_redispatch_shows_as_a_plus() throws Exception {
        int closed;
        try (RawServer gone = new RawServer(connection -> {})) {
            closed = gone.port();
        }
        try (Logged logged = new Logged(false, closed)) {
            for (int i = 0; i < 2; i++) {
                assertThat(logged.edge.get("/")).startsWith("HTTP/1.1 200");
            }

            assertThat(logged.lines(2))
                    .allMatch(line -> outline(line).equals("api/s1 +/+/+/+/+ 200 ----"))
                    .filteredOn(line -> line.matches(".* ---- \\d+/\\d+/\\d+/\\d+/\\+1 0/0 .*"))
                    .hasSize(1);
        }
    }

    @Test
    void a_pool_without_a_usable_server_is_503() throws Exception {
        try (Logged logged = new Logged(false)) {
            logged.edge.markDown("s1");

            assertThat(logged.edge.get("/")).startsWith("HTTP/1.1 503");

            assertThat(outline(logged.lines(1).get(0))).isEqualTo("api/<NOSRV> +/-1/-1/-1/+ 503 SC--");
        }
    }

    @Test
    void cookies_do_not_show_and_the_log_does_not_outgrow_the_room_for_them() throws Exception {
        try (Logged logged = new Logged(false)) {

            logged.edge.get("/", "Cookie: sid=" + "x".repeat(8000) + "\r\n", "Authorization: Bearer y\r\n");

            assertThat(logged.lines(1).get(0)).doesNotContain("xx", "Bearer").hasSizeLessThan(200);
        }
    }
}
