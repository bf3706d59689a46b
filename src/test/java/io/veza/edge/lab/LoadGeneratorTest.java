package io.veza.edge.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoadGeneratorTest {

    private final Vertx vertx = Vertx.vertx();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);

    @AfterEach
    void stop() {
        LabClient.await(vertx.close());
    }

    /** API and streams at one origin, as the edge would offer them. */
    private static final class Everything extends LabServer {
        private final ApiServer api = new ApiServer(LabClient.named("all-in-one"));
        private final StreamServer stream =
                new StreamServer(LabClient.named("all-in-one"), new StreamServer.Shape(2, 100, 100_000));

        Everything() {
            super(LabClient.named("all-in-one"));
        }

        @Override
        String healthPath() {
            return "/health";
        }

        @Override
        void serve(HttpServerRequest request, String path) {
            if (path.startsWith("/hls/")) {
                stream.serve(request, path);
            } else {
                api.serve(request, path);
            }
        }

        @Override
        List<Sample> samples() {
            return List.of();
        }
    }

    private LoadReport load(int port, int connections, OptionalInt rate, Duration duration) {
        URI target = URI.create("http://127.0.0.1:" + port);
        return LabClient.await(LoadGenerator.run(
                vertx, new LoadOptions(target, duration, connections, rate, OptionalInt.empty()), out));
    }

    @Test
    void all_kinds_of_users_are_served_and_counted() {
        int port = LabClient.started(vertx, new Everything()).port();

        LoadReport report = load(port, 10, OptionalInt.empty(), Duration.ofMillis(1_500));

        assertThat(report.errors()).as(output.toString(StandardCharsets.UTF_8)).isZero();
        assertThat(report.byServer()).containsOnlyKeys("all-in-one").containsEntry("all-in-one", report.requests());
        assertThat(report.messages()).isPositive();
        assertThat(report.cacheHits()).isPositive();
        assertThat(report.moves()).isZero();
        assertThat(report.reconnects()).isZero();
        assertThat(output.toString(StandardCharsets.UTF_8).lines())
                .anyMatch(line -> line.matches(" {3}1 s +[0-9]+ requests  p99 .* 0 errors .*"))
                .anyMatch(line -> line.matches("requests +" + report.requests() + " in .*"))
                .anyMatch(line -> line.matches("errors +0"))
                .anyMatch(line -> line.matches("latency +p50 [0-9.]+ ms, p99 [0-9.]+ ms"))
                .anyMatch(line -> line.matches("by server +all-in-one: " + report.requests()))
                .anyMatch(line -> line.matches("cache +[0-9.]+ % of [0-9]+ segments hit"))
                .anyMatch(line -> line.matches("chat +[0-9]+ messages, .* 0 reconnects"));
    }

    @Test
    void a_rate_bounds_the_requests() {
        int port = LabClient.started(vertx, new Everything()).port();

        LoadReport report = load(port, 4, OptionalInt.of(20), Duration.ofMillis(500));

        // 10 steps are due in half a second; each of the 4 users may begin one more.
        assertThat(report.requests() + report.messages()).isBetween(1L, 14L);
    }

    @Test
    void a_target_that_is_not_there_is_an_error_of_every_user() {
        int port =
                LabClient.started(vertx, new ApiServer(LabClient.named("gone"))).port();
        vertx.deploymentIDs().forEach(id -> LabClient.await(vertx.undeploy(id)));

        LoadReport report = load(port, 10, OptionalInt.empty(), Duration.ofMillis(300));

        assertThat(report.errors()).isGreaterThanOrEqualTo(10);
        assertThat(report.requests()).isZero();
    }

    @Test
    void a_chatter_whose_server_goes_away_reconnects() {
        LabTopology topology =
                LabClient.await(Lab.embedded(vertx, new LabTopology.Layout("127.0.0.1", List.of(0), List.of(), 0)));
        int port = topology.port("backend-api-1");
        vertx.setTimer(
                200, timer -> topology.stop("backend-api-1").onComplete(done -> topology.start("backend-api-1")));

        LoadReport report = load(port, 4, OptionalInt.empty(), Duration.ofSeconds(1));

        assertThat(report.reconnects()).isPositive();
    }

    @Test
    void a_server_error_is_counted_under_its_status() throws Exception {
        int port = LabClient.started(vertx, new Everything()).port();
        LabClient.post(port, "/fault?kind=500", "");

        LoadReport report = load(port, 2, OptionalInt.empty(), Duration.ofMillis(300));

        assertThat(report.errors()).isEqualTo(report.requests()).isPositive();
        assertThat(output.toString(StandardCharsets.UTF_8)).containsPattern("errors +[0-9]+ +GET 500: [0-9]+");
    }
}
