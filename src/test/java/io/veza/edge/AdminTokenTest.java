package io.veza.edge;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.is;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The management address with {@code edge.admin.token} set. */
@QuarkusTest
@QuarkusTestResource(LabServers.class)
@TestProfile(AdminTokenTest.WithToken.class)
class AdminTokenTest {

    private static final String TOKEN = "a-token-of-this-test-0";
    private static final String WEIGHT = "/api/pools/api_pool/servers/backend-api-1/weight";

    /** Sets the token. */
    public static final class WithToken implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("edge.admin.token", TOKEN);
        }
    }

    private static RequestSpecification write() {
        return given().header("X-Veza-Edge", "1")
                .contentType("application/json")
                .body("{\"weight\": 1}");
    }

    @Test
    void a_change_needs_the_token() {
        write().put(WEIGHT)
                .then()
                .statusCode(401)
                .contentType("application/problem+json")
                .header("WWW-Authenticate", "Bearer realm=\"veza-edge\"");
        write().header("Authorization", "Bearer not-" + TOKEN)
                .put(WEIGHT)
                .then()
                .statusCode(401);

        write().header("Authorization", "Bearer " + TOKEN).put(WEIGHT).then().statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/sessions", "/api/errors"})
    void what_single_clients_do_needs_the_token(String path) {
        when().get(path).then().statusCode(401);

        given().header("Authorization", "Bearer " + TOKEN).get(path).then().statusCode(200);
    }

    @Test
    void states_and_numbers_are_open_as_metrics_and_health_are() {
        when().get("/api/pools").then().statusCode(200);
        when().get("/api/info")
                .then()
                .statusCode(200)
                .body("tokenWanted", is(true))
                .body("writable", is(true));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/info",
                "/api/pools",
                "/api/listeners",
                "/api/certificates",
                "/api/openapi.json",
                "/api/errors",
                "/stats",
                "/q/metrics",
                "/q/health"
            })
    void nothing_tells_the_token(String path) {
        Response answer = given().header("Authorization", "Bearer " + TOKEN).get(path);

        assertThat(answer.asString()).isNotEmpty().doesNotContain(TOKEN);
        assertThat(answer.headers().toString()).doesNotContain(TOKEN);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, true",
        "::1, true",
        "localhost, true",
        "127.8.8.8, true",
        "0.0.0.0, false",
        "::, false",
        "192.0.2.1, false"
    })
    void an_address_that_only_this_machine_reaches_is_told_from_others(String host, boolean loopback) {
        assertThat(ManagementApi.isLoopback(host)).isEqualTo(loopback);
    }

    @Test
    void the_console_asks_for_the_token_and_keeps_it_in_memory_only() {
        try (Browser browser = Browser.launch();
                Browser.Tab tab =
                        browser.open("http://127.0.0.1:" + RestAssured.port + "/stats", 1280, 800, ColorScheme.LIGHT)) {
            Page page = tab.page();
            Locator drain = page.locator("tr[data-server=backend-api-1] button[data-wanted=drain]");

            drain.click();
            page.locator("#ask-token").fill("a-wrong-token-of-this-test");
            page.locator("#ask-go").click();
            assertThat(page.locator("#result")).containsText("Nothing was changed");
            drain.click();
            page.locator("#ask-token").fill(TOKEN);
            page.locator("#ask-go").click();
            assertThat(page.locator("#result")).containsText("backend-api-1 is in DRAIN now");
            page.locator("tr[data-server=backend-api-1] button[data-wanted=ready]")
                    .click();
            assertThat(page.locator("#ask-token")).isHidden();
            page.locator("#ask-go").click();
            assertThat(page.locator("#result")).containsText("backend-api-1 is in READY now");

            assertThat(page.content()).doesNotContain(TOKEN);
            assertThat(page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length].join()"))
                    .isEqualTo("0,0,0");
            // The browser itself notes the 401, and nothing else was wrong.
            assertThat(tab.complaints()).hasSize(1).allMatch(text -> text.contains("401"));
        }
    }
}
