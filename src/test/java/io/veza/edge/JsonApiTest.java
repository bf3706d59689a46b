package io.veza.edge;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.closeTo;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.config.EncoderConfig;
import io.restassured.config.JsonConfig;
import io.restassured.config.RestAssuredConfig;
import io.restassured.http.ContentType;
import io.restassured.path.json.config.JsonPathConfig.NumberReturnType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The JSON API on a loopback address without a token: what it says, what it does, and what it refuses. */
@QuarkusTest
@QuarkusTestResource(LabServers.class)
class JsonApiTest {

    private static final String POOL = "/api/pools/api_pool";
    private static final String SERVER = POOL + "/servers/backend-api-1";

    private static RequestSpecification write() {
        return given().config(RestAssuredConfig.config()
                        .jsonConfig(JsonConfig.jsonConfig().numberReturnType(NumberReturnType.DOUBLE)))
                .header("X-Veza-Edge", "1")
                .contentType("application/json");
    }

    private static ValidatableResponse put(String path, String body) {
        return write().body(body).put(path).then();
    }

    @AfterEach
    void as_it_was() {
        put(SERVER + "/state", "{'state': 'ready'}".replace('\'', '"')).statusCode(200);
        put(SERVER + "/weight", "{\"weight\": 1}").statusCode(200);
        put(SERVER + "/max-connections", "{\"maxConnections\": null}").statusCode(200);
    }

    @Test
    void pools_are_listed_with_their_servers() {
        when().get("/api/pools")
                .then()
                .statusCode(200)
                .contentType("application/json")
                .header("Cache-Control", "no-store")
                .header("X-Content-Type-Options", "nosniff")
                .header("Access-Control-Allow-Origin", nullValue())
                .body("name", contains("api_pool", "stream_pool"))
                .body("[0].servers.name", contains("backend-api-1", "backend-api-2"))
                .body("[0].balance.algorithm", is("roundrobin"))
                .body("[0].stickyCookie", is(true))
                .body("[1].balance.algorithm", is("uri"));
    }

    @Test
    void a_server_says_its_state_with_reason_and_since_when() {
        when().get(SERVER)
                .then()
                .statusCode(200)
                .body("pool", is("api_pool"))
                .body("state", is("ready"))
                .body("health", is("up"))
                .body("admits", is("all"))
                .body("reason", notNullValue())
                .body("since", containsString("T"))
                .body("weight.configured", is(1))
                .body("inFlight", is(0))
                .body("maxConnections", nullValue())
                .body("drain", nullValue())
                .body("keys", nullValue());
    }

    @Test
    void parts_of_the_whole_are_the_same_as_in_it() {
        when().get(POOL).then().statusCode(200).body("servers.name", contains("backend-api-1", "backend-api-2"));
        when().get(POOL + "/servers").then().statusCode(200).body("name", contains("backend-api-1", "backend-api-2"));
        when().head(POOL).then().statusCode(200).contentType("application/json");
    }

    @Test
    void a_hash_pool_shows_whose_keys_go_where() {
        when().get("/api/pools/stream_pool")
                .then()
                .statusCode(200)
                .body("servers[0].keys.heirs", is(1))
                .body("servers[0].keys.greatestHeirs[0].server", is("stream-srv-2"))
                .body("servers.collect { it.keys.share }.sum()", closeTo(1.0, 1e-6));
    }

    @Test
    void the_process_and_its_listeners_are_described() {
        when().get("/api/info")
                .then()
                .statusCode(200)
                .body("name", is("veza-edge"))
                .body("version", notNullValue())
                .body("uptime", greaterThan(0f))
                .body("maxConnections", is(20000))
                .body("writable", is(true))
                .body("tokenWanted", is(false));
        when().get("/api/listeners").then().statusCode(200);
        when().get("/api/sessions").then().statusCode(200);
        when().get("/api/errors").then().statusCode(200);
        when().get("/api/transitions?pool=api_pool&server=backend-api-1").then().statusCode(200);
    }

