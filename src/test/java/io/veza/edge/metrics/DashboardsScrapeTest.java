package io.veza.edge.metrics;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.veza.edge.LabServers;
import io.veza.edge.metrics.PromqlNames.LabelMatch;
import io.veza.edge.metrics.PromqlNames.Selector;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;

/** What the boards ask for, down to the values of labels, is in a scrape of the edge and of its lab servers. */
@QuarkusTest
@QuarkusTestResource(LabServers.class)
class DashboardsScrapeTest {

    private static final Pattern SAMPLE = Pattern.compile("^([a-z_]+)(?:\\{(.*)})? \\S+$", Pattern.MULTILINE);
    private static final Pattern LABEL = Pattern.compile("([a-z]+)=\"([^\"]*)\"");

    private record Sample(String name, Map<String, String> labels) {

        static Sample of(MatchResult line) {
            Map<String, String> labels = new HashMap<>();
            String text = line.group(2);
            if (text != null) {
                LABEL.matcher(text).results().forEach(label -> labels.put(label.group(1), label.group(2)));
            }
            return new Sample(line.group(1), labels);
        }

        boolean fits(Selector selector) {
            return name.equals(selector.metric()) && selector.matches().stream().allMatch(this::fits);
        }

        private boolean fits(LabelMatch match) {
            // These two are Prometheus's own.
            if (match.label().equals("job") || match.label().equals("instance")) {
                return true;
            }
            String value = labels.get(match.label());
            if (value == null || match.value().startsWith("$")) {
                return value != null;
            }
            return switch (match.operator()) {
                case "=" -> value.equals(match.value());
                case "!=" -> !value.equals(match.value());
                case "=~" -> value.matches(match.value());
                case "!~" -> !value.matches(match.value());
                default -> throw new IllegalArgumentException("no operator: " + match.operator());
            };
        }
    }

    @Test
    void every_series_that_a_board_asks_for_is_scraped() {
        // The pauses of the garbage collector are exported from the first one on.
        System.gc();
        long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        Set<String> missing = missing();

        while (!missing.isEmpty() && System.nanoTime() < until) {
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            missing = missing();
        }

        assertThat(missing).isEmpty();
    }

    private static Set<String> missing() {
        List<Sample> samples = Stream.concat(Stream.of("/metrics"), labServers())
                .flatMap(address -> SAMPLE.matcher(scrape(address)).results())
                .map(Sample::of)
                .toList();
        Set<String> missing = new TreeSet<>();
        for (Board board : Board.all()) {
            for (Board.Query query : board.queries()) {
                for (Selector selector : PromqlNames.of(query.expression()).selectors()) {
                    if (isScraped(selector.metric()) && samples.stream().noneMatch(sample -> sample.fits(selector))) {
                        missing.add(board + ": " + query.where() + " asks for " + selector);
                    }
                }
            }
        }
        return missing;
    }

    /** And not made by Prometheus itself, or by its recording rules. */
    private static boolean isScraped(String metric) {
        return !metric.contains(":") && !metric.equals("up") && !metric.startsWith("scrape_");
    }

    private static Stream<String> labServers() {
        return Stream.of("api_pool.servers.backend-api-1", "stream_pool.servers.stream-srv-1")
                .map(server -> "http://"
                        + ConfigProvider.getConfig().getValue("edge.pools." + server + ".address", String.class)
                        + "/metrics");
    }

    private static String scrape(String address) {
        return given().header("Accept", "text/plain")
                .get(address)
                .then()
                .statusCode(200)
                .extract()
                .asString()
                .replace(",}", "}");
    }
}
