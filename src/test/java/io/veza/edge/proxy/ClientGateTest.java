package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.config.Cidr;
import io.veza.edge.pool.AddressBlocks;
import io.veza.edge.pool.AddressRule;
import io.veza.edge.pool.Route;
import java.net.InetAddress;
import java.net.SocketException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who is let in, and for what; the PROXY header gives clients any address. */
class ClientGateTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private static AddressBlocks blocks(String... cidrs) {
        return Cidr.blocks(Stream.of(cidrs).map(Cidr::parse).toList());
    }

    private static RawServer server() throws Exception {
        return new RawServer(RawServer.always(RawServer.ok("x")));
    }

    private static EdgeFixture.Setup behindProxy(RawServer server, AddressRule rule) {
        EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
        setup.trusted = InetAddress::isLoopbackAddress;
        setup.listener =
                new ListenerSettings("http", true).withAcceptProxy(true).withClients(rule);
        return setup;
    }

    /** A GET of a client of this address: the status, or "closed". */
    private static String get(RawClient client, String address) throws Exception {
        String version = address.contains(":") ? "TCP6" : "TCP4";
        String to = address.contains(":") ? "::1" : "127.0.0.1";
        String answer = client.send("PROXY " + version + " " + address + " " + to + " 1 80\r\n")
                .send(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))
                .rest();
        return answer.startsWith("HTTP/1.1 ") ? answer.substring(9, 12) : "closed";
    }

    private static String get(EdgeFixture edge, String address) throws Exception {
        try (RawClient client = edge.client()) {
            return get(client, address);
        } catch (SocketException reset) {
            return "closed";
        }
    }

    /** Whether the edge ends a connection that sends nothing; its reset may come before the client's connect returns. */
    private static boolean cutOff(EdgeFixture edge) throws Exception {
        try (RawClient client = edge.client()) {
            return client.ended();
        } catch (SocketException reset) {
            return true;
        }
    }

    private static double refused(EdgeFixture edge, ConnectionRefusal reason) {
        return edge.metric("edge_listener_connections_refused_total", "http", reason.reason());
    }

    @Test
    void a_listener_lets_in_whom_its_lists_say_by_the_address_of_the_client_and_not_of_the_proxy() throws Exception {
        AddressRule rule = new AddressRule(blocks("192.0.2.0/24", "2001:db8::/32"), blocks("192.0.2.128/25"));
        try (RawServer server = server();
                EdgeFixture edge = behindProxy(server, rule).start()) {

            assertThat(get(edge, "192.0.2.7")).isEqualTo("200");
            assertThat(get(edge, "2001:db8::1")).isEqualTo("200");
            assertThat(get(edge, "::ffff:192.0.2.8")).isEqualTo("200");
            assertThat(get(edge, "192.0.2.200")).as("denied, though allowed").isEqualTo("closed");
            assertThat(get(edge, "203.0.113.1")).as("not allowed").isEqualTo("closed");

            assertThat(server.heads).hasSize(3);
            assertThat(refused(edge, ConnectionRefusal.DENIED)).isEqualTo(2);
        }
    }

    @Test
    void whoever_is_kept_out_is_cut_off_before_anything_is_read() throws Exception {
        try (RawServer server = server()) {
            EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
            setup.listener = setup.listener.withClients(new AddressRule(AddressBlocks.NONE, blocks("127.0.0.0/8")));
            try (EdgeFixture edge = setup.start()) {
                assertThat(cutOff(edge)).isTrue();

                assertThat(refused(edge, ConnectionRefusal.DENIED)).isEqualTo(1);
                assertThat(edge.metric("edge_listener_connections_total", "http"))
                        .isZero();
                while (edge.plane.connections() > 0) {
                    Thread.onSpinWait();
                }
            }
        }
    }

    @Test
    void a_route_refuses_clients_and_leads_them_nowhere_else() throws Exception {
        AddressRule rule = new AddressRule(blocks("192.0.2.0/24"), blocks("192.0.2.7"));
        try (RawServer server = server()) {
            EdgeFixture.Setup setup = behindProxy(server, AddressRule.OPEN);
            setup.routes = List.of(new Route("root", "api", List.of("/"), List.of(), 0, rule));
            try (EdgeFixture edge = setup.start();
                    RawClient client = edge.client()) {

                assertThat(get(edge, "192.0.2.8")).isEqualTo("200");
                assertThat(get(edge, "192.0.2.7")).isEqualTo("403");
                client.send("PROXY TCP4 203.0.113.1 127.0.0.1 1 80\r\n");
                for (int i = 0; i < 2; i++) {
                    assertThat(client.send(GET).response())
                            .startsWith("HTTP/1.1 403 Forbidden\r\nContent-Type: application/problem+json\r\n")
                            .doesNotContain("Connection: close")
                            .endsWith("\"status\":403,\"detail\":\"this client may not ask for this\"}\n");
                }

                assertThat(edge.metric("edge_listener_refusals_total", "http", "denied"))
                        .isEqualTo(3);
                assertThat(server.heads).hasSize(1);
            }
        }
    }

    @Test
    void an_address_has_no_more_connections_than_one_may_until_one_of_them_ends() throws Exception {
        try (RawServer server = server()) {
            EdgeFixture.Setup setup = behindProxy(server, AddressRule.OPEN);
            setup.clients = new ClientLimits(2, ClientLimits.NO_MOST);
            try (EdgeFixture edge = setup.start();
                    RawClient first = open(edge, "192.0.2.7");
                    RawClient second = open(edge, "192.0.2.7")) {

                assertThat(get(edge, "192.0.2.7")).isEqualTo("closed");
                assertThat(get(edge, "192.0.2.8")).isEqualTo("200");
                assertThat(refused(edge, ConnectionRefusal.ADDRESS_CONNECTIONS)).isEqualTo(1);
                assertThat(second.send(GET).response()).startsWith("HTTP/1.1 200");

                first.close();
                while (edge.plane.connections() > 1) {
                    Thread.onSpinWait();
                }

                assertThat(get(edge, "192.0.2.7")).isEqualTo("200");
            }
        }
    }

    private static RawClient open(EdgeFixture edge, String address) throws Exception {
        RawClient client = edge.client();
        assertThat(client.send("PROXY TCP4 " + address + " 127.0.0.1 1 80\r\n" + GET)
                        .response())
                .startsWith("HTTP/1.1 200");
        return client;
    }

    @Test
    void an_address_makes_connections_no_faster_than_one_may() throws Exception {
        try (RawServer server = server()) {
            EdgeFixture.Setup setup = behindProxy(server, AddressRule.OPEN);
            setup.clients = new ClientLimits(ClientLimits.NO_MOST, 1);
            try (EdgeFixture edge = setup.start()) {
                for (int i = 0; i < 5; i++) {
                    assertThat(get(edge, "192.0.2.7")).isEqualTo("200");
                }

                // One more may have become due meanwhile, on a slow machine a few.
                int closed = 0;
                for (int i = 0; i < 10; i++) {
                    closed += get(edge, "192.0.2.7").equals("closed") ? 1 : 0;
                }
                assertThat(closed).isPositive();
                assertThat(refused(edge, ConnectionRefusal.ADDRESS_RATE)).isEqualTo(closed);
                assertThat(get(edge, "2001:db8::1")).isEqualTo("200");
            }
        }
    }

    @Test
    void proxies_and_this_machine_are_not_limited() throws Exception {
        try (RawServer server = server()) {
            EdgeFixture.Setup setup = EdgeFixture.with().servers(server.port());
            setup.clients = new ClientLimits(1, 1);
            try (EdgeFixture edge = setup.start()) {
                for (int i = 0; i < 20; i++) {
                    assertThat(edge.get("/")).startsWith("HTTP/1.1 200");
                }
            }
            setup = behindProxy(server, AddressRule.OPEN);
            setup.trusted = peer -> true;
            setup.clients = new ClientLimits(1, 1);
            try (EdgeFixture edge = setup.start()) {
                for (int i = 0; i < 20; i++) {
                    assertThat(get(edge, "192.0.2.7")).isEqualTo("200");
                }
            }
        }
    }
}
