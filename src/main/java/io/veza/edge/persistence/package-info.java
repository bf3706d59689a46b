/**
 * What keeps a client on one server: the sticky cookie, read from and written as bytes.
 *
 * <p>Pure: {@code proxy} hands in field values, {@code control} knows which server a value names.
 */
@NullMarked
package io.veza.edge.persistence;

import org.jspecify.annotations.NullMarked;
