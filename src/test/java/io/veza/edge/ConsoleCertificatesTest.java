package io.veza.edge;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.veza.edge.tls.ServerCertificate;
import jakarta.inject.Inject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The certificates on the console, in a real browser. */
@QuarkusTest
@QuarkusTestResource(value = LabServers.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = TestCertificate.class, restrictToAnnotatedClass = true)
class ConsoleCertificatesTest {

    private static final LocatorAssertions.ContainsTextOptions SOON =
            new LocatorAssertions.ContainsTextOptions().setTimeout(20_000);

    @Inject
    EdgeLifecycle edge;

    @Test
    void certificates_are_shown_with_their_end_and_with_what_keeps_a_changed_file_out() throws Exception {
        ServerCertificate certificate = edge.certificates().orElseThrow().all().get(0);
        Path file = Path.of(certificate.file());
        String before = Files.readString(file);
        try (Browser browser = Browser.launch();
                Browser.Tab opened =
                        browser.open("http://127.0.0.1:" + RestAssured.port + "/stats", 1280, 800, ColorScheme.LIGHT)) {
            Locator lines = opened.page().locator("#certificate-list li");
            Locator line = lines.first();

            assertThat(lines.last()).hasText(Pattern.compile("revocation lists.*ends in 6 d"));

            assertThat(line).hasText(Pattern.compile("edge\\.test.*ends in 89 d"));
            assertThat(line).hasAttribute("data-look", "up");

            Files.writeString(file, "half a certificate");
            assertThat(line).containsText("changed file refused: has no private key", SOON);
            assertThat(line).hasAttribute("data-look", "drain");
            assertThat(opened.complaints()).isEmpty();
        } finally {
            Files.writeString(file, before);
        }
    }
}
