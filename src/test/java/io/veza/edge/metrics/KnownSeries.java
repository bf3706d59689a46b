package io.veza.edge.metrics;

import io.veza.edge.proxy.ExchangeFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Every series that Prometheus has of an edge and its lab: the catalogue's, those of recording rules, and what others export. */
final class KnownSeries {

    private static final Path RULES = Path.of("prometheus/rules");

    private static final Pattern RECORD = Pattern.compile("record: (\\S+)");

    /** What is neither the edge's nor recorded, with the labels that are asked of it. */
    private static final Map<String, Set<String>> OTHERS = Map.ofEntries(
            Map.entry("up", Set.of("job", "instance")),
            Map.entry("scrape_duration_seconds", Set.of("job", "instance")),
            Map.entry("prometheus_rule_evaluation_failures_total", Set.of("job", "instance", "rule_group")),
            Map.entry("jvm_memory_used_bytes", Set.of("job", "instance", "area", "id")),
            Map.entry("jvm_gc_pause_seconds_sum", Set.of("job", "instance", "action", "cause", "gc")),
            Map.entry("lab_cache_hits_total", Set.of("job", "instance", "server")),
            Map.entry("lab_cache_misses_total", Set.of("job", "instance", "server")),
            Map.entry("lab_cache_bytes", Set.of("job", "instance", "server")),
            Map.entry("lab_chat_clients", Set.of("job", "instance", "server")),
            Map.entry("lab_presence_clients", Set.of("job", "instance", "server")));

    private static final Map<String, Set<String>> LABELS = labels();

    /** What a label can be. One that is not here can be anything: names of the configuration. */
    private static final Map<String, Set<String>> VALUES = Map.of(
            "state", Set.of("up", "drain", "stopping", "down", "maint"),
            "code", Set.of("1xx", "2xx", "3xx", "4xx", "5xx", "other"),
            "direction", Set.of("in", "out"),
            "area", Set.of("heap", "nonheap"),
            "edge_pool_failures_total reason", Set.copyOf(ExchangeFailure.reasons()),
            "edge_listener_refusals_total reason", Set.copyOf(ExchangeFailure.reasons()),
            "edge_pool_persistence_total result", Set.of("hit", "miss", "stale", "drained"),
            "edge_pool_hash_total result", Set.of("primary", "spilled", "keyless"),
            "edge_server_checks_total result",
                    Set.of("passed", "dns", "connect", "tls", "tls_timeout", "timeout", "protocol", "status", "body"));

    private KnownSeries() {}

    private static Map<String, Set<String>> labels() {
        Map<String, Set<String>> known = new HashMap<>(OTHERS);
        for (Metric metric : Metric.values()) {
            Set<String> labels = new TreeSet<>(metric.labels());
            labels.addAll(List.of("job", "instance"));
            if (metric.type() == Metric.Type.HISTOGRAM) {
                known.put(metric.exportedName() + "_count", labels);
                known.put(metric.exportedName() + "_sum", labels);
                Set<String> bucket = new TreeSet<>(labels);
                bucket.add("le");
                known.put(metric.exportedName() + "_bucket", bucket);
            } else {
                known.put(metric.exportedName(), labels);
            }
        }
        for (String recorded : recorded()) {
            Set<String> labels = new TreeSet<>(List.of("job", "instance"));
            if (!recorded.startsWith("process:")) {
                labels.add("pool");
            }
            if (recorded.startsWith("server:")) {
                labels.add("server");
            }
            known.put(recorded, labels);
        }
        return known;
    }

    private static Set<String> recorded() {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.list(RULES)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".yml")).toList()) {
                RECORD.matcher(Files.readString(file)).results().forEach(match -> names.add(match.group(1)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    /** Empty if there is no such series. */
    static Set<String> labels(String series) {
        return LABELS.getOrDefault(series, Set.of());
    }

    /** What its label can be; of a label whose values the configuration gives, whatever is asked. */
    static boolean has(String series, String label, Set<String> values) {
        Set<String> known = VALUES.getOrDefault(series + " " + label, VALUES.get(label));
        return known == null || known.containsAll(values);
    }

    /** Whether it only grows. */
    static boolean counts(String series) {
        return !series.contains(":")
                && Stream.of("_total", "_bucket", "_count", "_sum").anyMatch(series::endsWith);
    }
}
