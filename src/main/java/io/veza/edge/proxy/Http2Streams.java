package io.veza.edge.proxy;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an HTTP/2 connection's streams are to the edge, kept with Netty's own. Belongs to one connection.
 *
 * @param <S> an exchange's half
 */
final class Http2Streams<S> {

    private final Http2Connection connection;
    private final Http2Connection.PropertyKey key;

    Http2Streams(Http2Connection connection) {
        this.connection = connection;
        this.key = connection.newKey();
    }

    void put(Http2Stream stream, S half) {
        stream.setProperty(key, half);
    }

    /** Null for a stream that is the connection's own, or was never put. */
    @Nullable
    S of(Http2Stream stream) {
        return stream.getProperty(key);
    }

    /** Null if there is no such stream, or no longer. */
    @Nullable
    S of(int streamId) {
        Http2Stream stream = connection.stream(streamId);
        return stream == null ? null : of(stream);
    }

    /** Those of the active streams; a list of its own, since whoever is told may end his stream. */
    List<S> all() {
        List<S> all = new ArrayList<>();
        try {
            connection.forEachActiveStream(stream -> {
                S known = of(stream);
                if (known != null) {
                    all.add(known);
                }
                return true;
            });
        } catch (Http2Exception e) {
            throw new IllegalStateException("looking at streams failed", e);
        }
        return all;
    }
}
