package io.veza.edge;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom the JSON API refuses on a loopback address: pages from elsewhere, and names that are not its own. */
@QuarkusTest
@QuarkusTestResource(LabServers.class)
class JsonApiAccessTest {

    private static final String SERVER = "/api/pools/api_pool/servers/backend-api-1";

    private static RequestSpecification write() {
        return given().header("X-Veza-Edge", "1").contentType("application/json");
    }

    @Test
    void a_change_without_the_header_is_refused() {
        given().contentType("application/json")
                .body("{\"state\": \"maint\"}")
                .put(SERVER + "/state")
                .then()
                .statusCode(403)
                .body("detail", containsString("X-Veza-Edge"));
        given().delete(SERVER).then().statusCode(403);
        when().get(SERVER).then().body("state", is("ready"));
    }

    @ParameterizedTest
    @CsvSource({
        "Origin, https://evil.example",
        "Origin, null",
        "Origin, http://localhost:1",
        "Origin, ':::'",
        "Sec-Fetch-Site, cross-site",
        "Sec-Fetch-Site, same-site"
    })
    void a_change_that_another_page_asks_for_is_refused(String header, String value) {
        write().header(header, value)
                .body("{\"state\": \"maint\"}")
                .put(SERVER + "/state")
                .then()
                .statusCode(403)
                .body("detail", containsString(header));
        when().get(SERVER).then().body("state", is("ready"));
    }

    @Test
    void a_change_that_its_own_page_asks_for_is_made() {
        write().header("Origin", "http://127.0.0.1:" + io.restassured.RestAssured.port)
                .header("Sec-Fetch-Site", "same-origin")
                .body("{\"weight\": 1}")
                .put(SERVER + "/weight")
                .then()
                .statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:9100", "localhost.evil.example", "127.0.0.1.evil.example"})
    void a_name_that_is_not_this_address_is_refused_even_for_reads(String host) {
        given().header("Host", host)
                .get("/api/pools")
                .then()
                .statusCode(421)
                .contentType("application/problem+json")
                .body("detail", not(containsString("evil")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.0.0.1:9100", "localhost", "LOCALHOST:1", "[::1]:9100"})
    void names_and_addresses_of_this_machine_are_answered(String host) {
        given().header("Host", host).get("/api/info").then().statusCode(200);
    }

    @Test
    void no_origin_is_let_in() {
        given().header("Origin", "https://evil.example")
                .get("/api/pools")
                .then()
                .header("Access-Control-Allow-Origin", nullValue());
    }
}
