package io.veza.edge;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The API's answers against its own description, which is taken at its word: no field may be missing, nor be there unsaid. */
@QuarkusTest
@QuarkusTestResource(LabServers.class)
@QuarkusTestResource(value = TestCertificate.class, restrictToAnnotatedClass = true)
class OpenApiTest {

    private static final String SERVER = "/api/pools/stream_pool/servers/stream-srv-1";

    private JsonObject description;

    @BeforeEach
    void read() {
        description = new JsonObject(given().get("/api/openapi.json").asString());
    }

    /** Objects with named properties have these and no others, whatever a client is to put up with from later versions. */
    private static Object closed(Object schema) {
        if (schema instanceof JsonArray array) {
            JsonArray all = new JsonArray();
            array.forEach(each -> all.add(closed(each)));
            return all;
        }
        if (!(schema instanceof JsonObject object)) {
            return schema;
        }
        JsonObject all = new JsonObject();
        object.forEach(entry -> {
            if (entry.getValue() != null) {
                all.put(entry.getKey(), closed(entry.getValue()));
            }
        });
        return "object".equals(all.getValue("type")) && all.containsKey("properties")
                ? all.put("additionalProperties", false)
                : all;
    }

    private JsonObject content(String method, String path, int status) {
        JsonObject response = description
                .getJsonObject("paths")
                .getJsonObject(path)
                .getJsonObject(method.toLowerCase(Locale.ROOT))
                .getJsonObject("responses")
                .getJsonObject(String.valueOf(status));
        assertThat(response).as("%s %s may answer %d", method, path, status).isNotNull();
        String reference = response.getString("$ref");
        JsonObject resolved = reference == null
                ? response
                : description
                        .getJsonObject("components")
                        .getJsonObject("responses")
                        .getJsonObject(reference.substring(reference.lastIndexOf('/') + 1));
        return resolved.getJsonObject("content", new JsonObject());
    }

    private void isAsDescribed(String method, String path, Response response) {
        JsonObject content = content(method, path, response.statusCode());
        if (content.isEmpty()) {
            assertThat(response.asString()).isEmpty();
            return;
        }
        String type = response.contentType();
        assertThat(content.fieldNames()).containsExactly(type);
        JsonObject schema = content.getJsonObject(type)
                .getJsonObject("schema")
                .copy()
                .put("components", description.getJsonObject("components"));
        OutputUnit found = Validator.create(
                        JsonSchema.of((JsonObject) closed(schema)),
                        new JsonSchemaOptions()
                                .setBaseUri("https://veza.example/")
                                .setDraft(Draft.DRAFT202012)
                                .setOutputFormat(OutputFormat.Basic))
                .validate(Json.decodeValue(response.asString()));
        assertThat(found.getValid())
                .as("%s %s: %s", method, path, found.toJson())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "/api/info, /api/info",
        "/api/listeners, /api/listeners",
        "/api/certificates, /api/certificates",
        "/api/pools, /api/pools",
        "/api/pools/{pool}, /api/pools/stream_pool",
        "/api/pools/{pool}, /api/pools/none",
        "/api/pools/{pool}/servers, /api/pools/api_pool/servers",
        "/api/pools/{pool}/servers/{server}, " + SERVER,
        "/api/pools/{pool}/servers/{server}, " + SERVER + "0",
        "/api/transitions, /api/transitions",
        "/api/sessions, /api/sessions",
        "/api/sessions, /api/sessions?limit=x",
        "/api/errors, /api/errors"
    })
    void reads_answer_as_described(String path, String asked) {
        isAsDescribed("GET", path, given().get(asked));
    }

    @Test
    void certificates_are_told_of() {
        given().get("/api/certificates")
                .then()
                .body("size()", is(2))
                .body("[0].listener", is("https"))
                .body("[0].names", is(List.of("edge.test")))
                .body("[0].issuer", is("CN=Root"))
                .body("[0].refused", nullValue())
                .body("[1].nextUpdate", startsWith("20"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
            /state           | {"state": "drain", "deadline": "10m", "then": "maint"}
            /state           | {"state": "drain", "deadline": 600, "holders": "move"}
            /state           | {"state": "maint"}
            /state           | {"state": "ready"}
            /state           | {"state": "unready"}
            /weight          | {"weight": 1}
            /weight          | {"weight": -1}
            /health          | {"health": "up"}
            /checks          | {"enabled": true}
            /max-connections | {"maxConnections": null}
            /address         | {"address": "localhost:1"}
            """)
    void changes_answer_as_described(String what, String body) {
        Response response = given().header("X-Veza-Edge", "1")
                .contentType("application/json")
                .body(body)
                .put(SERVER + what);

        isAsDescribed("PUT", "/api/pools/{pool}/servers/{server}" + what, response);
    }

    @Test
    void other_changes_and_refusals_answer_as_described() {
        String server = "/api/pools/{pool}/servers/{server}";

        isAsDescribed("DELETE", server, given().header("X-Veza-Edge", "1").delete(SERVER));
        isAsDescribed("DELETE", server, given().delete(SERVER));
        isAsDescribed(
                "DELETE",
                server + "/sessions",
                given().header("X-Veza-Edge", "1").delete(SERVER + "/sessions"));
        isAsDescribed(
                "DELETE",
                "/api/sessions/{session}",
                given().header("X-Veza-Edge", "1").delete("/api/sessions/0"));
        isAsDescribed(
                "POST",
                "/api/reload",
                given().header("X-Veza-Edge", "1")
                        .contentType("application/json")
                        .body("{}")
                        .post("/api/reload"));
        isAsDescribed(
                "POST",
                "/api/reload",
                given().contentType("application/json").body("{}").post("/api/reload"));
        isAsDescribed(
                "GET", "/api/pools", given().header("Host", "evil.example").get("/api/pools"));
        isAsDescribed(
                "PUT",
                server + "/weight",
                given().header("X-Veza-Edge", "1")
                        .contentType("text/plain")
                        .body("{}")
                        .put(SERVER + "/weight"));
    }

    /** A description that is wrong must be found out: the test itself is tested. */
    @Test
    void a_field_that_is_not_described_is_found() {
        description
                .getJsonObject("components")
                .getJsonObject("schemas")
                .getJsonObject("Info")
                .getJsonObject("properties")
                .remove("uptime");

        assertThatThrownBy(() -> isAsDescribed("GET", "/api/info", given().get("/api/info")))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("uptime");
    }
}
