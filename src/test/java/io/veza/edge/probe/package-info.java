/** Tests of checks and look-ups, over real sockets. */
@NullMarked
package io.veza.edge.probe;

import org.jspecify.annotations.NullMarked;
