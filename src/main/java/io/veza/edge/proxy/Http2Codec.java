package io.veza.edge.proxy;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Settings;
import io.veza.edge.http2.BoundedFieldsEncoder;
import io.veza.edge.http2.FieldBlock;
import io.veza.edge.http2.FrameBudget;
import io.veza.edge.http2.JoinedFrames;
import io.veza.edge.http2.MeteredFrames;
import java.util.function.LongSupplier;

/**
 * Puts the parts of Netty's HTTP/2 together for one client connection. Its bounds on floods are left out, in whose place
 * stands the budget.
 */
record Http2Codec(FieldBlock block, MeteredFrames frames, FrameBudget budget) {

    /** Of all streams of a connection together: no client can have more than this held for it while servers are slow. */
    static final int CONNECTION_WINDOW = 1024 * 1024;

    /** So much that is written is sent at once, less together with what others have. */
    static final int FLUSH_AT = 64 * 1024;

    /** A cookie kept in the table could be guessed at by others who share the connection, RFC 7541 section 7.1. */
    private static final Http2HeadersEncoder.SensitivityDetector SET_COOKIE_IS_SENSITIVE =
            (name, value) -> HttpHeaderNames.SET_COOKIE.contentEquals(name);

    static Http2ClientConnection connection(
            TrafficLoop loop, Listener listener, ClientAddress address, LongSupplier ids, Channel channel) {
        TrafficSettings settings = loop.settings;
        Http2Connection connection = Http2Parts.connection(true);
        connection.remote().maxActiveStreams(settings.http2().streams());
        FieldBlock block = new FieldBlock();
        FrameBudget budget = new FrameBudget(settings.http2().resets(), System.nanoTime());
        MeteredFrames frames = new MeteredFrames(Http2Parts.reader(block, settings.limits()), budget);
        var encoder = new DefaultHttp2ConnectionEncoder(
                connection, new JoinedFrames(new BoundedFieldsEncoder(SET_COOKIE_IS_SENSITIVE)));
        Http2Settings said = Http2Parts.settings(settings.limits())
                .maxConcurrentStreams(settings.http2().streams())
                .connectProtocolEnabled(true);
        return new Http2ClientConnection(
                Http2Parts.decoder(connection, encoder, frames),
                encoder,
                said,
                new Http2Codec(block, frames, budget),
                loop,
                listener,
                address,
                ids,
                channel);
    }
}
