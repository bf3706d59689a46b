package io.veza.edge.lab;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the load generator has seen so far: in all, and since the last progress line. Belongs to the generator's event
 * loop.
 */
final class LoadStats {

    private final Latencies latencies = new Latencies();
    private Latencies recent = new Latencies();
    private final Latencies roundTrips = new Latencies();
    private final Map<String, Long> byServer = new TreeMap<>();
    private final Map<String, Long> errorsByKind = new TreeMap<>();
    private long requests;
    private long recentRequests;
    private long messages;
    private long errors;
    private long cacheHits;
    private long cacheMisses;
    private long reconnects;
    private long moves;

    /** A whole response came. */
    void answered(String server, Duration took) {
        requests++;
        recentRequests++;
        recent.record(took);
        byServer.merge(server, 1L, Long::sum);
    }

    /** A chat message came back. */
    void echoed(Duration took) {
        messages++;
        roundTrips.record(took);
    }

    /** @param kind a short, bounded description: the method and a status or the name of an exception */
    void failed(String kind) {
        errors++;
        errorsByKind.merge(kind, 1L, Long::sum);
    }

    void cache(boolean hit) {
        if (hit) {
            cacheHits++;
        } else {
            cacheMisses++;
        }
    }

    /** A WebSocket was closed from the other side and is opened anew. */
    void reconnected() {
        reconnects++;
    }

    /** A session was answered by another server than before. */
    void moved() {
        moves++;
    }

    /** One line about the time since the last one. */
    String progress(Duration elapsed) {
        String line = String.format(
                Locale.ROOT,
                "%4d s  %7d requests  p99 %8s  %6d errors  %5d reconnects",
                elapsed.toSeconds(),
                recentRequests,
                milliseconds(recent.percentile(0.99)),
                errors,
                reconnects);
        latencies.addAll(recent);
        recent = new Latencies();
        recentRequests = 0;
        return line;
    }

    /** The whole run so far. */
    LoadReport report(Duration elapsed) {
        return new LoadReport(requests, messages, errors, reconnects, moves, cacheHits, byServer, text(elapsed));
    }

    private String text(Duration elapsed) {
        latencies.addAll(recent);
        recent = new Latencies();
        StringBuilder text = new StringBuilder(512);
        line(text, "requests", requests + " in " + seconds(elapsed) + " s, " + perSecond(elapsed) + "/s");
        line(text, "errors", errors + (errors == 0 ? "" : "  " + counts(errorsByKind)));
        line(text, "latency", quantiles(latencies));
        line(text, "by server", counts(byServer));
        line(text, "sessions", moves + " moved to another server");
        long lookups = cacheHits + cacheMisses;
        line(
                text,
                "cache",
                lookups == 0
                        ? "not used"
                        : String.format(
                                Locale.ROOT, "%.1f %% of %d segments hit", 100.0 * cacheHits / lookups, lookups));
        line(text, "chat", messages + " messages, " + quantiles(roundTrips) + ", " + reconnects + " reconnects");
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "%-10s %s%n", name, value));
    }

    private static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(entry -> entry.getKey() + ": " + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    private long perSecond(Duration elapsed) {
        return requests * 1_000 / Math.max(1, elapsed.toMillis());
    }

    private static String seconds(Duration elapsed) {
        return String.format(Locale.ROOT, "%.1f", elapsed.toMillis() / 1e3);
    }

    private static String quantiles(Latencies latencies) {
        return "p50 " + milliseconds(latencies.percentile(0.50)) + ", p99 " + milliseconds(latencies.percentile(0.99));
    }

    private static String milliseconds(Duration duration) {
        return String.format(Locale.ROOT, "%.2f ms", duration.toNanos() / 1e6);
    }
}
