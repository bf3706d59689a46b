package io.veza.edge.lab;

import java.util.Map;

/**
 * What a finished run of the load generator came to.
 *
 * @param requests that were answered, whatever the status
 * @param messages chat messages that came back
 * @param errors requests and WebSockets that failed or got a status of 400 or more
 * @param reconnects WebSockets opened anew because the other side closed them
 * @param moves sessions that were answered by another server than before
 * @param byServer requests by the name in {@code X-Served-By}
 * @param text all of it and the latencies for people, a {@code name value} pair per line
 */
record LoadReport(
        long requests,
        long messages,
        long errors,
        long reconnects,
        long moves,
        long cacheHits,
        Map<String, Long> byServer,
        String text) {

    LoadReport {
        byServer = Map.copyOf(byServer);
    }
}
