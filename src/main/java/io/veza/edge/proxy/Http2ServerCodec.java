package io.veza.edge.proxy;

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
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.http2.BoundedFieldsEncoder;
import io.veza.edge.http2.FieldBlock;
import io.veza.edge.http2.RequestFields;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/**
 * Puts the parts of Netty's HTTP/2 together for one connection to a server. Its own checks of fields are left out, as {@code
 * http2} and {@code http1} make stricter ones.
 */
final class Http2ServerCodec {

    /** RFC 9113 section 6.9.2: what a window is before anything is said. */
    static final int INITIAL_WINDOW = 65_535;

    /** Of a stream: what a client that stops reading can have held for it, and some 5 MB/s over 50 ms. */
    private static final int STREAM_WINDOW = 256 * 1024;

    /** Of all streams together: none ever waits for what another one's client does not read. */
    static final int CONNECTION_WINDOW = STREAM_WINDOW * Http2ServerConnection.MOST_STREAMS;

    /** CONTINUATION frames in a row that carry little, CVE-2024-27316. */
    private static final int MOST_SMALL_CONTINUATIONS = 16;

    /** Fields count 32 bytes more here than in HTTP/1.1, RFC 9113 section 6.5.2. */
    private static final int FIELD_OVERHEAD = 32;

    private Http2ServerCodec() {}

    /** A connection that is still to be put into a pipeline. */
    static Http2ServerConnection connection(
            TrafficLoop loop,
            ServerConnections home,
            ServerEntry server,
            InetSocketAddress address,
            PoolTraffic pool,
            Consumer<Exchange> elsewhere) {
        Http2Connection connection = new DefaultHttp2Connection(false);
        connection
                .remote()
                .flowController(
                        new DefaultHttp2RemoteFlowController(connection, new UniformStreamByteDistributor(connection)));
        connection
                .local()
                .flowController(new DefaultHttp2LocalFlowController(
                        connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, false));
        long listSize = loop.settings.limits().head()
                + (long) FIELD_OVERHEAD * loop.settings.limits().fields();
        FieldBlock block = new FieldBlock();
        var reader = new DefaultHttp2FrameReader(
                new DefaultHttp2HeadersDecoder(false, listSize) {
                    @Override
                    protected Http2Headers newHeaders() {
                        block.reset();
                        return block;
                    }
                },
                MOST_SMALL_CONTINUATIONS);
        var encoder = new DefaultHttp2ConnectionEncoder(
                connection,
                new DefaultHttp2FrameWriter(
                        new BoundedFieldsEncoder((name, value) -> RequestFields.isSensitive(name))));
        var decoder = new DefaultHttp2ConnectionDecoder(
                connection, encoder, reader, Http2PromisedRequestVerifier.ALWAYS_VERIFY, true, true, false, false);
        Http2Settings said = new Http2Settings()
                .pushEnabled(false)
                .initialWindowSize(STREAM_WINDOW)
                .maxHeaderListSize(listSize)
                .maxFrameSize(Http2CodecUtil.MAX_FRAME_SIZE_LOWER_BOUND);
        return new Http2ServerConnection(decoder, encoder, said, block, loop, home, server, address, pool, elsewhere);
    }
}
