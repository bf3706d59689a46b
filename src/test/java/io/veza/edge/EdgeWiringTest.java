package io.veza.edge;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static io.veza.edge.health.AdminState.MAINT;
import static io.veza.edge.health.AdminState.READY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.veza.edge.control.Command;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.HealthState;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** The whole application with the profile {@code test}: what is configured arrives where it takes effect. */
@QuarkusTest
@QuarkusTestResource(LabServers.class)
class EdgeWiringTest {

    private static final String WHOAMI = "/api/v1/whoami";

    @Inject
    EdgeLifecycle edge;

    @ConfigProperty(name = LabServers.CONTROL)
    int control;

    @Test
    void routes_lead_to_their_pools() {
        assertThat(servedBy(get(WHOAMI))).startsWith("backend-api-");
        assertThat(servedBy(get("/hls/t1/playlist.m3u8"))).startsWith("stream-srv-");
    }

    @Test
    void a_path_without_a_route_is_not_found() {
        assertThat(get("/").statusCode()).isEqualTo(404);
        assertThat(get("/apis").statusCode()).isEqualTo(404);
    }

    @Test
    void requests_without_a_cookie_go_round() {
        Set<String> servers = new TreeSet<>();
        for (int i = 0; i < 4; i++) {
            servers.add(servedBy(get(WHOAMI)));
        }

        assertThat(servers).containsExactly("backend-api-1", "backend-api-2");
    }

    @Test
    void the_sticky_cookie_keeps_its_client_on_one_server() {
        Response first = get(WHOAMI);
        String server = first.cookie("VEZA_SERVERID");

        assertThat(server).isEqualTo(servedBy(first));
        assertThat(first.detailedCookie("VEZA_SERVERID").isHttpOnly()).isTrue();
        for (int i = 0; i < 5; i++) {
            assertThat(servedBy(toEdge().cookie("VEZA_SERVERID", server).get(WHOAMI)))
                    .isEqualTo(server);
        }
    }

    @Test
    void a_track_stays_on_one_streamer_and_tracks_are_spread() {
        Set<String> streamers = new TreeSet<>();
        for (int track = 0; track < 32; track++) {
            String streamer = servedBy(get("/hls/track" + track + "/playlist.m3u8"));
            assertThat(servedBy(get("/hls/track" + track + "/seg001.ts"))).isEqualTo(streamer);
            streamers.add(streamer);
        }

        assertThat(streamers).containsExactly("stream-srv-1", "stream-srv-2");
    }

    @Test
    void the_management_address_says_that_the_listener_is_ready() {
        when().get("/q/health/ready")
                .then()
                .statusCode(200)
                .body("status", is("UP"))
                .body("checks.name", hasItem("listener"));
    }

    @Test
    void the_management_address_says_that_the_event_loops_turn() {
        when().get("/q/health/live")
                .then()
                .statusCode(200)
                .body("checks.find { it.name == 'event loops' }.data.standstill-ms", lessThan(30_000));
    }

    @Test
    void a_pool_without_a_usable_server_is_not_well_and_does_not_touch_the_readiness() {
        PoolController streams = pool("stream_pool");
        List.of("stream-srv-1", "stream-srv-2").forEach(server -> streams.apply(new Command.SetAdmin(server, MAINT)));
        try {
            when().get("/q/health/well")
                    .then()
                    .statusCode(503)
                    .body("checks[0].data.stream_pool", is(0))
                    .body("checks[0].data.'stream_pool/stream-srv-1'", endsWith("/MAINT"));
            when().get("/q/health/ready").then().statusCode(200);
        } finally {
            List.of("stream-srv-1", "stream-srv-2")
                    .forEach(server -> streams.apply(new Command.SetAdmin(server, READY)));
        }
        when().get("/q/health/well").then().statusCode(200).body("checks[0].data.stream_pool", is(2));
    }

    @Test
    void the_management_address_carries_no_traffic_and_the_listener_no_management() {
        when().get(WHOAMI).then().statusCode(404);
        assertThat(get("/q/health/ready").statusCode()).isEqualTo(404);
    }

