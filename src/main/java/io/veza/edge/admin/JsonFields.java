package io.veza.edge.admin;

import io.quarkus.runtime.configuration.DurationConverter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The fields of a request's body: every one that is missing, of another type, out of range or unknown is a problem. */
final class JsonFields {

    private final JsonObject body;

    private JsonFields(JsonObject body) {
        this.body = body;
    }

    /** @throws ApiProblem if it is not a JSON object of these fields or some of them */
    static JsonFields read(@Nullable Buffer body, String... known) {
        JsonObject object;
        try {
            object = body == null ? new JsonObject() : new JsonObject(body);
        } catch (DecodeException | ClassCastException e) {
            throw new ApiProblem(400, "the body is not a JSON object; its fields are " + String.join(", ", known));
        }
        List<String> names = List.of(known);
        for (String name : object.fieldNames()) {
            if (!names.contains(name)) {
                throw ApiProblem.value(name, object.getValue(name), "is no field here; there are " + names);
            }
        }
        return new JsonFields(object);
    }

    /** Whether there is a value that is not null. */
    boolean has(String key) {
        return body.getValue(key) != null;
    }

    /** @throws ApiProblem if the key is not there, which for null makes a difference */
    void mention(String key, String allowed) {
        if (!body.containsKey(key)) {
            throw wrong(key, allowed);
        }
    }

    /** One of the constants in lower case. */
    <E extends Enum<E>> E constant(String key, E[] constants) {
        Object value = body.getValue(key);
        return Arrays.stream(constants)
                .filter(constant -> word(constant).equals(value))
                .findFirst()
                .orElseThrow(() -> wrong(
                        key,
                        "must be one of "
                                + String.join(
                                        ", ",
                                        Arrays.stream(constants)
                                                .map(JsonFields::word)
                                                .toList())));
    }

    /** Whether the field is the first word; false if it is the second, or missing. */
    boolean is(String key, String yes, String no) {
        Object value = body.getValue(key);
        if (value != null && !value.equals(yes) && !value.equals(no)) {
            throw wrong(key, "must be " + yes + " or " + no);
        }
        return yes.equals(value);
    }

    boolean flag(String key) {
        if (body.getValue(key) instanceof Boolean flag) {
            return flag;
        }
        throw wrong(key, "must be true or false");
    }

    boolean flag(String key, boolean otherwise) {
        return has(key) ? flag(key) : otherwise;
    }

    int number(String key, int least, int most) {
        if (body.getValue(key) instanceof Integer number && number >= least && number <= most) {
            return number;
        }
        throw wrong(key, "must be a whole number in " + least + ".." + most);
    }

    /** A duration as in the configuration: {@code 300ms}, {@code 10m}, ISO-8601, or a number of seconds. */
    Optional<Duration> duration(String key, Duration most) {
        if (!has(key)) {
            return Optional.empty();
        }
        Duration duration = duration(body.getValue(key));
        if (duration == null || duration.isNegative() || duration.compareTo(most) > 0) {
            throw wrong(
                    key,
                    "must be a duration of at most " + most.toDays()
                            + "d, such as \"30s\", \"10m\" or 600, in seconds");
        }
        return Optional.of(duration);
    }

    private static @Nullable Duration duration(Object value) {
        if (value instanceof Integer seconds) {
            return Duration.ofSeconds(seconds);
        }
        try {
            return value instanceof String text && !text.isBlank() ? DurationConverter.parseDuration(text) : null;
        } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
            return null;
        }
    }

    /** The text, turned into what it stands for by something that throws {@link IllegalArgumentException}. */
    <T> T text(String key, Function<String, T> reading, String allowed) {
        if (body.getValue(key) instanceof String text) {
            try {
                return reading.apply(text);
            } catch (IllegalArgumentException e) {
                throw wrong(key, "must be " + allowed);
            }
        }
        throw wrong(key, "must be " + allowed);
    }

    private ApiProblem wrong(String key, String allowed) {
        return ApiProblem.value(key, body.getValue(key), allowed);
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
