package io.veza.edge.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.veza.edge.metrics.Activity;
import io.veza.edge.metrics.ServerStatistics;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** What is counted, as fields that listeners, pools and servers have in common. Base units: seconds and bytes. */
final class JsonActivity {

    private JsonActivity() {}

    /** Requests, bytes, responses by class, rates and times; {@code current} and {@code total} are left to the caller. */
    static JsonObject put(JsonObject json, Activity activity) {
        Activity.Responses responses = activity.responses();
        return json.put("requests", activity.requests())
                .put("requestRate", activity.requestRate())
                .put("mostRequestRate", activity.mostRequestRate())
                .put(
                        "responses",
                        new JsonObject()
                                .put("1xx", responses.r1xx())
                                .put("2xx", responses.r2xx())
                                .put("3xx", responses.r3xx())
                                .put("4xx", responses.r4xx())
                                .put("5xx", responses.r5xx())
                                .put("other", responses.other()))
                .put("bytesIn", activity.bytesIn())
                .put("bytesOut", activity.bytesOut())
                .put("clientAborts", activity.clientAborts())
                .put("serverAborts", activity.serverAborts())
                .put("latency", latency(activity.percentiles()))
                .put("averages", averages(activity.times()));
    }

    private static JsonObject latency(Activity.Percentiles percentiles) {
        return new JsonObject()
                .put("p50", seconds(percentiles.p50()))
                .put("p95", seconds(percentiles.p95()))
                .put("p99", seconds(percentiles.p99()));
    }

    private static JsonObject averages(Activity.Times times) {
        return new JsonObject()
                .put("queue", seconds(times.queue()))
                .put("connect", seconds(times.connect()))
                .put("response", seconds(times.response()))
                .put("total", seconds(times.total()));
    }

    /** One number for each of the last seconds, the newest last. */
    static JsonObject recent(ServerStatistics.Recent recent) {
        return new JsonObject()
                .put("requests", new JsonArray(recent.requests()))
                .put("errors", new JsonArray(recent.errors()));
    }

    /** To the microsecond, which is what there is to tell. */
    static double seconds(Duration duration) {
        long micros = duration.toNanos() / 1_000;
        return micros / 1e6;
    }

    /** RFC 3339 in UTC, to the millisecond. */
    static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
