package io.veza.edge;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.Test;

/**
 * {@code POST /api/reload} of the whole application. What the test's resources have set is in no source that can be read again,
 * so that the edge it is made of has changed: without a certificate there would be no HTTPS listener.
 */
@QuarkusTest
@QuarkusTestResource(LabServers.class)
@QuarkusTestResource(value = TestCertificate.class, restrictToAnnotatedClass = true)
class ReloadApiTest {

    @Test
    void a_refusal_is_a_problem_document_with_all_that_is_wrong() {
        given().header("X-Veza-Edge", "1")
                .contentType("application/json")
                .body("{}")
                .post("/api/reload")
                .then()
                .statusCode(422)
                .contentType("application/problem+json")
                .body("title", is("Unprocessable Content"))
                .body("detail", containsString("edge.tls.cert-path"))
                .body("problems.key", hasItem("edge.tls.cert-path"))
                .body("problems.allowed", hasItem(containsString("needs a restart")));

        when().get("/api/info")
                .then()
                .body("configuration.refused", greaterThan(0))
                .body("configuration.lastTaken", is(false))
                .body("configuration.read", containsString("T"));
    }

    @Test
    void a_page_of_another_origin_cannot_ask_for_it() {
        given().contentType("application/json")
                .body("{}")
                .post("/api/reload")
                .then()
                .statusCode(403);
    }

    @Test
    void it_takes_no_fields() {
        given().header("X-Veza-Edge", "1")
                .contentType("application/json")
                .body("{\"file\": \"/etc/passwd\"}")
                .post("/api/reload")
                .then()
                .statusCode(400)
                .body("key", is("file"));
    }
}
