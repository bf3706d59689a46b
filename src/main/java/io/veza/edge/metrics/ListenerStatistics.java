package io.veza.edge.metrics;

import java.net.InetSocketAddress;

/**
 * What is counted for one listener.
 *
 * @param maxConnections at which accepting pauses, for all listeners together
 * @param requestErrors requests that were malformed, too slow or given up before their end
 * @param refused requests that the edge turned down for another reason, such as no route
 */
public record ListenerStatistics(
        String name,
        InetSocketAddress address,
        Activity activity,
        int maxConnections,
        long requestErrors,
        long refused) {}
