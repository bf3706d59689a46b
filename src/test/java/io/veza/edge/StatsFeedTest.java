package io.veza.edge;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The console's files and its feed, without a browser. */
@QuarkusTest
@QuarkusTestResource(LabServers.class)
class StatsFeedTest {

    /** Collects whole messages. */
    private static final class Viewer implements WebSocket.Listener {
        private final StringBuilder part = new StringBuilder();
        private final BlockingQueue<JsonObject> snapshots = new LinkedBlockingQueue<>();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                snapshots.add(new JsonObject(part.toString()));
                part.setLength(0);
            }
            socket.request(1);
            return null;
        }

        JsonObject next() throws InterruptedException {
            return Objects.requireNonNull(snapshots.poll(10, TimeUnit.SECONDS), "no snapshot came");
        }
    }

    private static WebSocket connect(Viewer viewer, String... headers) {
        WebSocket.Builder builder = HttpClient.newHttpClient().newWebSocketBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        return builder.buildAsync(URI.create("ws://127.0.0.1:" + RestAssured.port + "/stats/live"), viewer)
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    @Test
    void a_viewer_gets_a_snapshot_at_once_and_then_one_a_second() throws Exception {
        Viewer viewer = new Viewer();
        WebSocket socket = connect(viewer, "Origin", "http://127.0.0.1:" + RestAssured.port);
        try {
            JsonObject first = viewer.next();
            double begin = first.getJsonObject("info").getDouble("uptime");
            JsonObject last = first;
            for (int i = 0; i < 3; i++) {
                last = viewer.next();
            }

            assertThat(first.fieldNames()).containsExactly("info", "pools", "certificates", "transitions");
            assertThat(first.getJsonArray("pools")).hasSize(2);
            assertThat(last.getJsonObject("info").getDouble("uptime") - begin).isBetween(1.5, 10.0);
        } finally {
            socket.abort();
        }
    }

    @Test
    void viewers_share_one_snapshot() throws Exception {
        Viewer one = new Viewer();
        Viewer other = new Viewer();
        WebSocket first = connect(one);
        WebSocket second = connect(other);
        try {
            other.next();
            JsonObject shared = other.next();

            JsonObject same = one.next();
            while (!same.equals(shared)) {
                same = one.next();
            }
        } finally {
            first.abort();
            second.abort();
        }
    }

    @ParameterizedTest
    @CsvSource({"Origin, http://evil.example", "Origin, null", "Sec-Fetch-Site, cross-site"})
    void a_page_from_elsewhere_gets_no_feed(String header, String value) {
        assertThatThrownBy(() -> connect(new Viewer(), header, value))
                .cause()
                .isInstanceOfSatisfying(WebSocketHandshakeException.class, refused -> assertThat(
                                refused.getResponse().statusCode())
                        .isEqualTo(403));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/stats", "/stats/", "/stats/stats.js", "/stats/words.js", "/stats/stats.css", "/stats/icon.svg"
            })
    void the_page_and_its_files_may_use_nothing_from_elsewhere(String path) {
        when().get(path)
                .then()
                .statusCode(200)
                .header(
                        "Content-Security-Policy",
                        allOf(containsString("default-src 'none'"), not(containsString("unsafe"))))
                .header("X-Content-Type-Options", "nosniff")
                .header("X-Frame-Options", "DENY")
                .header("Cache-Control", "no-store")
                .body(not(containsString("https://")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/stats;csv", "/stats;csv;norefresh"})
    void the_table_is_there_for_those_who_poll_haproxy(String path) {
        String csv = given().urlEncodingEnabled(false)
                .get(path)
                .then()
                .statusCode(200)
                .contentType("text/plain")
                .extract()
                .asString();

        assertThat(csv).startsWith("# pxname,svname,qcur,qmax,scur,");
        assertThat(csv.lines().map(line -> line.replaceFirst("^([^,]*,[^,]*),.*", "$1")))
                .contains("http,FRONTEND", "api_pool,backend-api-1", "api_pool,BACKEND", "stream_pool,BACKEND");
        given().urlEncodingEnabled(false)
                .header("Host", "evil.example")
                .get(path)
                .then()
                .statusCode(421);
    }

    @Test
    void the_page_is_not_given_under_a_foreign_name() {
        given().header("Host", "evil.example").get("/stats").then().statusCode(421);
        given().header("Host", "evil.example").get("/stats/stats.js").then().statusCode(421);
        given().header("Host", "evil.example")
                .header("Connection", "Upgrade")
                .header("Upgrade", "websocket")
                .header("Sec-WebSocket-Version", "13")
                .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
                .get("/stats/live")
                .then()
                .statusCode(421);
    }
}
