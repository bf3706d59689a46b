/**
 * What an operator uses while the edge runs: the runtime API on a Unix socket, in HAProxy's protocol.
 *
 * <p>Last in the flow: it reads snapshots and statistics, and whatever is to change becomes a command for {@code control}.
 */
@NullMarked
package io.veza.edge.admin;

import org.jspecify.annotations.NullMarked;
