package io.veza.edge.proxy;

import io.veza.edge.http1.HeadLimits;
import java.net.InetAddress;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * What the traffic plane needs to know that is not of one pool.
 *
 * @param maxConnections client connections at which accepting pauses
 * @param clients what one client may take up
 * @param http2 what an HTTP/2 client may do
 * @param maxIdle idle server connections kept by each event loop for each server
 * @param requestHead from the first byte of a request (or the accept) to the end of its head
 * @param client between two reads of a client that owes a body, or two writes to one that owes reading
 * @param keepAlive between two requests of a connection
 * @param serverKeepAlive an idle server connection is closed after this, before the server would
 * @param trustedProxy whose {@code X-Forwarded-*} and {@code Forwarded} are believed
 */
public record TrafficSettings(
        HeadLimits limits,
        int maxConnections,
        ClientLimits clients,
        Http2Limits http2,
        int maxIdle,
        Duration requestHead,
        Duration client,
        Duration keepAlive,
        Duration serverKeepAlive,
        Predicate<InetAddress> trustedProxy) {}
