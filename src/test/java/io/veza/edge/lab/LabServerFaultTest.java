package io.veza.edge.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabServerFaultTest {

    private static final String HEALTH = "/api/v1/health";
    private static final String OTHER = "/api/v1/whoami";

    private final Vertx vertx = Vertx.vertx();
    private final CompletableFuture<String> exited = new CompletableFuture<>();
    private int port;

    @BeforeEach
    void start() {
        LabServer.Identity identity =
                new LabServer.Identity("api-a", "127.0.0.1", 0, server -> exited.complete(server.name()));
        port = LabClient.started(vertx, new ApiServer(identity)).port();
    }

    @AfterEach
    void stop() {
        LabClient.await(vertx.close());
    }

    private int status(String path) throws Exception {
        return LabClient.get(port, path).statusCode();
    }

    private void fault(String query) throws Exception {
        assertThat(LabClient.post(port, "/fault?" + query, "").statusCode()).isEqualTo(200);
    }

    @Test
    void unhealthy_strikes_the_health_check_only() throws Exception {
        fault("kind=unhealthy");

        assertThat(status(HEALTH)).isEqualTo(503);
        assertThat(status(OTHER)).isEqualTo(200);
    }

    @Test
    void the_fault_500_spares_the_health_check_only() throws Exception {
        fault("kind=500");

        assertThat(status(HEALTH)).isEqualTo(200);
        assertThat(status(OTHER)).isEqualTo(500);
    }

    @ParameterizedTest
    @ValueSource(strings = {"kind=hang", "kind=slow&ms=600000"})
    void hang_and_slow_leave_requests_without_an_answer_but_not_the_switch(String query) throws Exception {
        fault(query);
        CompletableFuture<HttpResponse<String>> stuck =
                LabClient.sendLater(LabClient.request(port, HEALTH).build());

        // The requests after it on other connections are answered; so the one before is not merely on its way.
        assertThat(LabClient.get(port, "/fault").statusCode()).isEqualTo(200);
        HttpRequest off = LabClient.request(port, "/fault").DELETE().build();
        LabClient.send(off);

        assertThat(status(OTHER)).isEqualTo(200);
        stuck.cancel(true);
    }

    @Test
    void slow_answers_in_the_end_with_the_whole_body() throws Exception {
        fault("kind=slow&ms=20");

        String body = "x".repeat(500_000);

        assertThat(LabClient.post(port, "/api/v1/echo", body).body()).isEqualTo(body);
    }

    @Test
    void reset_breaks_the_connection() throws Exception {
        fault("kind=reset");

        assertThatThrownBy(() -> status(OTHER)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> status(HEALTH)).isInstanceOf(IOException.class);
    }

    @Test
    void exit_answers_first_and_then_ends_the_server() throws Exception {
        fault("kind=exit");

        assertThat(exited.get(20, TimeUnit.SECONDS)).isEqualTo("api-a");
    }

    @Test
    void a_fault_can_be_read_and_switched_off() throws Exception {
        fault("kind=slow&ms=5");
        assertThat(LabClient.get(port, "/fault").body()).contains("\"fault\":\"slow\",\"ms\":5");

        LabClient.send(LabClient.request(port, "/fault").DELETE().build());

        assertThat(LabClient.get(port, "/fault").body()).contains("\"fault\":\"none\"");
        assertThat(status(OTHER)).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "kind=", "kind=fire", "kind=slow", "kind=slow&ms=x", "kind=slow&ms=600001"})
    void an_unknown_fault_is_400_and_changes_nothing(String query) throws Exception {
        assertThat(LabClient.post(port, "/fault?" + query, "").statusCode()).isEqualTo(400);
        assertThat(LabClient.get(port, "/fault").body()).contains("\"fault\":\"none\"");
    }
}
