/**
 * What an operator asks and commands while the edge runs: the JSON API on the management address and the runtime API on the
 * admin socket.
 *
 * <p>Reads what {@code metrics} counts and {@code proxy} has open; every change becomes a {@code control} command, so that
 * all ways in see and do the same.
 */
@NullMarked
package io.veza.edge.admin;

import org.jspecify.annotations.NullMarked;
