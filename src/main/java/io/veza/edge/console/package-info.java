/**
 * The console at {@code /stats}: one page, and the feed that keeps it live. It shows what the JSON API says and sends its
 * commands there, so that it can do nothing the API cannot.
 */
@NullMarked
package io.veza.edge.console;

import org.jspecify.annotations.NullMarked;
