package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerLink;
import io.veza.edge.http1.HeadLimits;
import io.veza.edge.pool.Pool;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a plan does to connections that are there already. */
class TrafficPlanTest {

    private static final TrafficSettings SETTINGS = new TrafficSettings(
            HeadLimits.DEFAULT,
            1000,
            ClientLimits.NONE,
            Http2Limits.DEFAULT,
            16,
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(4),
            peer -> false);

    private static void follow(EdgeFixture edge, PoolDefinition next) {
        Map<PoolController, PoolDefinition> pools = Map.of(edge.pool, next);
        TrafficPlan plan =
                edge.plane.plan(new TrafficPlan.Wanted(SETTINGS, pools, List.of(), Optional.of("api"), Map.of()));
        List<ServerEntry> gone = edge.pool.reconfigure(next, Map.of());
        edge.plane.follow(plan);
        edge.plane.retire(gone);
    }

    private static Pool with(Pool pool, PoolTimeouts timeouts, int maxQueue) {
        return new Pool(
                pool.name(), pool.balance(), pool.slowStart(), pool.onMarkedDown(), timeouts, maxQueue, pool.servers());
    }

    /** An idle connection that was made without the PROXY header cannot carry what servers are to be told from now on. */
    @Test
    void connections_made_another_way_are_not_used_again() throws Exception {
        BlockingQueue<String> heads = new LinkedBlockingQueue<>();
        try (RawServer server = new RawServer(connection -> {
                    String head;
                    while ((head = connection.readHead()) != null) {
                        heads.add(head);
                        connection.send(RawServer.ok("s"));
                    }
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            PoolDefinition plain = edge.pool.configured();
            client.get("/1").response();
            assertThat(heads.poll(10, TimeUnit.SECONDS)).startsWith("GET /1 ");

            follow(
                    edge,
                    new PoolDefinition(
                            plain.pool(),
                            plain.health(),
                            plain.stickyCookie(),
                            new ServerLink(ServerLink.Protocol.HTTP1, Optional.empty(), ServerLink.ProxyHeader.V1)));
            client.get("/2").response();
            assertThat(heads.poll(10, TimeUnit.SECONDS)).startsWith("PROXY TCP4 ");

            follow(edge, plain);
            client.get("/3").response();
            assertThat(heads.poll(10, TimeUnit.SECONDS)).startsWith("GET /3 ");
        }
    }

    @Test
    void idle_connections_stay_where_the_link_does() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("s")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            client.get("/").response();
            PoolDefinition before = edge.pool.configured();

            follow(
                    edge,
                    new PoolDefinition(
                            with(before.pool(), before.pool().timeouts(), 3),
                            before.health(),
                            before.stickyCookie(),
                            before.link()));
            client.get("/").response();

            assertThat(edge.count("s1", TrafficCounters.Count.CONNECTED)).isEqualTo(1);
            assertThat(edge.count("s1", TrafficCounters.Count.REUSED)).isEqualTo(1);
        }
    }

    @Test
    void a_tunnel_to_a_server_that_goes_lives_on_and_idle_connections_to_it_do_not() throws Exception {
        try (RawServer server = new RawServer(connection -> {
                    String head;
                    while ((head = connection.readHead()) != null) {
                        if (head.startsWith("GET /ws ")) {
                            connection.send(
                                    """
                                    HTTP/1.1 101 Switching Protocols\r
                                    Upgrade: websocket\r
                                    Connection: Upgrade\r
                                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
                                    \r
                                    """);
                            connection.send(connection.read(4));
                            return;
                        }
                        connection.send(RawServer.ok("s"));
                    }
                });
                RawServer other = new RawServer(RawServer.always(RawServer.ok("other")));
                EdgeFixture edge =
                        EdgeFixture.with().servers(server.port(), other.port()).start();
                RawClient idle = edge.client();
                RawClient client = edge.client()) {
            String cookie = "Cookie: VEZA_SERVERID=s1\r\n";
            idle.get("/", cookie).response();
            client.send(TunnelTest.UPGRADE + cookie + "\r\n");
            assertThat(client.head()).startsWith("HTTP/1.1 101 ");
            ServerEntry gone = edge.server("s1");
            PoolDefinition before = edge.pool.configured();
            Pool pool = before.pool();
            Pool less = new Pool(
                    pool.name(),
                    pool.balance(),
                    pool.slowStart(),
                    pool.onMarkedDown(),
                    pool.timeouts(),
                    pool.maxQueue(),
                    pool.servers().subList(1, 2));

            follow(edge, new PoolDefinition(less, before.health(), before.stickyCookie(), before.link()));

            assertThat(idle.get("/", cookie).response()).endsWith("other");
            assertThat(edge.plane.open(gone)).isEqualTo(1);
            assertThat(gone.inFlight()).isEqualTo(1);
            client.send("ping");
            assertThat(client.read(4)).isEqualTo("ping");
        }
    }

