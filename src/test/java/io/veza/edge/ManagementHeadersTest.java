package io.veza.edge;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.is;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What browsers are told of everything on the management address. */
@QuarkusTest
@QuarkusTestResource(LabServers.class)
class ManagementHeadersTest {

    @ParameterizedTest
    @CsvSource({
        "/api/info, 200",
        "/api/nowhere, 404",
        "/metrics, 200",
        "/q/metrics, 200",
        "/q/health, 200",
        "/q/health/live, 200",
        "/stats;csv, 200",
        "/nowhere, 404"
    })
    void what_is_no_page_can_be_neither_shown_nor_read_by_one(String path, int status) {
        given().urlEncodingEnabled(false)
                .get(path)
                .then()
                .statusCode(status)
                .header(
                        "Content-Security-Policy",
                        is("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"))
                .header("X-Content-Type-Options", is("nosniff"))
                .header("X-Frame-Options", is("DENY"))
                .header("Referrer-Policy", is("no-referrer"))
                .header("Cross-Origin-Resource-Policy", is("same-origin"));
    }

    @Test
    void the_console_says_what_it_needs() {
        var headers = when().get("/stats").then().statusCode(200).extract().headers();

        assertThat(headers.getValues("Content-Security-Policy")).containsExactly(POLICY);
        assertThat(headers.getValues("Cross-Origin-Opener-Policy")).containsExactly("same-origin");
        assertThat(headers.getValues("X-Frame-Options")).containsExactly("DENY");
        assertThat(headers.getValues("X-Content-Type-Options")).containsExactly("nosniff");
    }

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
            + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            + " require-trusted-types-for 'script'; trusted-types 'none'";
}
