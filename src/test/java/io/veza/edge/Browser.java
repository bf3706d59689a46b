package io.veza.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The system's Chromium. Where there is none the tests that need it are skipped and say so, or fail with {@code
 * -Dconsole.browser=required}. It never downloads one.
 */
final class Browser implements AutoCloseable {

    private static final List<Path> PLACES = List.of(
            Path.of("/usr/bin/chromium"), Path.of("/usr/bin/chromium-browser"), Path.of("/usr/bin/google-chrome"));

    /** One page with what it complained of and whom it asked. */
    record Tab(Page page, List<String> complaints, List<String> requests) implements AutoCloseable {
        @Override
        public void close() {
            page.context().close();
        }
    }

    private final Playwright playwright;
    private final com.microsoft.playwright.Browser chromium;

    private Browser(Playwright playwright, Path executable) {
        this.playwright = playwright;
        this.chromium = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(executable)
                        .setArgs(List.of(
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync")));
    }

    static Browser launch() {
        Optional<Path> executable = PLACES.stream().filter(Files::isExecutable).findFirst();
        if ("required".equals(System.getProperty("console.browser"))) {
            assertThat(executable).as("a browser at one of %s", PLACES).isPresent();
        }
        assumeTrue(executable.isPresent(), () -> "no browser at any of " + PLACES + ": the console is not tested");
        return new Browser(
                Playwright.create(
                        new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))),
                executable.get());
    }

    Tab open(String url, int width, int height, ColorScheme scheme) {
        BrowserContext context = chromium.newContext(new com.microsoft.playwright.Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setColorScheme(scheme));
        context.setDefaultTimeout(15_000);
        Page page = context.newPage();
        Tab tab = new Tab(page, new CopyOnWriteArrayList<>(), new CopyOnWriteArrayList<>());
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") || message.type().equals("warning")) {
                tab.complaints().add(message.text());
            }
        });
        page.onPageError(tab.complaints()::add);
        page.onRequest(request -> tab.requests().add(request.url()));
        page.onWebSocket(socket -> tab.requests().add(socket.url()));
        page.navigate(url);
        return tab;
    }

    @Override
    public void close() {
        chromium.close();
        playwright.close();
    }
}
