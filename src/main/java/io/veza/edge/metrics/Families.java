package io.veza.edge.metrics;

import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import io.veza.edge.proxy.DurationBuckets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One scrape in the making: samples by metric of the catalogue, each with as many label values as the metric has labels.
 * Belongs to one thread.
 */
final class Families {

    private static final List<String> BOUNDS = bounds();

    private final Map<Metric, List<Sample>> samples = new EnumMap<>(Metric.class);

    private static List<String> bounds() {
        List<String> bounds = new ArrayList<>();
        for (int i = 0; i < DurationBuckets.COUNT; i++) {
            bounds.add(Collector.doubleToGoString(DurationBuckets.upperSeconds(i)));
        }
        return List.copyOf(bounds);
    }

    /** @throws IllegalArgumentException if the label values are not as many as the catalogue says */
    void add(Metric metric, double value, String... labelValues) {
        samplesOf(metric, labelValues)
                .add(new Sample(metric.exportedName(), metric.labels(), List.of(labelValues), value));
    }

    /** As the other; a count beyond 2^53 would lose its last digits, as all do in Prometheus. */
    void add(Metric metric, long value, String... labelValues) {
        add(metric, (double) value, labelValues);
    }

    /**
     * Adds the series of one histogram.
     *
     * @param counts what each bucket of {@link DurationBuckets} has, and after them the sum in nanoseconds
     */
    void histogram(Metric metric, long[] counts, String... labelValues) {
        List<Sample> all = samplesOf(metric, labelValues);
        String name = metric.exportedName();
        List<String> values = List.of(labelValues);
        List<String> names = with(metric.labels(), "le");
        long cumulated = 0;
        for (int i = 0; i < DurationBuckets.COUNT; i++) {
            cumulated += counts[i];
            all.add(new Sample(name + "_bucket", names, with(values, BOUNDS.get(i)), cumulated));
        }
        all.add(new Sample(name + "_count", metric.labels(), values, cumulated));
        all.add(new Sample(name + "_sum", metric.labels(), values, counts[DurationBuckets.COUNT] / 1e9));
    }

    private List<Sample> samplesOf(Metric metric, String[] labelValues) {
        if (labelValues.length != metric.labels().size()) {
            throw new IllegalArgumentException(
                    metric.exportedName() + " has the labels " + metric.labels() + ", not " + labelValues.length);
        }
        return samples.computeIfAbsent(metric, m -> new ArrayList<>());
    }

    private static List<String> with(List<String> list, String last) {
        List<String> longer = new ArrayList<>(list.size() + 1);
        longer.addAll(list);
        longer.add(last);
        return longer;
    }

    /** All of them in the catalogue's order; a metric without a series is left out. */
    List<MetricFamilySamples> all() {
        List<MetricFamilySamples> families = new ArrayList<>();
        samples.forEach((metric, series) ->
                families.add(new MetricFamilySamples(metric.exportedName(), type(metric), metric.meaning(), series)));
        return families;
    }

    private static Collector.Type type(Metric metric) {
        return switch (metric.type()) {
            case GAUGE -> Collector.Type.GAUGE;
            case COUNTER -> Collector.Type.COUNTER;
            case HISTOGRAM -> Collector.Type.HISTOGRAM;
        };
    }
}