    /** The first timer of the checks' Vert.x, which takes the samples, was cancelled by a probe that had none yet. */
    @Test
    void every_second_is_counted_for_itself() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (when().get(SERVER).jsonPath().getList("recent.requests").size() < 2) {
            assertThat(System.nanoTime()).as("seconds go by").isLessThan(deadline);
            LockSupport.parkNanos(50_000_000);
        }
    }

    @Test
    void a_drain_keeps_holders_and_ready_ends_it() {
        put(SERVER + "/state", "{\"state\": \"drain\"}")
                .statusCode(200)
                .body("state", is("drain"))
                .body("admits", is("persistent"))
                .body("weight.effective", is(0.0))
                .body("drain", nullValue());

        put(SERVER + "/state", "{\"state\": \"ready\"}")
                .statusCode(200)
                .body("state", is("ready"))
                .body("admits", is("all"));
    }

    @ParameterizedTest
    @CsvSource({"'\"10m\"', 600", "'\"90s\"', 90", "45, 45", "'\"PT2M\"', 120"})
    void a_drain_with_a_deadline_says_what_is_left(String deadline, double seconds) {
        put(SERVER + "/state", "{\"state\": \"drain\", \"deadline\": " + deadline + ", \"then\": \"maint\"}")
                .statusCode(200)
                .body("state", is("drain"))
                .body("drain.remaining", allOf(greaterThan(seconds - 5), lessThanOrEqualTo(seconds)))
                .body("drain.holders", is("stay"))
                .body("drain.then", is("maint"));
    }

    @Test
    void holders_move_at_once_if_asked_to() {
        put(SERVER + "/state", "{\"state\": \"drain\", \"deadline\": \"1h\", \"holders\": \"move\"}")
                .statusCode(200)
                .body("drain.holders", is("move"))
                .body("drain.then", is("drain"))
                .body("admits", is("none"));
    }

    @Test
    void a_drain_whose_deadline_is_now_is_over_at_once() {
        put(SERVER + "/state", "{\"state\": \"drain\", \"deadline\": 0, \"then\": \"maint\"}")
                .statusCode(200)
                .body("state", is("maint"));
    }

    @Test
    void maintenance_takes_a_server_out_and_ready_ramps_it_up() {
        put(SERVER + "/state", "{\"state\": \"maint\"}").statusCode(200).body("admits", is("none"));

        put(SERVER + "/state", "{\"state\": \"ready\"}")
                .statusCode(200)
                .body("slowStart.remaining", greaterThan(0.0))
                .body("weight.effective", lessThanOrEqualTo(0.5));
    }

    @Test
    void a_weight_is_set_beside_the_configured_one() {
        put(SERVER + "/weight", "{\"weight\": 50}")
                .statusCode(200)
                .body("weight.configured", is(1))
                .body("weight.set", is(50));
        when().get(SERVER).then().body("weight.set", is(50));
    }

    @Test
    void health_is_forced_until_checks_find_otherwise() {
        put(SERVER + "/checks", "{\"enabled\": false}").statusCode(200).body("checked", is(false));
        put(SERVER + "/health", "{\"health\": \"stopping\"}")
                .statusCode(200)
                .body("health", is("stopping"))
                .body("reason", is("admin"));
        put(SERVER + "/health", "{\"health\": \"up\"}").statusCode(200).body("health", is("up"));
        put(SERVER + "/checks", "{\"enabled\": true}").statusCode(200).body("checked", is(true));
    }

    @Test
    void connections_are_bounded_and_not() {
        put(SERVER + "/max-connections", "{\"maxConnections\": 7}")
                .statusCode(200)
                .body("maxConnections", is(7));
        put(SERVER + "/max-connections", "{\"maxConnections\": null}")
                .statusCode(200)
                .body("maxConnections", nullValue());
    }

    @Test
    void a_server_is_added_moved_and_removed() {
        String added = POOL + "/servers/extra";

        write().body("{\"name\": \"extra\", \"address\": \"127.0.0.1:1\", \"weight\": 3, \"state\": \"maint\"}")
                .post(POOL + "/servers")
                .then()
                .statusCode(201)
                .header("Location", containsString(added))
                .body("name", is("extra"))
                .body("state", is("maint"))
                .body("weight.configured", is(3));
        put(added + "/address", "{\"address\": \"[::1]:2\"}").statusCode(200).body("resolved", is("[::1]:2"));
        write().body("{\"name\": \"extra\", \"address\": \"127.0.0.1:3\"}")
                .post(POOL + "/servers")
                .then()
                .statusCode(409)
                .body("detail", containsString("used twice"));
        put(added + "/state", "{\"state\": \"drain\"}").statusCode(200);
        write().delete(added).then().statusCode(409).body("detail", containsString("maintenance"));

        put(added + "/state", "{\"state\": \"maint\"}").statusCode(200);
        write().delete(added).then().statusCode(204);

        when().get(added).then().statusCode(404);
    }

    @Test
    void sessions_are_cut_and_counters_cleared() {
        write().delete(SERVER + "/sessions").then().statusCode(202);
        write().delete("/api/sessions/999999").then().statusCode(404);
        write().delete("/api/sessions/x").then().statusCode(404);
        write().body("{\"all\": true}").post("/api/counters/clear").then().statusCode(204);
        write().body("{}").post("/api/counters/clear").then().statusCode(204);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
            state           | {"state": "up"}                                | state          | must be one of ready, drain, maint
            state           | {"state": "READY"}                             | state          | must be one of ready, drain, maint
            state           | {}                                             | state          | must be one of ready, drain, maint
            state           | {"state": "ready", "deadline": "5s"}           | deadline       | goes with state drain
            state           | {"state": "drain", "holders": "move"}          | holders        | goes with state drain and a deadline
            state           | {"state": "drain", "deadline": "soon"}         | deadline       | must be a duration
            state           | {"state": "drain", "deadline": -1}             | deadline       | must be a duration
            state           | {"state": "drain", "deadline": "31d"}          | deadline       | at most 30d
            state           | {"state": "drain", "deadline": 5, "then": "x"} | then           | must be maint or drain
            state           | {"state": "drain", "until": "5s"}              | until          | is no field here
            weight          | {"weight": 257}                                | weight         | must be a whole number in 0..256
            weight          | {"weight": "5"}                                | weight         | must be a whole number in 0..256
            weight          | {"weight": 1.5}                                | weight         | must be a whole number in 0..256
            weight          | {"weight": 99999999999}                        | weight         | must be a whole number in 0..256
            health          | {"health": "ill"}                              | health         | must be one of up, stopping, down
            checks          | {"enabled": 1}                                 | enabled        | must be true or false
            address         | {"address": "localhost:80"}                    | address        | must be an IP address and port
            address         | {"address": "127.0.0.1"}                       | address        | must be an IP address and port
            max-connections | {"maxConnections": 0}                          | maxConnections | must be a whole number in 1..1000000
            max-connections | {}                                             | maxConnections | must be a whole number in 1..1000000, or null
            """)
    void a_field_that_cannot_be_is_named_with_what_can(String what, String body, String key, String allowed) {
        put(SERVER + "/" + what, body)
                .statusCode(400)
                .contentType("application/problem+json")
                .body("type", is("about:blank"))
                .body("title", is("Bad Request"))
                .body("status", is(400))
                .body("key", is(key))
                .body("allowed", containsString(allowed))
                .body("detail", containsString(allowed));
        when().get(SERVER).then().body("state", is("ready")).body("weight.set", is(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "\"ready\"", "{\"state\":", "null", "\0"})
    void a_body_that_is_no_object_is_refused(String body) {
        put(SERVER + "/state", body).statusCode(400).contentType("application/problem+json");
    }

    @Test
    void a_name_that_cannot_be_is_refused() {
        write().body("{\"name\": \"a b\", \"address\": \"127.0.0.1:1\"}")
                .post(POOL + "/servers")
                .then()
                .statusCode(400)
                .body("key", is("name"));
        write().body("{\"name\": \"a\", \"address\": \"127.0.0.1\"}")
                .post(POOL + "/servers")
                .then()
                .statusCode(400)
                .body("key", is("address"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api",
                "/api/",
                "/api/pool",
                "/apis",
                "/api/pools/none",
                "/api/pools/none/servers",
                "/api/pools/api_pool/servers/none",
                "/api/pools/api_pool/servers/backend-api-1/state/x"
            })
    void what_there_is_not_is_not_found(String path) {
        given().urlEncodingEnabled(false).get(path).then().statusCode(404);
    }

    @Test
    void not_found_is_a_problem_that_tells_what_there_is() {
        when().get("/api/pools/none")
                .then()
                .statusCode(404)
                .contentType("application/problem+json")
                .body("detail", containsString("[api_pool, stream_pool]"));
        put(POOL + "/servers/none/weight", "{\"weight\": 1}").statusCode(404);
    }

    @ParameterizedTest
    @CsvSource({
        "DELETE, /api/pools, 'GET, HEAD'",
        "POST, /api/info, 'GET, HEAD'",
        "GET, /api/pools/api_pool/servers/backend-api-1/state, PUT",
        "POST, /api/pools/api_pool/servers/backend-api-1, 'GET, HEAD, DELETE'",
        "OPTIONS, /api/pools, 'GET, HEAD'",
        "GET, /api/counters/clear, POST"
    })
    void a_method_that_is_not_possible_is_answered_with_those_that_are(String method, String path, String allowed) {
        write().request(method, path)
                .then()
                .statusCode(405)
                .contentType("application/problem+json")
                .header("Allow", allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})
    void a_body_that_a_form_could_send_is_refused(String type) {
        given().config(RestAssuredConfig.config()
                        .encoderConfig(EncoderConfig.encoderConfig().encodeContentTypeAs(type, ContentType.TEXT)))
                .header("X-Veza-Edge", "1")
                .contentType(type)
                .body("{\"state\": \"maint\"}")
                .put(SERVER + "/state")
                .then()
                .statusCode(415)
                .contentType("application/problem+json");
        when().get(SERVER).then().body("state", is("ready"));
    }

    @Test
    void a_body_beyond_the_bound_is_refused() {
        put(SERVER + "/state", "{\"state\": \"" + "x".repeat(70_000) + "\"}")
                .statusCode(413)
                .contentType("application/problem+json");
    }

    @Test
    void a_value_is_shown_back_in_part_only() {
        put(SERVER + "/state", "{\"state\": \"" + "x".repeat(5_000) + "\"}")
                .statusCode(400)
                .body("value.length()", lessThanOrEqualTo(101));
    }

    @Test
    void a_query_that_cannot_be_is_refused() {
        when().get("/api/sessions?limit=0").then().statusCode(400).body("key", is("limit"));
        when().get("/api/sessions?limit=10001").then().statusCode(400);
    }
}
