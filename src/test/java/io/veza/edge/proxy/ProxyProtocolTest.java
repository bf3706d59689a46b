package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import io.veza.edge.tls.TlsOptions;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Connections that come through a proxy which says whose they are. */
class ProxyProtocolTest {

    private static final String LINE = "PROXY TCP4 192.0.2.7 198.51.100.1 49153 8443\r\n";
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n";

    private static EdgeFixture.Setup behindProxy(RawServer server) {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
        setup.listener = ListenerSettings.plain("http").withAcceptProxy(true);
        setup.trusted = InetAddress::isLoopbackAddress;
        return setup;
    }

    private static RawServer server() throws Exception {
        return new RawServer(RawServer.always(RawServer.ok("x")));
    }

    private static double refused(EdgeFixture edge, ConnectionRefusal reason) {
        return edge.metric("edge_listener_connections_refused_total", "http", reason.reason());
    }

    /** Whether the edge ends a connection that says this; its reset may come before any of it was sent. */
    private static boolean cutOff(EdgeFixture edge, String request) throws Exception {
        try (RawClient client = edge.client()) {
            return client.send(request).ended();
        } catch (SocketException reset) {
            return true;
        }
    }

    @Test
    void the_client_is_who_the_header_says_and_its_own_words_are_not_believed() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = behindProxy(server).start();
                RawClient client = edge.client()) {

            assertThat(client.send(LINE + GET).response()).startsWith("HTTP/1.1 200");
            assertThat(client.send(GET).response()).startsWith("HTTP/1.1 200");

            assertThat(server.heads).hasSize(2).allSatisfy(head -> assertThat(head)
                    .contains("X-Forwarded-For: 192.0.2.7\r\n")
                    .contains("X-Forwarded-Port: 8443\r\n")
                    .contains("Forwarded: for=192.0.2.7;proto=http;host=\"a\"\r\n"));
            assertThat(edge.plane.sessions())
                    .extracting(session -> session.client().toString())
                    .containsExactly("/192.0.2.7:49153");
            assertThat(edge.metric("edge_listener_connections_total", "http")).isEqualTo(1);
        }
    }

    /** What comes in one packet with the header is the hello, which the header's reader must not keep. */
    @ParameterizedTest
    @CsvSource({"-1, false", "-1, true", "20, false", "20, true", "0, false"})
    void the_header_comes_before_tls(int split, boolean helloSplit, @TempDir Path folder) throws Exception {
        TestAuthority root = TestAuthority.root("CN=Root");
        TlsOptions options = new TlsOptions(
                TestPem.write(folder.resolve("edge.pem"), root.issue("edge.test")),
                TlsOptions.Provider.AUTO,
                TlsOptions.Version.TLS_1_2,
                false,
                false,
                Duration.ofSeconds(5),
                Optional.empty());
        TlsClient.Opening opening = (to, hello) -> {
            byte[] line = LINE.getBytes(StandardCharsets.US_ASCII);
            byte[] all = Arrays.copyOf(line, line.length + hello.length);
            System.arraycopy(hello, 0, all, line.length, hello.length);
            // -1: nothing is apart; 0: the header from the hello; else within the header.
            int first = split < 0 ? 0 : split == 0 ? line.length : split;
            int second = helloSplit ? line.length + hello.length / 2 : all.length;
            to.write(all, 0, first);
            to.write(all, first, second - first);
            to.write(all, second, all.length - second);
        };
        try (RawServer server = server()) {
            EdgeFixture.Setup setup = behindProxy(server);
            setup.listener = new ListenerSettings("https", false)
                    .withCertificates(new Certificates(options, InstantSource.system()))
                    .withAcceptProxy(true);
            try (EdgeFixture edge = setup.start();
                    TlsClient client = new TlsClient(
                            edge.address,
                            443,
                            TlsClient.context(root.certificate(), null),
                            "edge.test",
                            opening,
                            parameters -> {})) {

                assertThat(client.http().send(GET).response()).startsWith("HTTP/1.1 200");

                assertThat(server.heads)
                        .singleElement()
                        .asString()
                        .contains("X-Forwarded-For: 192.0.2.7\r\n")
                        .contains("X-Forwarded-Proto: https\r\n");
            }
        }
    }

    @Test
    void a_header_that_comes_byte_by_byte_loses_nothing_that_follows() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = behindProxy(server).start();
                RawClient client = edge.client()) {
            for (char c : (LINE + GET).toCharArray()) {
                client.send(String.valueOf(c));
            }

            assertThat(client.response()).startsWith("HTTP/1.1 200");
            assertThat(server.heads).singleElement().asString().contains("X-Forwarded-For: 192.0.2.7\r\n");
        }
    }

    @Test
    void version_2_over_ipv6() throws Exception {
        byte[] addresses = HexFormat.of()
                .parseHex("20010db8000000000000000000000007" + "00000000000000000000000000000001" + "0001" + "01bb");
        try (RawServer server = server();
                EdgeFixture edge = behindProxy(server).start();
                RawClient client = edge.client()) {
            client.socket.getOutputStream().write(ProxyHeaderTest.v2(0x21, 0x21, addresses));

            assertThat(client.send(GET).response()).startsWith("HTTP/1.1 200");
            assertThat(server.heads)
                    .singleElement()
                    .asString()
                    .contains("X-Forwarded-For: 2001:db8::7\r\n")
                    .contains("X-Forwarded-Port: 443\r\n");
        }
    }

    @Test
    void the_proxy_itself_is_believed_and_a_client_it_cannot_name_is_not() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = behindProxy(server).start();
                RawClient local = edge.client();
                RawClient unknown = edge.client()) {
            local.socket.getOutputStream().write(ProxyHeaderTest.v2(0x20, 0x00));

            assertThat(local.send(GET).response()).startsWith("HTTP/1.1 200");
            assertThat(unknown.send("PROXY UNKNOWN\r\n" + GET).response()).startsWith("HTTP/1.1 200");

            assertThat(server.heads.get(0)).contains("X-Forwarded-For: 203.0.113.9, 127.0.0.1\r\n");
            assertThat(server.heads.get(1)).contains("X-Forwarded-For: 127.0.0.1\r\n");
        }
    }

    @Test
    void a_trusted_proxy_without_a_header_is_cut_off() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = behindProxy(server).start();
                RawClient client = edge.client();
                RawClient cut = edge.client()) {

            assertThat(client.send(GET).rest()).matches("(<reset>)?");
            cut.send("PROXY TCP4 192.0.2.7").socket.shutdownOutput();
            assertThat(cut.ended()).isTrue();

            assertThat(server.heads).isEmpty();
            assertThat(refused(edge, ConnectionRefusal.PROXY_HEADER_MALFORMED)).isEqualTo(2);
        }
    }

    @Test
    void a_proxy_that_sends_nothing_is_cut_off_in_time_and_one_that_closes_was_a_check_of_the_port() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = shortHeads(server).start();
                RawClient late = edge.client();
                RawClient check = edge.client()) {
            check.close();

            assertThat(late.send("PROXY ").ended()).isTrue();

            assertThat(refused(edge, ConnectionRefusal.PROXY_HEADER_LATE)).isEqualTo(1);
            assertThat(refused(edge, ConnectionRefusal.PROXY_HEADER_MALFORMED)).isZero();
        }
    }

    private static EdgeFixture.Setup shortHeads(RawServer server) {
        EdgeFixture.Setup setup = behindProxy(server);
        setup.requestHead = Duration.ofMillis(200);
        return setup;
    }

    /** They were served without a header, past the proxy, as nobody expects who knows HAProxy's accept-proxy. */
    @Test
    void nobody_else_is_let_in_with_a_header_or_without() throws Exception {
        try (RawServer server = server()) {
            EdgeFixture.Setup setup = behindProxy(server);
            setup.trusted = peer -> false;
            try (EdgeFixture edge = setup.start()) {

                assertThat(cutOff(edge, LINE + GET)).isTrue();
                assertThat(cutOff(edge, GET)).isTrue();

                assertThat(server.heads).isEmpty();
                assertThat(refused(edge, ConnectionRefusal.NOT_A_PROXY)).isEqualTo(2);
            }
        }
    }

    @Test
    void a_listener_that_does_not_ask_for_it_takes_no_header() throws Exception {
        try (RawServer server = server()) {
            EdgeFixture.Setup setup = behindProxy(server);
            setup.listener = ListenerSettings.plain("http");
            try (EdgeFixture edge = setup.start();
                    RawClient client = edge.client()) {

                assertThat(client.send(LINE + GET).response()).startsWith("HTTP/1.1 400");
            }
        }
    }

    @Test
    void a_stopping_edge_does_not_wait_for_headers() throws Exception {
        try (RawServer server = server();
                EdgeFixture edge = behindProxy(server).start();
                RawClient client = edge.client()) {
            client.send("PROXY ");
            while (edge.plane.sessions().isEmpty()) {
                Thread.onSpinWait();
            }

            edge.plane.close();

            assertThat(client.ended()).isTrue();
        }
    }
}
