package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What RFC 9113 section 8 calls malformed ends its own stream and nothing else, and never reaches a server: least of all
 * what would be two requests once it is written as HTTP/1.1.
 */
class Http2MalformedTest {

    private static final int PROTOCOL_ERROR = 1;

    /** A request with one thing wrong: names and values in turns. */
    private record Malformed(String what, List<String> fields) {
        static Malformed of(String what, String... fields) {
            return new Malformed(what, List.of(fields));
        }

        @Override
        public String toString() {
            return what;
        }
    }

    private static Malformed field(String what, String name, String value) {
        return Malformed.of(
                what, ":method", "GET", ":scheme", "http", ":authority", "edge.test", ":path", "/", name, value);
    }

    private static Malformed pseudo(String what, String method, String scheme, String authority, String path) {
        return Malformed.of(what, ":method", method, ":scheme", scheme, ":authority", authority, ":path", path);
    }

    static List<Malformed> malformed() {
        return List.of(
                Malformed.of("no fields"),
                Malformed.of("no method", ":scheme", "http", ":authority", "a", ":path", "/"),
                Malformed.of("no scheme", ":method", "GET", ":authority", "a", ":path", "/"),
                Malformed.of("no path", ":method", "GET", ":scheme", "http", ":authority", "a"),
                Malformed.of("no authority and no host", ":method", "GET", ":scheme", "http", ":path", "/"),
                Malformed.of(
                        "two paths",
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "/",
                        ":path",
                        "/admin"),
                Malformed.of(
                        "a pseudo-field behind a field",
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        "x",
                        "1",
                        ":path",
                        "/"),
                field("an unknown pseudo-field", ":nonsense", "1"),
                field("a pseudo-field of responses", ":status", "200"),
                pseudo("an empty path", "GET", "http", "a", ""),
                pseudo("a space in the path", "GET", "http", "a", "/a b"),
                pseudo("a second request in the path", "GET", "http", "a", "/ HTTP/1.1\r\nHost: a\r\n\r\nGET /admin"),
                pseudo("a fragment in the path", "GET", "http", "a", "/a#b"),
                pseudo("a tab in the path", "GET", "http", "a", "/a\tb"),
                pseudo("a byte above ASCII in the path", "GET", "http", "a", "/\u00e9"),
                pseudo("a NUL in the path", "GET", "http", "a", "/a\u0000"),
                pseudo("a path without a slash", "GET", "http", "a", "admin"),
                pseudo("a whole URL as the path", "GET", "http", "a", "http://b/"),
                pseudo("an asterisk for GET", "GET", "http", "a", "*"),
                pseudo("a space in the method", "GET /admin", "http", "a", "/"),
                pseudo("a line end in the method", "GET / HTTP/1.1\r\nx: ", "http", "a", "/"),
                pseudo("an empty method", "", "http", "a", "/"),
                pseudo("another scheme", "GET", "ftp", "a", "/"),
                pseudo("an empty authority", "GET", "http", "", "/"),
                pseudo("a user in the authority", "GET", "http", "u@a", "/"),
                pseudo("a line end in the authority", "GET", "http", "a\r\nx: y", "/"),
                pseudo("a path in the authority", "GET", "http", "a/b", "/"),
                field("a capital letter in a name", "X-Upper", "1"),
                field("a space in a name", "x y", "1"),
                field("a colon in a name", "x:y", "1"),
                field("an empty name", "", "1"),
                field("a line end in a name", "x: 1\r\ny", "1"),
                field("a line end in a value", "x", "1\r\ntransfer-encoding: chunked"),
                field("a lone LF in a value", "x", "1\nhost: b"),
                field("a lone CR in a value", "x", "1\rhost: b"),
                field("a NUL in a value", "x", "1\u0000"),
                field("a blank before a value", "x", " 1"),
                field("a blank behind a value", "x", "1\t"),
                field("connection", "connection", "close"),
                field("connection of a name", "connection", "x-forwarded-for"),
                field("keep-alive", "keep-alive", "timeout=5"),
                field("proxy-connection", "proxy-connection", "keep-alive"),
                field("transfer-encoding", "transfer-encoding", "chunked"),
                field("upgrade", "upgrade", "websocket"),
                field("te of more than trailers", "te", "gzip"),
                field("a host that is not the authority", "host", "other.test"),
                field("a content-length without the content", "content-length", "5"),
                field("a signed content-length", "content-length", "+0"),
                field("a content-length in a list", "content-length", "0, 0"),
                Malformed.of(
                        "two content-lengths",
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "/",
                        "content-length",
                        "0",
                        "content-length",
                        "0"),
                Malformed.of(
                        "two hosts",
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "/",
                        "host",
                        "a",
                        "host",
                        "a"),
                field(":protocol without CONNECT", ":protocol", "websocket"));
    }

