/**
 * Looks at the servers: active checks, and the addresses behind their names, on a schedule with jitter. What it finds it
 * reports to {@code control}, which alone decides what follows.
 */
@NullMarked
package io.veza.edge.probe;

import org.jspecify.annotations.NullMarked;
