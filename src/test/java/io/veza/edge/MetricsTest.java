package io.veza.edge;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;

import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.veza.edge.metrics.Metric;
import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a scrape of the management address gets, held against the catalogue. */
@QuarkusTest
@QuarkusTestResource(LabServers.class)
@QuarkusTestResource(value = TestCertificate.class, restrictToAnnotatedClass = true)
class MetricsTest {

    private static final Pattern SAMPLE = Pattern.compile("^(edge_[a-z_]+)(?:\\{(.*)})? (\\S+)$", Pattern.MULTILINE);
    private static final Pattern LABEL = Pattern.compile("([a-z]+)=\"([^\"]*)\"");
    private static final Pattern TYPE = Pattern.compile("^# TYPE (edge_\\S+) (\\S+)$", Pattern.MULTILINE);

    @Inject
    CollectorRegistry registry;

    /** In the text format, of which the library writes a comma more after the last label. */
    private static String scrape() {
        return given().header("Accept", "text/plain")
                .get("/metrics")
                .then()
                .statusCode(200)
                .extract()
                .asString()
                .replace(",}", "}");
    }

    private static Map<String, String> labels(MatchResult sample) {
        Map<String, String> labels = new LinkedHashMap<>();
        String text = sample.group(2);
        Matcher label = LABEL.matcher(text == null ? "" : text);
        while (label.find()) {
            labels.put(label.group(1), label.group(2));
        }
        return labels;
    }

    /** The names of the series of a metric. */
    private static List<String> series(Metric metric) {
        String name = metric.exportedName();
        return metric.type() == Metric.Type.HISTOGRAM
                ? List.of(name + "_bucket", name + "_count", name + "_sum")
                : List.of(name);
    }

    @ParameterizedTest
    @EnumSource
    void every_metric_of_the_catalogue_is_there_from_the_start_with_its_labels(Metric metric) {
        String scrape = scrape();

        for (String name : series(metric)) {
            Set<List<String>> names = SAMPLE.matcher(scrape)
                    .results()
                    .filter(sample -> sample.group(1).equals(name))
                    .map(sample -> List.copyOf(labels(sample).keySet()))
                    .collect(Collectors.toSet());
            Set<String> expected = new LinkedHashSet<>(metric.labels());
            if (name.endsWith("_bucket")) {
                expected.add("le");
            }
            assertThat(names).as(name).containsExactly(List.copyOf(expected));
        }
    }

    @Test
    void nothing_of_ours_is_exported_that_the_catalogue_does_not_know() {
        Set<String> known = Arrays.stream(Metric.values())
                .flatMap(metric -> series(metric).stream())
                .collect(Collectors.toSet());

        Set<String> exported = SAMPLE.matcher(scrape())
                .results()
                .map(sample -> sample.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(known).containsAll(exported);
        assertThat(exported).hasSize(known.size());
    }

    @Test
    void types_are_those_of_the_catalogue() {
        Map<String, String> exported = TYPE.matcher(scrape())
                .results()
                .collect(Collectors.toMap(type -> type.group(1), type -> type.group(2)));

        assertThat(exported)
                .isEqualTo(Arrays.stream(Metric.values())
                        .collect(Collectors.toMap(
                                Metric::exportedName,
                                metric -> metric.type().name().toLowerCase(Locale.ROOT))));
    }

    @Test
    void persistence_and_hash_are_shown_where_a_pool_has_them() {
        assertThat(scrape())
                .contains("edge_pool_persistence_total{pool=\"api_pool\"")
                .doesNotContain("edge_pool_persistence_total{pool=\"stream_pool\"")
                .contains("edge_pool_hash_total{pool=\"stream_pool\"")
                .contains("edge_server_hash_share_ratio{pool=\"stream_pool\"")
                .doesNotContain("edge_server_hash_share_ratio{pool=\"api_pool\"");
    }

    @Test
    void labels_have_no_values_that_a_client_could_choose() {
        given().get("/metrics?pool=made-up");
        given().get("/stats/made-up-path");

        assertThat(scrape()).doesNotContain("made-up");
    }

    @Test
    void quarkus_usual_path_and_the_open_format_work_too() {
        when().get("/q/metrics").then().statusCode(200).body(containsString("edge_pool_up{pool=\"api_pool\""));
        given().header("Accept", "application/openmetrics-text; version=1.0.0; charset=utf-8")
                .get("/metrics")
                .then()
                .statusCode(200)
                .contentType(containsString("openmetrics"))
                .body(containsString("# TYPE edge_pool_requests counter\n"))
                .body(containsString("# EOF"));
    }

    @Test
    void of_micrometers_metrics_those_of_the_jvm_are_there_and_those_of_http_are_not() {
        when().get("/metrics")
                .then()
                .body(containsString("jvm_memory_used_bytes{area=\"heap\""))
                .body(containsString("jvm_threads_live_threads "))
                .body(not(containsString("http_server_")));
    }

    /** The event loops carry traffic: what takes tens of milliseconds with a thousand servers must not run on one. */
    @Test
    void a_scrape_keeps_off_the_event_loops() {
        AtomicReference<String> thread = new AtomicReference<>("");
        Collector spy = new Collector() {
            @Override
            public List<MetricFamilySamples> collect() {
                thread.set(Thread.currentThread().getName());
                return List.of();
            }
        };
        registry.register(spy);
        try {
            scrape();
        } finally {
            registry.unregister(spy);
        }

        // Either may be chosen by Quarkus; a thread that has the registry ask at its registration is neither.
        assertThat(thread.get()).matches("(executor-thread|vert\\.x-worker-thread)-.*");
    }
}
