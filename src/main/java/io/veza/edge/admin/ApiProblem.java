package io.veza.edge.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A request that was not carried out, as a problem document says it (RFC 9457). Nothing was changed. */
public final class ApiProblem extends RuntimeException {

    static final String CONTENT_TYPE = "application/problem+json";

    /** A value is shown back only so far: it is there to be recognized. */
    private static final int SHOWN = 100;

    private static final Map<Integer, String> TITLES = Map.ofEntries(
            Map.entry(400, "Bad Request"),
            Map.entry(401, "Unauthorized"),
            Map.entry(403, "Forbidden"),
            Map.entry(404, "Not Found"),
            Map.entry(405, "Method Not Allowed"),
            Map.entry(409, "Conflict"),
            Map.entry(413, "Content Too Large"),
            Map.entry(415, "Unsupported Media Type"),
            Map.entry(422, "Unprocessable Content"),
            Map.entry(421, "Misdirected Request"),
            Map.entry(500, "Internal Server Error"),
            Map.entry(503, "Service Unavailable"));

    private final int status;
    private final String detail;
    private final JsonObject more;

    ApiProblem(int status, String detail) {
        this(status, detail, new JsonObject());
    }

    private ApiProblem(int status, String detail, JsonObject more) {
        // Neither a cause nor a stack: it is an answer, and whoever asks badly should not cost more than one who does
        // not.
        super(detail, null, false, false);
        this.status = status;
        this.detail = detail;
        this.more = more;
    }

    /** A value in the body or query that cannot be, and what could be there. */
    static ApiProblem value(String key, @Nullable Object value, String allowed) {
        String shown = shown(value);
        return new ApiProblem(
                400,
                key + (value == null ? "" : " = " + shown) + ": " + allowed,
                new JsonObject()
                        .put("key", key)
                        .put("value", value == null ? null : shown)
                        .put("allowed", allowed));
    }

    /** A configuration that cannot be put to use, with all that is wrong with it. */
    static ApiProblem configuration(List<ConfigReload.Wrong> wrong) {
        JsonArray problems = new JsonArray();
        wrong.forEach(each -> problems.add(new JsonObject()
                .put("key", each.key())
                .put("value", each.value())
                .put("allowed", each.allowed())));
        return new ApiProblem(
                422,
                "the configuration is refused as a whole: "
                        + wrong.stream().map(ConfigReload.Wrong::toString).collect(Collectors.joining("; ")),
                new JsonObject().put("problems", problems));
    }

    /** A path that exists, but not for this method. */
    static ApiProblem method(String method, List<String> allowed) {
        return new ApiProblem(
                405,
                method + " is not possible here, but " + String.join(", ", allowed),
                new JsonObject().put("allowed", new JsonArray(allowed)));
    }

    private static String shown(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }

    public int status() {
        return status;
    }

    JsonObject document() {
        return new JsonObject()
                .put("type", "about:blank")
                .put("title", TITLES.getOrDefault(status, "Error"))
                .put("status", status)
                .put("detail", detail)
                .mergeIn(more);
    }
}
