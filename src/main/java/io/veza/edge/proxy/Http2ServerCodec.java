package io.veza.edge.proxy;

import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Settings;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.http2.BoundedFieldsEncoder;
import io.veza.edge.http2.FieldBlock;
import io.veza.edge.http2.JoinedFrames;
import io.veza.edge.http2.RequestFields;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/**
 * Puts the parts of Netty's HTTP/2 together for one connection to a server.
 */
final class Http2ServerCodec {

    /** Of all streams together: none ever waits for what another one's client does not read. */
    static final int CONNECTION_WINDOW = Http2Parts.STREAM_WINDOW * Http2ServerConnection.MOST_STREAMS;

    private Http2ServerCodec() {}

    /** A connection that is still to be put into a pipeline. */
    static Http2ServerConnection connection(
            TrafficLoop loop,
            ServerConnections home,
            ServerEntry server,
            InetSocketAddress address,
            PoolTraffic pool,
            Consumer<Exchange> elsewhere) {
        Http2Connection connection = Http2Parts.connection(false);
        FieldBlock block = new FieldBlock();
        var encoder = new DefaultHttp2ConnectionEncoder(
                connection,
                new JoinedFrames(new BoundedFieldsEncoder((name, value) -> RequestFields.isSensitive(name))));
        var decoder = Http2Parts.decoder(connection, encoder, Http2Parts.reader(block, loop.settings.limits()));
        Http2Settings said = Http2Parts.settings(loop.settings.limits()).pushEnabled(false);
        return new Http2ServerConnection(decoder, encoder, said, block, loop, home, server, address, pool, elsewhere);
    }
}
