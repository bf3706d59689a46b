package io.veza.edge.http1;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields behind a chunked body. Refused are those that a recipient who merges them into the head would read as
 * framing, routing, identity or control (RFC 9110 section 6.5.1).
 */
public final class Trailers extends HeadParser {

    /** Unknown to {@link KnownField} but no less forbidden. */
    private static final Set<String> FORBIDDEN = Set.of(
            "age",
            "content-encoding",
            "content-range",
            "content-type",
            "date",
            "expires",
            "location",
            "max-forwards",
            "pragma",
            "proxy-authenticate",
            "proxy-authorization",
            "range",
            "retry-after",
            "trailer",
            "vary",
            "warning",
            "www-authenticate");

    public Trailers(HeadLimits limits) {
        super(-1, limits.head(), limits.fields());
    }

    @Override
    @Nullable
    HeadFault startLine(int from, int to) {
        throw new IllegalStateException("trailers have no start line");
    }

    @Override
    @Nullable
    HeadFault knownField(KnownField field, int from, int to) {
        return HeadFault.BAD_TRAILER;
    }

    @Override
    @Nullable
    HeadFault complete() {
        for (int i = 0; i < fields(); i++) {
            String name = new String(bytes, nameStart(i), nameEnd(i) - nameStart(i), StandardCharsets.US_ASCII)
                    .toLowerCase(Locale.ROOT);
            if (FORBIDDEN.contains(name)) {
                return HeadFault.BAD_TRAILER;
            }
        }
        return null;
    }
}
