package io.veza.edge.metrics;

import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What the process says of itself.
 *
 * @param version of the edge
 * @param stopping whether it is on its way down
 * @param logLinesDropped lines of the access log lost so far
 * @param reloads of the configuration
 */
public record ProcessFacts(
        String version,
        Instant started,
        BooleanSupplier stopping,
        LongSupplier logLinesDropped,
        Supplier<ConfigReloads> reloads) {}