    @Test
    void a_plan_that_is_not_followed_changes_nothing() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("s")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            edge.plane.plan(new TrafficPlan.Wanted(
                    SETTINGS, Map.of(edge.pool, edge.pool.configured()), List.of(), Optional.empty(), Map.of()));

            assertThat(edge.get("/")).endsWith("s");
        }
    }

    /** Somebody waits in the queue when the pool gets other timeouts and another server: he goes there. */
    @Test
    void who_waits_in_the_queue_stays_there() throws Exception {
        BlockingQueue<String> asked = new LinkedBlockingQueue<>();
        try (RawServer silent = new RawServer(connection -> {
                    asked.add(String.valueOf(connection.readHead()));
                    connection.read(1);
                });
                RawServer other = new RawServer(RawServer.always(RawServer.ok("other")));
                EdgeFixture edge = EdgeFixture.with()
                        .server(silent.port(), OptionalInt.of(1), false)
                        .start();
                RawClient first = edge.client();
                RawClient second = edge.client()) {
            first.get("/");
            assertThat(asked.poll(10, TimeUnit.SECONDS)).isNotNull();
            second.get("/");
            while (edge.plane.queued("api") == 0) {
                Thread.onSpinWait();
            }
            PoolDefinition before = edge.pool.configured();
            List<Server> servers = new ArrayList<>(before.pool().servers());
            servers.add(new Server(
                    "s2", new ServerAddress("127.0.0.1", other.port()), Weight.DEFAULT, OptionalInt.empty(), false));
            Pool pool = new Pool(
                    "api",
                    before.pool().balance(),
                    Duration.ZERO,
                    before.pool().onMarkedDown(),
                    PoolTimeouts.DEFAULT,
                    5,
                    servers);

            follow(edge, new PoolDefinition(pool, before.health(), before.stickyCookie(), before.link()));
            assertThat(edge.plane.queued("api")).isEqualTo(1);
            edge.pool.resolved("s2", new InetSocketAddress(InetAddress.getLoopbackAddress(), other.port()));
            edge.markUp("s2");

            assertThat(second.response()).endsWith("other");
        }
    }

    /** Servers change before event loops do, and a new one may be there for the new link only. */
    @Test
    void a_server_is_spoken_to_as_configured_with_it_before_the_event_loops_have_changed_over() throws Exception {
        BlockingQueue<String> heads = new LinkedBlockingQueue<>();
        try (RawServer server = new RawServer(connection -> {
                    heads.add(connection.readHead());
                    connection.send(RawServer.ok("s"));
                });
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start();
                RawClient client = edge.client()) {
            PoolDefinition plain = edge.pool.configured();
            PoolDefinition next = new PoolDefinition(
                    plain.pool(),
                    plain.health(),
                    plain.stickyCookie(),
                    new ServerLink(ServerLink.Protocol.HTTP1, Optional.empty(), ServerLink.ProxyHeader.V1));
            TrafficPlan plan = edge.plane.plan(
                    new TrafficPlan.Wanted(SETTINGS, Map.of(edge.pool, next), List.of(), Optional.of("api"), Map.of()));
            edge.pool.reconfigure(next, Map.of());

            client.get("/1").response();

            assertThat(heads.poll(10, TimeUnit.SECONDS)).startsWith("PROXY TCP4 ");
            edge.plane.follow(plan);
            client.get("/2").response();
            assertThat(heads.poll(10, TimeUnit.SECONDS)).startsWith("PROXY TCP4 ");
        }
    }
}
