/**
 * Wiring: what is started in which order, and stopped again. Everything else is in the packages below, by feature.
 *
 * <p>{@code config} turns what an operator wrote into the records of {@code pool} and {@code health}. {@code control} keeps
 * each pool's state and is its only writer; {@code balance} and {@code persistence} choose within its snapshots. {@code
 * probe} checks servers and reports to {@code control}. {@code proxy} carries the traffic, reading snapshots, on top of
 * {@code http1}. {@code lab} is a topology to try all this on.
 */
@NullMarked
package io.veza.edge;

import org.jspecify.annotations.NullMarked;
