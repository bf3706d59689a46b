/**
 * The only place where state changes: a command, a check result, an address or a tick in, the next snapshot of a pool
 * and at most one transition out.
 *
 * <p>{@code probe} and {@code admin} call it; {@code proxy} reads one snapshot per request and never waits for it.
 */
@NullMarked
package io.veza.edge.control;

import org.jspecify.annotations.NullMarked;
