package io.veza.edge.proxy;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.veza.edge.http2.BoundedFieldsEncoder;
import io.veza.edge.http2.FieldBlock;
import io.veza.edge.http2.FrameBudget;
import io.veza.edge.http2.MeteredFrames;
import java.util.function.LongSupplier;

/**
 * Puts the parts of Netty's HTTP/2 together for one client connection. Its own checks of fields are left out, as {@code
 * http2} and {@code http1} make stricter ones; so are its bounds on floods, in whose place stands the budget.
 */
record Http2Codec(FieldBlock block, MeteredFrames frames, FrameBudget budget) {

    /** RFC 9113 section 6.9.2: what a connection's window is before anything is said. */
    static final int INITIAL_WINDOW = 65_535;

    /** Of all streams of a connection together: no client can have more than this held for it while servers are slow. */
    static final int CONNECTION_WINDOW = 1024 * 1024;

    /** Of a stream: some 5 MB/s over 50 ms. */
    static final int STREAM_WINDOW = 256 * 1024;

    /** So much that is written is sent at once, less together with what others have. */
    static final int FLUSH_AT = 64 * 1024;

    /** CONTINUATION frames in a row that carry little, CVE-2024-27316. */
    private static final int MOST_SMALL_CONTINUATIONS = 16;

    /** A cookie kept in the table could be guessed at by others who share the connection, RFC 7541 section 7.1. */
    private static final Http2HeadersEncoder.SensitivityDetector SET_COOKIE_IS_SENSITIVE =
            (name, value) -> HttpHeaderNames.SET_COOKIE.contentEquals(name);

    /** Fields count 32 bytes more here than in HTTP/1.1, RFC 9113 section 6.5.2. */
    private static final int FIELD_OVERHEAD = 32;

    static Http2ClientConnection connection(
            TrafficLoop loop,
            RouteTable<PoolTraffic> routes,
            Listener listener,
            ClientAddress address,
            LongSupplier ids,
            Channel channel) {
        TrafficSettings settings = loop.settings;
        Http2Connection connection = new DefaultHttp2Connection(true);
        connection.remote().maxActiveStreams(settings.http2().streams());
        connection
                .remote()
                .flowController(
                        new DefaultHttp2RemoteFlowController(connection, new UniformStreamByteDistributor(connection)));
        connection
                .local()
                .flowController(new DefaultHttp2LocalFlowController(
                        connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, false));
        long listSize = settings.limits().head()
                + (long) FIELD_OVERHEAD * settings.limits().fields();
        FieldBlock block = new FieldBlock();
        FrameBudget budget = new FrameBudget(settings.http2().resets(), System.nanoTime());
        MeteredFrames frames = new MeteredFrames(
                new DefaultHttp2FrameReader(
                        new DefaultHttp2HeadersDecoder(false, listSize) {
                            @Override
                            protected Http2Headers newHeaders() {
                                block.reset();
                                return block;
                            }
                        },
                        MOST_SMALL_CONTINUATIONS),
                budget);
        var encoder = new DefaultHttp2ConnectionEncoder(
                connection, new DefaultHttp2FrameWriter(new BoundedFieldsEncoder(SET_COOKIE_IS_SENSITIVE)));
        var decoder = new DefaultHttp2ConnectionDecoder(
                connection, encoder, frames, Http2PromisedRequestVerifier.ALWAYS_VERIFY, true, true, false, false);
        Http2Settings said = new Http2Settings()
                .maxConcurrentStreams(settings.http2().streams())
                .initialWindowSize(STREAM_WINDOW)
                .maxHeaderListSize(listSize)
                .maxFrameSize(Http2CodecUtil.MAX_FRAME_SIZE_LOWER_BOUND)
                .connectProtocolEnabled(true);
        return new Http2ClientConnection(
                decoder,
                encoder,
                said,
                new Http2Codec(block, frames, budget),
                loop,
                routes,
                listener,
                address,
                ids,
                channel);
    }
}
