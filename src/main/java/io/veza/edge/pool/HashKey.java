package io.veza.edge.pool;

import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** Which part of a request a {@link Algorithm#URI} pool hashes. A request without that part is balanced round robin. */
public sealed interface HashKey {

    /** The whole request target with its query, as HAProxy's {@code balance uri whole}. */
    record Uri() implements HashKey {}

    /** The target up to its query. */
    record Path() implements HashKey {}

    /** The first {@code depth} segments of the path: depth 2 of {@code /hls/7/seg1.ts} is {@code /hls/7}. */
    record PathDepth(int depth) implements HashKey {
        public PathDepth {
            if (depth < 1 || depth > 64) {
                throw new IllegalArgumentException("path-depth " + depth + " is not in 1..64");
            }
        }
    }

    /** What the one group of {@code pattern} captures of the path; the pattern need not match the whole of it. */
    record PathRegex(Pattern pattern) implements HashKey {
        public PathRegex {
            int groups = pattern.matcher("").groupCount();
            if (groups != 1) {
                throw new IllegalArgumentException(
                        "path-regex \"" + pattern + "\" has " + groups + " groups; it needs exactly one");
            }
        }

        /** By the expression's text: a pattern that was compiled again is another object, and no other key. */
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof PathRegex regex && regex.pattern.pattern().equals(pattern.pattern());
        }

        @Override
        public int hashCode() {
            return pattern.pattern().hashCode();
        }
    }

    /** The value of the request's header field of this name, compared without case. */
    record Header(String name) implements HashKey {
        public Header {
            requireToken("header", name);
        }
    }

    /** The value of the request's cookie of this name. */
    record Cookie(String name) implements HashKey {
        public Cookie {
            requireToken("cookie", name);
        }
    }

    /** The value of the query parameter of this name, as it stands in the target, not decoded. */
    record Query(String name) implements HashKey {
        public Query {
            requireToken("query", name);
        }
    }

    /**
     * Reads {@code uri}, {@code path}, {@code path-depth:N}, {@code path-regex:<one group>}, {@code header:<name>},
     * {@code cookie:<name>} or {@code query:<name>}.
     *
     * @throws IllegalArgumentException saying what is wrong, or which forms there are
     */
    static HashKey parse(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? text : text.substring(0, colon);
        String argument = colon < 0 ? "" : text.substring(colon + 1);
        return switch (kind.toLowerCase(Locale.ROOT)) {
            case "uri" -> withoutArgument(text, colon, new Uri());
            case "path" -> withoutArgument(text, colon, new Path());
            case "path-depth" -> new PathDepth(depth(argument));
            case "path-regex" -> new PathRegex(regex(argument));
            case "header" -> new Header(argument);
            case "cookie" -> new Cookie(argument);
            case "query" -> new Query(argument);
            default -> throw unknown(text);
        };
    }

    private static HashKey withoutArgument(String text, int colon, HashKey key) {
        if (colon >= 0) {
            throw unknown(text);
        }
        return key;
    }

    private static int depth(String argument) {
        try {
            return Integer.parseInt(argument);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("path-depth \"" + argument + "\" is not a number in 1..64", e);
        }
    }

    private static Pattern regex(String argument) {
        try {
            return Pattern.compile(argument);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "path-regex \"" + argument + "\" is not a regular expression: " + e.getDescription(), e);
        }
    }

    private static void requireToken(String kind, String name) {
        if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
            throw new IllegalArgumentException(kind + " name \"" + name + "\" is not a token");
        }
    }

    private static IllegalArgumentException unknown(String text) {
        return new IllegalArgumentException("\"" + text
                + "\" is none of uri, path, path-depth:N, path-regex:<one group>, header:<name>, cookie:<name>,"
                + " query:<name>");
    }
}
