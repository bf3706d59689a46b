package io.veza.edge.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LabTopologyTest {

    private static final LabTopology.Layout FREE_PORTS =
            new LabTopology.Layout("127.0.0.1", List.of(0, 0), List.of(0, 0), 0);

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void stop() {
        LabClient.await(vertx.close());
    }

    private LabTopology start() {
        return LabClient.await(Lab.embedded(vertx, FREE_PORTS));
    }

    @Test
    void all_servers_answer_under_their_names() throws Exception {
        LabTopology topology = start();

        assertThat(topology.names()).containsExactly("backend-api-1", "backend-api-2", "stream-srv-1", "stream-srv-2");
        for (String name : topology.names()) {
            assertThat(LabClient.get(topology.port(name), "/metrics").headers().firstValue("X-Served-By"))
                    .hasValue(name);
        }
    }

    @Test
    void the_control_listener_stops_and_starts_a_server_on_its_port() throws Exception {
        LabTopology topology = start();
        int port = topology.port("backend-api-1");

        String stopped = LabClient.post(topology.controlPort(), "/lab/backend-api-1/stop", "")
                .body();
        boolean refused = LabClient.refusesConnections(port);
        boolean otherServes =
                LabClient.get(topology.port("backend-api-2"), "/api/v1/health").statusCode() == 200;
        String started = LabClient.post(topology.controlPort(), "/lab/backend-api-1/start", "")
                .body();

        assertThat(refused).isTrue();
        assertThat(otherServes).isTrue();
        assertThat(new JsonObject(stopped).getJsonObject("backend-api-1").getBoolean("running"))
                .isFalse();
        assertThat(new JsonObject(started).getJsonObject("backend-api-1"))
                .isEqualTo(new JsonObject().put("address", "127.0.0.1:" + port).put("running", true));
        assertThat(LabClient.get(port, "/api/v1/health").statusCode()).isEqualTo(200);
    }

    /** Once connections went first, and a proxy's retry was let in by a server about to go: 502 instead of another server. */
    @Test
    void a_stopped_server_refuses_connections_before_it_cuts_those_it_has() throws Exception {
        // The JDK's transport lets go of a listener only when its selector comes round.
        Vertx epoll = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        assumeTrue(epoll.isNativeTransportEnabled());
        LabTopology topology = LabClient.await(Lab.embedded(epoll, FREE_PORTS));
        int port = topology.port("backend-api-1");

        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write("HEAD /api/v1/health HTTP/1.1\r\nHost: lab\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            topology.stop("backend-api-1");
            socket.getInputStream().readAllBytes();

            assertThat(LabClient.refusesConnections(port)).isTrue();
        } finally {
            LabClient.await(epoll.close());
        }
    }

    @Test
    void a_restarted_streamer_has_a_cold_cache() throws Exception {
        LabTopology topology = start();
        int port = topology.port("stream-srv-1");
        LabClient.get(port, "/hls/a/seg000.ts");

        LabClient.await(topology.stop("stream-srv-1"));
        LabClient.await(topology.start("stream-srv-1"));

        assertThat(LabClient.get(port, "/hls/a/seg000.ts").headers().firstValue("X-Cache"))
                .hasValue("miss");
    }

    @Test
    void stopping_and_starting_may_be_repeated() {
        LabTopology topology = start();

        LabClient.await(topology.start("backend-api-1"));
        assertThat(topology.running("backend-api-1")).isTrue();

        topology.stop("backend-api-1");
        LabClient.await(topology.stop("backend-api-1"));
        assertThat(topology.running("backend-api-1")).isFalse();
    }

    @Test
    void the_fault_exit_closes_the_server_and_it_can_be_started_again() throws Exception {
        LabTopology topology = start();
        int port = topology.port("backend-api-1");

        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write("POST /fault?kind=exit HTTP/1.1\r\nHost: lab\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] untilClosed = socket.getInputStream().readAllBytes();
            assertThat(new String(untilClosed, StandardCharsets.US_ASCII)).startsWith("HTTP/1.1 200 ");
        }
        LabClient.await(topology.start("backend-api-1"));

        assertThat(topology.port("backend-api-1")).isEqualTo(port);
        assertThat(LabClient.get(port, "/api/v1/health").statusCode()).isEqualTo(200);
    }

    @Test
    void the_control_listener_lists_all_and_knows_no_other_name() throws Exception {
        LabTopology topology = start();

        JsonObject all =
                new JsonObject(LabClient.get(topology.controlPort(), "/lab").body());

        assertThat(all.fieldNames()).containsExactlyElementsOf(topology.names());
        assertThat(LabClient.post(topology.controlPort(), "/lab/nobody/stop", "")
                        .statusCode())
                .isEqualTo(404);
        assertThat(LabClient.get(topology.controlPort(), "/lab/backend-api-1/stop")
                        .statusCode())
                .isEqualTo(404);
        assertThatThrownBy(() -> topology.port("nobody")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_port_in_use_fails_the_start_and_leaves_nothing_running() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            LabTopology.Layout layout =
                    new LabTopology.Layout("127.0.0.1", List.of(0, taken.getLocalPort()), List.of(), 0);

            assertThatThrownBy(() -> LabClient.await(Lab.embedded(vertx, layout)))
                    .hasRootCauseInstanceOf(java.net.BindException.class);
            assertThat(vertx.deploymentIDs()).isEmpty();
        }
    }
}