    @Test
    void a_server_that_stops_goes_down_and_comes_back_when_it_starts() throws Exception {
        BlockingQueue<ServerTransition> transitions = new LinkedBlockingQueue<>();
        pool("api_pool").addListener(transitions::add);

        tell("backend-api-1", "stop");
        ServerTransition down = next(transitions);
        assertThat(down.server().server().name()).isEqualTo("backend-api-1");
        assertThat(down.to().health()).isEqualTo(HealthState.DOWN);
        for (int i = 0; i < 4; i++) {
            assertThat(servedBy(
                            toEdge().cookie("VEZA_SERVERID", "backend-api-1").get(WHOAMI)))
                    .isEqualTo("backend-api-2");
        }

        tell("backend-api-1", "start");
        ServerTransition up = next(transitions);
        assertThat(up.to().health()).isEqualTo(HealthState.UP);
        assertThat(weight("backend-api-1")).isLessThan(100);
        assertThat(servedBy(toEdge().cookie("VEZA_SERVERID", "backend-api-1").get(WHOAMI)))
                .isEqualTo("backend-api-1");

        // Nobody but the application itself takes the steps of the slow start.
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (weight("backend-api-1") < 100) {
            assertThat(System.nanoTime()).as("slow start goes on").isLessThan(deadline);
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void the_runtime_api_commands_the_same_pools() throws Exception {
        Path socket = Path.of("target/test-admin.sock");

        assertThat(runtime(socket, "show servers state api_pool"))
                .contains(" api_pool 1 backend-api-1 127.0.0.1 2 0 1 1 ");
        assertThat(runtime(socket, "set server api_pool/backend-api-2 state drain"))
                .isEqualTo("\n");
        try {
            assertThat(Objects.requireNonNull(pool("api_pool").snapshot().entry("backend-api-2"))
                            .state()
                            .admin())
                    .isEqualTo(AdminState.DRAIN);
            assertThat(servedBy(get(WHOAMI))).isEqualTo("backend-api-1");
            assertThat(servedBy(get(WHOAMI))).isEqualTo("backend-api-1");
        } finally {
            assertThat(runtime(socket, "set server api_pool/backend-api-2 state ready"))
                    .isEqualTo("\n");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
    }

    @Test
    void the_statistics_are_there_as_haproxys_csv() throws Exception {
        String rows = given().urlEncodingEnabled(false)
                .get("/stats;csv")
                .then()
                .statusCode(200)
                .extract()
                .asString();

        assertThat(rows.lines().map(line -> line.split(",", 3)[0] + "," + line.split(",", 3)[1]))
                .startsWith("# pxname,svname", "http,FRONTEND", "api_pool,backend-api-1")
                .endsWith("stream_pool,BACKEND");
        assertThat(rows.lines().findFirst())
                .isEqualTo(runtime(Path.of("target/test-admin.sock"), "show stat")
                        .lines()
                        .findFirst());
    }

    private static String runtime(Path socket, String command) throws IOException {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            client.write(ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.US_ASCII)));
            return new String(Channels.newInputStream(client).readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private int weight(String apiServer) {
        ServerEntry entry = Objects.requireNonNull(pool("api_pool").snapshot().entry(apiServer));
        return entry.effectiveWeight();
    }

    private PoolController pool(String name) {
        return edge.pools().all().stream()
                .filter(pool -> pool.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void tell(String server, String command) {
        given().baseUri("http://127.0.0.1")
                .port(control)
                .post("/lab/" + server + "/" + command)
                .then()
                .statusCode(200);
    }

    private static ServerTransition next(BlockingQueue<ServerTransition> transitions) throws InterruptedException {
        return Objects.requireNonNull(transitions.poll(20, TimeUnit.SECONDS), "no transition came");
    }

    private RequestSpecification toEdge() {
        InetSocketAddress address = edge.address().orElseThrow();
        return given().baseUri("http://127.0.0.1").port(address.getPort());
    }

    private Response get(String path) {
        return toEdge().get(path);
    }

    private static String servedBy(Response response) {
        assertThat(response.statusCode()).isEqualTo(200);
        return response.header("X-Served-By");
    }
}
