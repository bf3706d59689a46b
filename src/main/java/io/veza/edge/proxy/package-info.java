/**
 * The traffic plane: listeners, exchanges, server connections and tunnels on event loops.
 *
 * <p>Asks a pool's snapshot for decisions and reports what happened to {@link io.veza.edge.proxy.TrafficObserver}.
 * Everything of one client connection, its server connections included, lives on one event loop and takes no lock.
 */
@NullMarked
package io.veza.edge.proxy;

import org.jspecify.annotations.NullMarked;
