package io.veza.edge.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.health.HealthState;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Real server processes that are killed, frozen and brought back under load. */
class ServerProcessFaultTest {

    private static final String UPGRADE = "GET /api/v1/ws/chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
            + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    /** Long enough for a server that is alive on a busy machine; one that was killed refuses at once. */
    private static final Duration PATIENT = Duration.ofSeconds(3);

    @Test
    void killing_one_of_two_servers_under_load_fails_no_get_and_it_comes_back_slowly() throws Exception {
        try (LabProcess first = new LabProcess("backend-api-1");
                LabProcess second = new LabProcess("backend-api-2");
                EdgeProcess edge =
                        new EdgeProcess(Duration.ofMillis(300), PATIENT, 3, Duration.ofSeconds(4), first, second);
                Load load = new Load(edge, 8)) {
            load.awaitRequests(400);

            first.kill();
            edge.awaitHealth("backend-api-1", HealthState.DOWN);
            load.awaitRequests(400);
            assertThat(load.failures).isEmpty();

            first.restart();
            edge.awaitHealth("backend-api-1", HealthState.UP);
            assertThat(edge.server("backend-api-1").effectiveWeight()).isLessThan(30);
            Duration ramp = edge.awaitState("backend-api-1", entry -> entry.effectiveWeight() == 100);
            assertThat(ramp).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(6));
            assertThat(load.failures).isEmpty();
        }
    }

    @Test
    void the_share_of_a_recovered_server_grows_with_its_ramp() throws Exception {
        try (LabProcess first = new LabProcess("backend-api-1");
                LabProcess second = new LabProcess("backend-api-2");
                EdgeProcess edge =
                        new EdgeProcess(Duration.ofMillis(200), PATIENT, 1, Duration.ofSeconds(4), first, second)) {
            first.kill();
            edge.awaitHealth("backend-api-1", HealthState.DOWN);
            first.restart();
            edge.awaitHealth("backend-api-1", HealthState.UP);

            // The share of each hundred requests is the ramp's, whatever time they took: w of w + 100.
            List<Integer> shares = new ArrayList<>();
            while (edge.server("backend-api-1").effectiveWeight() < 100) {
                int before = edge.server("backend-api-1").effectiveWeight();
                int share = 0;
                for (int i = 0; i < 100; i++) {
                    share += get(edge).endsWith("backend-api-1") ? 1 : 0;
                }
                int after = edge.server("backend-api-1").effectiveWeight();
                assertThat(share).isBetween(100 * before / (100 + before) - 3, 100 * after / (100 + after) + 3);
                shares.add(share);
            }
            assertThat(shares.get(0)).isLessThan(25);
            int full = 0;
            for (int i = 0; i < 100; i++) {
                full += get(edge).endsWith("backend-api-1") ? 1 : 0;
            }
            assertThat(full).isEqualTo(50);
        }
    }

    @Test
    void a_frozen_server_is_down_after_fall_timeouts_and_its_tunnels_are_closed() throws Exception {
        try (LabProcess first = new LabProcess("backend-api-1");
                LabProcess second = new LabProcess("backend-api-2");
                EdgeProcess edge = new EdgeProcess(
                        Duration.ofMillis(300), Duration.ofMillis(500), 3, Duration.ZERO, first, second);
                Socket tunnel = new Socket(edge.address.getAddress(), edge.address.getPort())) {
            // More than one check must have passed, so that it takes all three failures.
            edge.awaitState("backend-api-1", entry -> entry.state().health() == HealthState.UP);
            tunnel.setSoTimeout(10_000);
            tunnel.getOutputStream()
                    .write((UPGRADE + "Cookie: VEZA_SERVERID=backend-api-1\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(tunnel.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 101");
            LockSupport.parkNanos(Duration.ofMillis(700).toNanos());

            first.signal("STOP");
            Duration took = edge.awaitHealth("backend-api-1", HealthState.DOWN);

            // Three checks of 500 ms that are 300 ms apart, and the one that was under way.
            assertThat(took).isBetween(Duration.ofMillis(900), Duration.ofMillis(4000));
            byte[] rest = tunnel.getInputStream().readAllBytes();
            assertThat(rest).endsWith(0x88, 2, 1012 >> 8, 1012 & 0xff);
            first.signal("CONT");
            edge.awaitHealth("backend-api-1", HealthState.UP);
        }
    }

    @Test
    void a_freeze_shorter_than_fall_checks_is_no_transition() throws Exception {
        try (LabProcess first = new LabProcess("backend-api-1");
                LabProcess second = new LabProcess("backend-api-2");
                EdgeProcess edge = new EdgeProcess(
                        Duration.ofMillis(400), Duration.ofMillis(400), 5, Duration.ZERO, first, second)) {
            LockSupport.parkNanos(Duration.ofMillis(900).toNanos());
            edge.awaitHealth("backend-api-1", HealthState.UP);
            edge.transitions.clear();

            for (int i = 0; i < 3; i++) {
                first.signal("STOP");
                LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
                first.signal("CONT");
                LockSupport.parkNanos(Duration.ofMillis(900).toNanos());
            }

            assertThat(edge.transitions)
                    .noneMatch(t -> t.server().server().name().equals("backend-api-1"));
        }
    }

    private static String get(EdgeProcess edge) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create("http://127.0.0.1:" + edge.address.getPort() + "/api/v1/whoami")
                        .toURL()
                        .openConnection();
        connection.setConnectTimeout(5_000);
        connection.setReadTimeout(10_000);
        try (var body = connection.getInputStream()) {
            body.readAllBytes();
        }
        return connection.getResponseCode() + " " + connection.getHeaderField("X-Served-By");
    }

    /** GETs from several threads until it is closed. */
    private static final class Load implements AutoCloseable {
        final List<String> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        private final AtomicInteger requests = new AtomicInteger();
        private final AtomicBoolean over = new AtomicBoolean();
        private final List<Thread> threads = new ArrayList<>();

        Load(EdgeProcess edge, int clients) {
            for (int i = 0; i < clients; i++) {
                Thread thread = new Thread(() -> {
                    while (!over.get()) {
                        try {
                            String answer = get(edge);
                            if (!answer.startsWith("200 ")) {
                                failures.add(answer);
                            }
                        } catch (IOException e) {
                            failures.add(e.toString());
                        }
                        requests.incrementAndGet();
                        // Bounded: some hundreds a second are enough to be in flight when a server dies.
                        LockSupport.parkNanos(5_000_000);
                    }
                });
                thread.setDaemon(true);
                thread.start();
                threads.add(thread);
            }
        }

        void awaitRequests(int more) {
            int target = requests.get() + more;
            while (requests.get() < target) {
                LockSupport.parkNanos(1_000_000);
            }
        }

        @Override
        public void close() throws InterruptedException {
            over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }
}
