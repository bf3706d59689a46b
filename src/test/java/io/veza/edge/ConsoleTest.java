package io.veza.edge;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.websockets.next.OpenConnections;
import io.restassured.RestAssured;
import io.veza.edge.control.Command;
import io.veza.edge.control.PoolController;
import io.veza.edge.health.AdminState;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The console as an operator meets it, in a real browser. */
@QuarkusTest
@QuarkusTestResource(LabServers.class)
class ConsoleTest {

    private static final LocatorAssertions.ContainsTextOptions SOON =
            new LocatorAssertions.ContainsTextOptions().setTimeout(20_000);

    private static Browser browser;

    @Inject
    EdgeLifecycle edge;

    @Inject
    OpenConnections feeds;

    @ConfigProperty(name = LabServers.CONTROL)
    int control;

    private Browser.@Nullable Tab tab;

    @BeforeAll
    static void launch() {
        browser = Browser.launch();
    }

    @AfterAll
    static void quit() {
        if (browser != null) {
            browser.close();
        }
    }

    private Page open() {
        return open(1280, 800, ColorScheme.LIGHT);
    }

    private Page open(int width, int height, ColorScheme scheme) {
        Browser.Tab opened = browser.open(base() + "/stats", width, height, scheme);
        tab = opened;
        assertThat(opened.page().locator("#feed")).hasText("live");
        return opened.page();
    }

    private static String base() {
        return "http://127.0.0.1:" + RestAssured.port;
    }

    @AfterEach
    void nothing_was_wrong_in_the_page() {
        tell("backend-api-1", "start");
        command("backend-api-1", AdminState.READY);
        Browser.Tab opened = tab;
        if (opened != null) {
            opened.close();
            List<String> complaints = opened.complaints();
            List<String> requests = opened.requests();
            assertThat(complaints).isEmpty();
            assertThat(requests)
                    .isNotEmpty()
                    .allMatch(url -> url.startsWith(base()) || url.startsWith(base().replaceFirst("http", "ws")));
        }
    }

    private static Locator server(Page page, String name) {
        return page.locator("tr[data-server='" + name + "']");
    }

    private void tell(String server, String command) {
        given().baseUri("http://127.0.0.1")
                .port(control)
                .post("/lab/" + server + "/" + command)
                .then()
                .statusCode(200);
    }

    private void command(String server, AdminState state) {
        pool("api_pool").apply(new Command.SetAdmin(server, state));
    }