    private static EdgeFixture edge(RawServer server) throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
        setup.listener = new ListenerSettings("http", true);
        return setup.start();
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void ends_its_stream_and_nothing_else(Malformed malformed) throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("fine")));
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {

            client.headers(1, true, malformed.fields().toArray(String[]::new)).get(3, "/neighbour");

            assertThat(client.response(3)).endsWith("fine");
            assertThat(client.seen)
                    .filteredOn(frame -> frame.stream() == 1)
                    .singleElement()
                    .satisfies(frame -> {
                        assertThat(frame.type()).isEqualTo(RawHttp2Client.RST_STREAM);
                        assertThat(frame.code()).isEqualTo(PROTOCOL_ERROR);
                    });
            assertThat(server.heads).singleElement().asString().startsWith("GET /neighbour ");
            assertThat(edge.nextEnded().termination()).startsWith("PR");
        }
    }

    @Test
    void more_data_than_was_announced_ends_the_stream_and_the_servers_connection() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.in.transferTo(java.io.OutputStream.nullOutputStream());
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.request(1, false, "POST", "/", "content-length", "4").data(1, false, "12345");

            assertThat(client.response(1)).isEqualTo("<reset 1>");
        }
    }

    @Test
    void less_data_than_was_announced_ends_the_stream() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    connection.readHead();
                    connection.in.transferTo(java.io.OutputStream.nullOutputStream());
                });
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.request(1, false, "POST", "/", "content-length", "4").data(1, true, "123");

            assertThat(client.response(1)).isEqualTo("<reset 1>");
        }
    }

    @Test
    void trailers_may_not_say_what_the_head_has_to() throws Exception {
        for (String name :
                List.of(":path", "content-length", "transfer-encoding", "host", "X-Upper", "x-forwarded-for")) {
            try (RawServer server = new RawServer(connection -> {
                        connection.readHead();
                        connection.in.transferTo(java.io.OutputStream.nullOutputStream());
                    });
                    EdgeFixture edge = edge(server);
                    RawHttp2Client client = RawHttp2Client.open(edge)) {
                client.request(1, false, "POST", "/").data(1, false, "x").headers(1, true, name, "1");

                assertThat(client.response(1)).as(name).isEqualTo("<reset 1>");
            }
        }
    }

    @Test
    void a_host_that_is_the_authority_is_no_harm_and_one_without_it_takes_its_place() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("fine")));
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.get(1, "/", "host", "edge.test");
            assertThat(client.response(1)).endsWith("fine");

            client.headers(3, true, ":method", "GET", ":scheme", "https", ":path", "/", "host", "alone.test");

            assertThat(client.response(3)).endsWith("fine");
            assertThat(server.heads.get(0)).containsOnlyOnce("\r\nHost: edge.test\r\n");
            assertThat(server.heads.get(1)).contains("Host: alone.test\r\n");
        }
    }

    @Test
    void what_a_client_claims_about_itself_is_replaced() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("fine")));
                EdgeFixture edge = edge(server);
                RawHttp2Client client = RawHttp2Client.open(edge)) {
            client.get(1, "/", "x-forwarded-for", "1.2.3.4", "x_forwarded_proto", "https", "forwarded", "for=1.2.3.4");

            assertThat(client.response(1)).endsWith("fine");
            assertThat(server.heads.get(0)).doesNotContain("1.2.3.4", "x_forwarded_proto");
        }
    }
}
