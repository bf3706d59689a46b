package io.veza.edge.proxy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The edge's own answers: short problem documents (RFC 9457), made once for each failure. */
final class Refusals {

    /** What a client is asked to wait before it tries again, in seconds: a check or two may have passed by then. */
    private static final int RETRY_AFTER = 5;

    private static final Map<Integer, String> REASONS = Map.ofEntries(
            Map.entry(400, "Bad Request"),
            Map.entry(403, "Forbidden"),
            Map.entry(404, "Not Found"),
            Map.entry(405, "Method Not Allowed"),
            Map.entry(408, "Request Timeout"),
            Map.entry(414, "URI Too Long"),
            Map.entry(431, "Request Header Fields Too Large"),
            Map.entry(501, "Not Implemented"),
            Map.entry(502, "Bad Gateway"),
            Map.entry(503, "Service Unavailable"),
            Map.entry(504, "Gateway Timeout"),
            Map.entry(505, "HTTP Version Not Supported"));

    @SuppressWarnings("ArrayRecordComponent") // each listener has one line, made once: the same or another
    private record Form(ExchangeFailure failure, boolean close, boolean body, byte @Nullable [] line) {}

    private static final Map<Form, byte[]> MADE = new ConcurrentHashMap<>();

    private Refusals() {}

    /**
     * The whole response.
     *
     * @param close whether it says that the connection ends with it
     * @param body whether the body is sent too; not in answer to HEAD
     * @param line a further line of the head, always the same object for the same line; null for none
     */
    static byte[] response(ExchangeFailure failure, boolean close, boolean body, byte @Nullable [] line) {
        return MADE.computeIfAbsent(new Form(failure, close, body, line), Refusals::make);
    }

    /** How many bytes of a response are its head. */
    static int headLength(byte[] response) {
        int at = 3;
        while (response[at] != '\n' || response[at - 2] != '\n') {
            at++;
        }
        return at + 1;
    }

    private static byte[] make(Form form) {
        ExchangeFailure failure = form.failure();
        String reason = REASONS.get(failure.status());
        String problem = "{\"type\":\"about:blank\",\"title\":\"" + reason + "\",\"status\":" + failure.status()
                + ",\"detail\":\"" + failure.detail() + "\"}\n";
        StringBuilder response = new StringBuilder(320)
                .append("HTTP/1.1 ")
                .append(failure.status())
                .append(' ')
                .append(reason)
                .append("\r\nContent-Type: application/problem+json\r\nCache-Control: no-store\r\nContent-Length: ")
                .append(problem.length())
                .append("\r\n");
        if (failure.status() == 503) {
            response.append("Retry-After: ").append(RETRY_AFTER).append("\r\n");
        }
        if (failure.status() == 405) {
            response.append("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n");
        }
        byte[] line = form.line();
        if (line != null) {
            response.append(new String(line, StandardCharsets.US_ASCII));
        }
        if (form.close()) {
            response.append("Connection: close\r\n");
        }
        response.append("\r\n");
        if (form.body()) {
            response.append(problem);
        }
        return response.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