    private PoolController pool(String name) {
        return edge.pools().all().stream()
                .filter(pool -> pool.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_server_that_is_killed_and_recovers_changes_before_ones_eyes() {
        Page page = open();
        Locator row = server(page, "backend-api-1");
        assertThat(row).containsText("UP");

        tell("backend-api-1", "stop");
        assertThat(row).containsText("DOWN", SOON);
        assertThat(row).containsText("Connection refused", SOON);
        assertThat(page.locator("#history li").first()).containsText("backend-api-1", SOON);
        assertThat(page.locator("#announce")).containsText("backend-api-1 in api_pool went from UP to DOWN", SOON);

        tell("backend-api-1", "start");
        assertThat(page.locator("#announce")).containsText("from DOWN to UP", SOON);
        assertThat(row).containsText("check: passed", SOON);
    }

    @Test
    void a_server_is_drained_with_a_deadline_by_keyboard_alone() {
        Page page = open();
        Locator row = server(page, "backend-api-1");

        page.keyboard().press("/");
        assertThat(page.locator("#filter")).isFocused();
        page.keyboard().type("backend-api-1");
        assertThat(page.locator("#shown")).hasText("1 of 4");
        for (int i = 0; i < 3; i++) {
            page.keyboard().press("Tab");
            if (page.evaluate("document.activeElement.dataset.wanted").equals("drain")) {
                break;
            }
        }
        page.keyboard().press("Enter");
        assertThat(page.locator("#ask")).isVisible();
        assertThat(page.locator("#ask-title")).hasText("Drain: backend-api-1");
        assertThat(page.locator("#ask-deadline")).isFocused();
        page.keyboard().type("10 min");
        page.keyboard().press("Tab");
        page.keyboard().press("Tab");
        page.keyboard().press("Tab");
        page.keyboard().press("Tab");
        assertThat(page.locator("#ask-go")).isFocused();
        page.keyboard().press("Enter");

        assertThat(page.locator("#result")).containsText("backend-api-1 is in DRAIN now", SOON);
        assertThat(row).containsText(Pattern.compile("9 min \\d+ s left, then maint, holders stay"), SOON);
        assertThat(row.locator("button[data-wanted=drain]")).isFocused();
        assertThat(pool("api_pool").snapshot().entry("backend-api-1")).satisfies(entry -> assertThat(
                        Objects.requireNonNull(entry).state().drain())
                .hasValueSatisfying(drain -> assertThat(drain.thenMaintenance()).isTrue()));
    }

    @Test
    void the_focus_stays_where_it_is_while_everything_is_updated() {
        Page page = open();
        Locator button = server(page, "backend-api-1").locator("button[data-wanted=maint]");
        button.focus();

        command("backend-api-1", AdminState.DRAIN);
        assertThat(server(page, "backend-api-1")).containsText("DRAIN", SOON);

        assertThat(button).isFocused();
    }

    @Test
    void the_result_of_a_command_and_a_refusal_are_shown() {
        Page page = open();
        Locator row = server(page, "backend-api-1");

        row.locator("button[data-wanted=maint]").click();
        assertThat(page.locator("#ask-text")).containsText("what runs on it is cut");
        page.locator("#ask-go").click();
        assertThat(page.locator("#result")).containsText("backend-api-1 is in MAINT now");
        assertThat(row).containsText("MAINT");

        row.locator("button[data-wanted=maint]").focus();
        page.keyboard().press("Enter");
        assertThat(page.locator("#result")).containsText("is in maint already");

        row.locator("button[data-wanted=ready]").click();
        page.locator("#ask-go").click();
        assertThat(page.locator("#result")).containsText("backend-api-1 is in READY now");
    }

    @Test
    void what_was_asked_is_not_done_if_it_is_cancelled() {
        Page page = open();

        server(page, "backend-api-1").locator("button[data-wanted=maint]").click();
        page.keyboard().press("Escape");
        assertThat(page.locator("#ask")).isHidden();
        server(page, "backend-api-1").locator("button[data-wanted=maint]").click();
        page.locator("#ask-cancel").click();

        assertThat(page.locator("#result")).isHidden();
        assertThat(Objects.requireNonNull(pool("api_pool").snapshot().entry("backend-api-1"))
                        .state()
                        .admin())
                .isEqualTo(AdminState.READY);
    }

    @Test
    void a_feed_that_was_cut_is_called_stale_and_comes_back_by_itself() {
        Page page = open();
        page.evaluate("() => { window.states = []; new MutationObserver(() => window.states.push("
                + "document.getElementById('feed').dataset.state)).observe(document.getElementById('feed'),"
                + " { attributes: true }); }");

        feeds.forEach(feed -> feed.closeAndAwait());

        page.waitForFunction("() => window.states.includes('stale')");
        page.waitForFunction("() => window.states[window.states.length - 1] === 'live'");
        assertThat(page.locator("#feed")).hasText("live");
    }

    @Test
    void a_hash_pool_shows_whose_keys_would_go_where() {
        Page page = open();

        assertThat(server(page, "stream-srv-1").locator("td[data-label=Keys]"))
                .containsText(Pattern.compile("\\d+\\.\\d %removed: to stream-srv-2"));
        assertThat(server(page, "backend-api-1").locator("td[data-label=Keys]")).hasCount(0);
    }

    @Test
    void slow_start_shows_the_weight_on_its_way_up() {
        Page page = open();
        command("backend-api-1", AdminState.MAINT);

        command("backend-api-1", AdminState.READY);

        assertThat(server(page, "backend-api-1")).containsText("slow start", SOON);
        assertThat(server(page, "backend-api-1").locator("td[data-label=Weight]"))
                .containsText("1 of 1", SOON);
    }

    @ParameterizedTest
    @EnumSource(names = {"LIGHT", "DARK"})
    void a_check_for_accessibility_finds_nothing(ColorScheme scheme) throws IOException {
        command("backend-api-1", AdminState.DRAIN);
        Page page = open(1280, 800, scheme);
        assertThat(server(page, "backend-api-1")).containsText("DRAIN");
        page.evaluate(axe());

        assertThat(violations(page)).isEmpty();

        server(page, "backend-api-1").locator("button[data-wanted=drain]").click();
        assertThat(violations(page)).isEmpty();
    }

    @Test
    void a_check_for_accessibility_finds_nothing_on_a_phone() throws IOException {
        Page page = open(360, 740, ColorScheme.LIGHT);
        page.evaluate(axe());

        assertThat(violations(page)).isEmpty();
    }

    private static String axe() throws IOException {
        try (InputStream in = Thread.currentThread().getContextClassLoader().getResourceAsStream("axe.min.js")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @SuppressWarnings("unchecked")
    private static List<Object> violations(Page page) {
        return (List<Object>) page.evaluate("async () => (await axe.run()).violations.map("
                + "v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.failureSummary).join('; '))");
    }

    @Test
    void a_phone_shows_everything_without_scrolling_sideways() {
        Page page = open(360, 740, ColorScheme.DARK);

        assertThat((Integer) page.evaluate("document.documentElement.scrollWidth"))
                .isLessThanOrEqualTo(360);
        assertThat(server(page, "backend-api-1").locator("button[data-wanted=drain]"))
                .isVisible();
        server(page, "backend-api-1").locator("button[data-wanted=drain]").click();
        assertThat((Integer) page.evaluate("document.documentElement.scrollWidth"))
                .isLessThanOrEqualTo(360);
    }

    @Test
    void two_hundred_servers_are_updated_within_a_frame() {
        PoolController pool = pool("api_pool");
        for (int i = 0; i < 198; i++) {
            Server server = new Server(
                    "extra-" + i, new ServerAddress("127.0.0.1", 1000 + i), Weight.DEFAULT, OptionalInt.empty(), false);
            pool.apply(new Command.AddServer(server, AdminState.MAINT, false));
        }
        try {
            Page page = open();
            assertThat(page.locator("#servers")).containsText("of 202");

            page.evaluate("() => { window.updates = []; new PerformanceObserver(list => window.updates.push("
                    + "...list.getEntries().map(e => e.duration))).observe({ entryTypes: ['measure'] }); }");
            page.waitForFunction("() => window.updates.length >= 9");
            double median = ((Number) page.evaluate("window.updates.sort((a, b) => a - b)[4]")).doubleValue();
            page.locator("#filter").fill("extra-19 maint");

            assertThat(median)
                    .as("milliseconds for an update, of %s", page.evaluate("window.updates"))
                    .isLessThan(16);
            assertThat(page.locator("#shown")).hasText("9 of 202");
        } finally {
            for (int i = 0; i < 198; i++) {
                pool.apply(new Command.RemoveServer("extra-" + i));
            }
        }
    }
}
