/**
 * What the edge counts, read as one. {@link io.veza.edge.metrics.Statistics} works out rates, maxima and averages once a
 * second for the runtime API, the JSON API and the console; {@link io.veza.edge.metrics.EdgeCollector} folds the same counters
 * for Prometheus by the catalogue {@link io.veza.edge.metrics.Metric}. Neither keeps a counter of traffic of its own, so that
 * they cannot disagree.
 */
@NullMarked
package io.veza.edge.metrics;

import org.jspecify.annotations.NullMarked;
