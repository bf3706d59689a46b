/**
 * HTTP/1.1 as bytes: strict parsing of heads, body framing, and what is written out again. No sockets, no pools.
 *
 * <p>The security boundary of the edge: {@code proxy} feeds it what arrives and forwards only what has exactly one
 * meaning here. Sources: RFC 9110 and RFC 9112.
 */
@NullMarked
package io.veza.edge.http1;

import org.jspecify.annotations.NullMarked;
