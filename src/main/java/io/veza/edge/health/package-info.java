/**
 * What is observed of a server and what follows from it: state × event × time → state.
 *
 * <p>Pure: {@code probe} brings results, {@code control} applies them and tells the world of the transitions.
 */
@NullMarked
package io.veza.edge.health;

import org.jspecify.annotations.NullMarked;
