package io.veza.edge.proxy;

import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.veza.edge.http1.HeadLimits;
import io.veza.edge.http2.FieldBlock;

/**
 * What the HTTP/2 connections of clients and those to servers are made of alike. Netty's own checks of fields are left
 * out, as {@code http2} and {@code http1} make stricter ones.
 */
final class Http2Parts {

    /** RFC 9113 section 6.9.2: what a window is before anything is said. */
    static final int INITIAL_WINDOW = 65_535;

    /** Of a stream: some 5 MB/s over 50 ms. */
    static final int STREAM_WINDOW = 256 * 1024;

    /** CONTINUATION frames in a row that carry little, CVE-2024-27316. */
    private static final int MOST_SMALL_CONTINUATIONS = 16;

    /** Fields count 32 bytes more here than in HTTP/1.1, RFC 9113 section 6.5.2. */
    private static final int FIELD_OVERHEAD = 32;

    private Http2Parts() {}

    /** A connection whose streams take turns, and give windows back as their bytes are dealt with. */
    static Http2Connection connection(boolean server) {
        Http2Connection connection = new DefaultHttp2Connection(server);
        connection
                .remote()
                .flowController(
                        new DefaultHttp2RemoteFlowController(connection, new UniformStreamByteDistributor(connection)));
        connection
                .local()
                .flowController(new DefaultHttp2LocalFlowController(
                        connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, false));
        return connection;
    }

    /** Reads each header block into this one. */
    static Http2FrameReader reader(FieldBlock block, HeadLimits limits) {
        return new DefaultHttp2FrameReader(
                new DefaultHttp2HeadersDecoder(false, listSize(limits)) {
                    @Override
                    protected Http2Headers newHeaders() {
                        block.reset();
                        return block;
                    }
                },
                MOST_SMALL_CONTINUATIONS);
    }

    static Http2ConnectionDecoder decoder(
            Http2Connection connection, Http2ConnectionEncoder encoder, Http2FrameReader reader) {
        return new DefaultHttp2ConnectionDecoder(
                connection, encoder, reader, Http2PromisedRequestVerifier.ALWAYS_VERIFY, true, true, false, false);
    }

    /** What either peer is told; the caller adds what is for one of them. */
    static Http2Settings settings(HeadLimits limits) {
        return new Http2Settings()
                .initialWindowSize(STREAM_WINDOW)
                .maxHeaderListSize(listSize(limits))
                .maxFrameSize(Http2CodecUtil.MAX_FRAME_SIZE_LOWER_BOUND);
    }

    private static long listSize(HeadLimits limits) {
        return limits.head() + (long) FIELD_OVERHEAD * limits.fields();
    }
}
