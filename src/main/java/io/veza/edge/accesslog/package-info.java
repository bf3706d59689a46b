/**
 * The access log: one line for each exchange, in one of three formats, off the event loops.
 *
 * <p>An event loop copies the raw facts into a ring of its own ({@link io.veza.edge.accesslog.LoopLog}), one thread makes
 * lines of them and writes these out ({@link io.veza.edge.accesslog.LogWriter}). Where the two meet nobody waits: a line
 * that finds no room is dropped and counted.
 */
@NullMarked
package io.veza.edge.accesslog;

import org.jspecify.annotations.NullMarked;
