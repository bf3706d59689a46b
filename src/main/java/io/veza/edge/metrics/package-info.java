/**
 * What the edge counts, read as one: folds the counters of the event loops, remembers checks and transitions, and works out
 * rates, maxima and averages once a second. The runtime API, the JSON API and the exporter all read it here, so that they
 * cannot disagree.
 */
@NullMarked
package io.veza.edge.metrics;

import org.jspecify.annotations.NullMarked;
