package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.ServerLink;
import io.veza.edge.control.ServerLink.ProxyHeader;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that are told by a PROXY header whose connection it is. */
class SendProxyTest {

    private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

    private final BlockingQueue<String> headers = new LinkedBlockingQueue<>();

    private static EdgeFixture.Setup edge(ProxyHeader header, Optional<ServerLink.Tls> tls, int port) {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(port);
        setup.link = new ServerLink(ServerLink.Protocol.HTTP1, tls, header);
        setup.loops = 1;
        return setup;
    }

    /** Takes a line up to its end. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.indexOf("\r\n") < 0) {
            line.append((char) in.read());
        }
        return line.toString();
    }

    @Test
    void a_connection_begins_with_its_client_and_serves_no_other() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    headers.add(line(connection.in));
                    RawServer.always(RawServer.ok("x")).serve(connection);
                });
                EdgeFixture edge =
                        edge(ProxyHeader.V1, Optional.empty(), server.port()).start();
                RawClient one = edge.client();
                RawClient other = edge.client()) {

            for (int i = 0; i < 3; i++) {
                assertThat(one.get("/").response()).startsWith("HTTP/1.1 200");
                assertThat(other.get("/").response()).startsWith("HTTP/1.1 200");
            }

            assertThat(server.connections).hasSize(2);
            assertThat(headers)
                    .containsExactly(
                            "PROXY TCP4 127.0.0.1 127.0.0.1 " + one.socket.getLocalPort() + " " + edge.address.getPort()
                                    + "\r\n",
                            "PROXY TCP4 127.0.0.1 127.0.0.1 " + other.socket.getLocalPort() + " "
                                    + edge.address.getPort() + "\r\n");
            assertThat(server.heads).allMatch(head -> head.startsWith("GET / HTTP/1.1\r\n"));
        }
    }

    @Test
    void version_2_says_the_same_in_bytes() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    headers.add(connection.read(28));
                    RawServer.always(RawServer.ok("x")).serve(connection);
                });
                EdgeFixture edge =
                        edge(ProxyHeader.V2, Optional.empty(), server.port()).start();
                RawClient client = edge.client()) {

            assertThat(client.get("/").response()).startsWith("HTTP/1.1 200");

            int port = client.socket.getLocalPort();
            assertThat(headers.take())
                    .isEqualTo(SIGNATURE
                            + "!\u0011\0\u000c\u007f\0\0\u0001\u007f\0\0\u0001"
                            + (char) (port >>> 8)
                            + (char) (port & 255)
                            + (char) (edge.address.getPort() >>> 8)
                            + (char) (edge.address.getPort() & 255));
        }
    }

    @Test
    void the_header_goes_before_tls(@TempDir Path files) throws Exception {
        TestAuthority authority = TestAuthority.root("CN=servers");
        Path ca = Files.writeString(files.resolve("ca.pem"), TestPem.of(authority.certificate()));
        TestTls tls = new TestTls(authority.issue("127.0.0.1"), null);
        ServerLink.Tls trusted = new ServerLink.Tls(true, Optional.of(ca), Optional.empty(), Optional.empty());
        try (RawServer server = new RawServer(connection -> {
                    headers.add(line(connection.in));
                    connection.secure(tls);
                    RawServer.always(RawServer.ok("x")).serve(connection);
                });
                EdgeFixture edge = edge(ProxyHeader.V1, Optional.of(trusted), server.port())
                        .start()) {

            assertThat(edge.get("/")).startsWith("HTTP/1.1 200");

            assertThat(headers.take().getBytes(StandardCharsets.US_ASCII)).startsWith('P', 'R', 'O', 'X', 'Y');
        }
    }
}
