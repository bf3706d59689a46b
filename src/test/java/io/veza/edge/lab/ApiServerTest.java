package io.veza.edge.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiServerTest {

    private final Vertx vertx = Vertx.vertx();
    private int port;

    @BeforeEach
    void start() {
        port = LabClient.started(vertx, new ApiServer(LabClient.named("api-a"))).port();
    }

    @AfterEach
    void stop() {
        LabClient.await(vertx.close());
    }

    @Test
    void every_answer_names_the_server() throws Exception {
        for (String path : new String[] {"/api/v1/health", "/api/v1/whoami", "/api/v1/me", "/nowhere", "/metrics"}) {
            HttpResponse<String> answer = LabClient.get(port, path);

            assertThat(answer.headers().firstValue("X-Served-By")).as(path).hasValue("api-a");
            assertThat(answer.body()).as(path).contains("\"api-a\"");
        }
    }

    @Test
    void health_is_up() throws Exception {
        HttpResponse<String> answer = LabClient.get(port, "/api/v1/health");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(new JsonObject(answer.body()).getString("status")).isEqualTo("up");
    }

    @Test
    void a_session_is_found_here_by_the_server_that_began_it_and_in_the_store_by_another() throws Exception {
        int other = LabClient.started(vertx, new ApiServer(LabClient.named("api-b")))
                .port();

        HttpResponse<String> login = LabClient.post(port, "/api/v1/login", "{\"user\":\"ada\"}");

        String setCookie = login.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(setCookie).startsWith("VEZA_SESSION=").contains("; Path=/").contains("; HTTPOnly");
        String cookie = setCookie.substring(0, setCookie.indexOf(';'));
        assertThat(me(port, cookie).encode())
                .isEqualTo(
                        "{\"user\":\"ada\",\"authenticatedBy\":\"api-a\",\"sessionFound\":\"here\",\"server\":\"api-a\"}");
        assertThat(me(other, cookie).encode())
                .isEqualTo("{\"user\":\"ada\",\"authenticatedBy\":\"api-a\",\"sessionFound\":\"in the shared store\","
                        + "\"server\":\"api-b\"}");
    }

    private static JsonObject me(int port, String cookie) throws Exception {
        HttpRequest request =
                LabClient.request(port, "/api/v1/me").header("Cookie", cookie).build();
        return new JsonObject(LabClient.send(request).body());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x=", "VEZA_SESSION=", "VEZA_SESSION=!!", "VEZA_SESSION=e30", "VEZA_SESSION=WzFd"})
    void me_without_a_session_of_ours_is_401(String cookie) throws Exception {
        HttpRequest request =
                LabClient.request(port, "/api/v1/me").header("Cookie", cookie).build();

        assertThat(LabClient.send(request).statusCode()).isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ada", "{}", "{\"user\":1}", "{\"user\":\" \"}", "[]"})
    void a_login_without_a_user_is_400_and_sets_no_cookie(String body) throws Exception {
        HttpResponse<String> answer = LabClient.post(port, "/api/v1/login", body);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
    }

    @Test
    void a_login_body_over_the_limit_is_400() throws Exception {
        String body = "{\"user\":\"ada\",\"more\":\"" + "x".repeat(100_000) + "\"}";

        assertThat(LabClient.post(port, "/api/v1/login", body).statusCode()).isEqualTo(400);
    }

    @Test
    void whoami_tells_the_request_as_it_arrived() throws Exception {
        HttpRequest request = LabClient.request(port, "/api/v1/whoami?a=1")
                .header("X-Forwarded-For", "192.0.2.1")
                .header("X-Twice", "1")
                .header("X-Twice", "2")
                .build();

        JsonObject seen = new JsonObject(LabClient.send(request).body());

        assertThat(seen.getString("method")).isEqualTo("GET");
        assertThat(seen.getString("uri")).isEqualTo("/api/v1/whoami?a=1");
        assertThat(seen.getString("peer")).startsWith("127.0.0.1:");
        JsonObject headers = seen.getJsonObject("headers");
        assertThat(headers.getJsonArray("X-Forwarded-For")).containsExactly("192.0.2.1");
        assertThat(headers.getJsonArray("X-Twice")).containsExactly("1", "2");
    }

    @Test
    void echo_returns_a_large_body_unchanged() throws Exception {
        String body = "veza ".repeat(400_000);

        HttpResponse<String> withLength = LabClient.post(port, "/api/v1/echo", body);
        HttpResponse<String> chunked = LabClient.send(LabClient.request(port, "/api/v1/echo")
                .PUT(HttpRequest.BodyPublishers.fromPublisher(HttpRequest.BodyPublishers.ofString(body)))
                .build());

        assertThat(withLength.body()).isEqualTo(body);
        assertThat(withLength.headers().firstValueAsLong("Content-Length")).hasValue(2_000_000);
        assertThat(chunked.body()).isEqualTo(body);
        assertThat(chunked.headers().firstValue("Transfer-Encoding")).hasValue("chunked");
    }

    @Test
    void bytes_come_in_the_asked_number_with_and_without_a_length() throws Exception {
        for (long count : new long[] {0, 1, 65_535, 65_536, 3_000_001}) {
            HttpResponse<byte[]> withLength = LabClient.getBytes(port, "/api/v1/bytes/" + count);
            HttpResponse<byte[]> chunked = LabClient.getBytes(port, "/api/v1/bytes/" + count + "?chunked=true");

            assertThat(withLength.body()).hasSize((int) count);
            assertThat(withLength.headers().firstValueAsLong("Content-Length")).hasValue(count);
            assertThat(chunked.body()).isEqualTo(withLength.body());
            assertThat(chunked.headers().firstValue("Content-Length")).isEmpty();
        }
    }

    @Test
    void head_tells_the_length_and_sends_no_byte() throws Exception {
        HttpRequest request = LabClient.request(port, "/api/v1/bytes/1000000")
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build();

        HttpResponse<String> answer = LabClient.send(request);

        assertThat(answer.headers().firstValueAsLong("Content-Length")).hasValue(1_000_000);
        assertThat(answer.body()).isEmpty();
    }

    @Test
    void wrong_paths_and_methods_are_refused() throws Exception {
        assertThat(LabClient.get(port, "/api/v2/health").statusCode()).isEqualTo(404);
        assertThat(LabClient.get(port, "/api/v1/bytes/x").statusCode()).isEqualTo(404);
        assertThat(LabClient.get(port, "/api/v1/login").statusCode()).isEqualTo(405);
        assertThat(LabClient.get(port, "/api/v1/echo").statusCode()).isEqualTo(405);
        assertThat(LabClient.post(port, "/api/v1/me", "").statusCode()).isEqualTo(405);
        assertThat(LabClient.get(port, "/api/v1/ws/chat").statusCode()).isEqualTo(426);
    }

    @Test
    void chat_greets_with_the_servers_name_and_reaches_everybody() throws Exception {
        LabClient.Chat first = new LabClient.Chat(port, "/api/v1/ws/chat");
        assertThat(new JsonObject(first.next()).getString("type")).isEqualTo("hello");
        LabClient.Chat second = new LabClient.Chat(port, "/api/v1/ws/chat");
        JsonObject hello = new JsonObject(second.next());
        assertThat(hello.getString("server")).isEqualTo("api-a");
        assertThat(hello.getInteger("online")).isEqualTo(2);

        first.say("good morning");

        for (LabClient.Chat client : new LabClient.Chat[] {first, second}) {
            JsonObject message = new JsonObject(client.next());
            assertThat(message.getString("type")).isEqualTo("message");
            assertThat(message.getString("text")).isEqualTo("good morning");
            assertThat(message.getString("server")).isEqualTo("api-a");
            assertThat(message.getString("user")).isEqualTo("guest-1");
        }
    }

    @Test
    void presence_announces_who_comes_and_goes() throws Exception {
        LabClient.Chat watcher = new LabClient.Chat(port, "/api/v1/ws/presence");
        assertThat(new JsonObject(watcher.next()).getString("type")).isEqualTo("hello");
        assertThat(new JsonObject(watcher.next()).getString("type")).isEqualTo("join");

        LabClient.Chat passerBy = new LabClient.Chat(port, "/api/v1/ws/presence");
        JsonObject join = new JsonObject(watcher.next());
        passerBy.leave();
        JsonObject leave = new JsonObject(watcher.next());

        assertThat(join.getString("type")).isEqualTo("join");
        assertThat(join.getInteger("online")).isEqualTo(2);
        assertThat(leave.getString("type")).isEqualTo("leave");
        assertThat(leave.getString("user")).isEqualTo(join.getString("user"));
        assertThat(leave.getInteger("online")).isEqualTo(1);
    }
}
