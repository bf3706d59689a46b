/**
 * What an operator configured: pools, their servers, routes and the names they go by.
 *
 * <p>Plain validated data without behaviour in time. {@code config} makes it, {@code control} gives it a state, the
 * traffic plane only reads it.
 */
@NullMarked
package io.veza.edge.pool;

import org.jspecify.annotations.NullMarked;
