/**
 * The fleets in small: an API server, an HLS streamer and a load generator, real programs that demos, smoke tests and the
 * development mode put behind (and in front of) the edge.
 *
 * <p>Depends on nothing of the edge, so that what it shows is what any server and any client would see. Started alone
 * by {@link io.veza.edge.lab.Lab}, or several servers in one process by {@link io.veza.edge.lab.LabTopology}.
 */
@NullMarked
package io.veza.edge.lab;

import org.jspecify.annotations.NullMarked;
