package io.veza.edge.lab;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The cookies one user of the load generator holds; all are sent with every request, attributes are not looked at. */
final class CookieJar {

    private final Map<String, String> values = new LinkedHashMap<>();

    /** @param fields the values of {@code Set-Cookie} fields */
    void take(List<String> fields) {
        for (String field : fields) {
            int equals = field.indexOf('=');
            int end = field.indexOf(';');
            if (equals > 0 && (end < 0 || equals < end)) {
                values.put(
                        field.substring(0, equals).trim(), field.substring(equals + 1, end < 0 ? field.length() : end));
            }
        }
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    /** The value of the {@code Cookie} field. */
    String field() {
        return values.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining("; "));
    }
}
