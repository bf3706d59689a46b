/**
 * What HTTP/2 says, put into the words of HTTP/1.1 and back, so that one parser judges every head whatever protocol it
 * came by; and how much a client may ask of the edge by frames alone. Frames and HPACK are Netty's. No sockets, no pools.
 *
 * <p>Place in the flow: {@code proxy} hands in a decoded block of fields and feeds what comes out to {@code http1}.
 */
@NullMarked
package io.veza.edge.http2;

import org.jspecify.annotations.NullMarked;
