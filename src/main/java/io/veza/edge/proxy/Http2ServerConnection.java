package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerLink;
import io.veza.edge.http2.FieldBlock;
import io.veza.edge.http2.RequestFields;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection to one server, speaking HTTP/2: carries many exchanges, each as an {@link Http2ServerStream}. It is ready
 * when the server has said its settings, so that no request is ever sent to something that speaks another protocol, or
 * beyond the number of streams that the server takes. Belongs to one event loop.
 */
final class Http2ServerConnection extends Http2ConnectionHandler implements OpenConnection {

    /** Exchanges at once on one connection; more open another one. What one of them loses, all of them lose. */
    static final int MOST_STREAMS = 100;

    /** What may lie unsent before a server that makes us answer frames without reading is let go. */
    private static final long MOST_UNSENT = 1024 * 1024;

    final TrafficLoop loop;
    final RequestFields fields;
    final FieldBlock block;
    private final ServerConnections home;
    private final ServerEntry server;

    /** How it was made. */
    final ServerLink link;

    private final InetSocketAddress address;
    private final Consumer<Exchange> elsewhere;
    private final long connectNanos;
    private final long startNanos = System.nanoTime();
    private final ArrayDeque<Exchange> waiting = new ArrayDeque<>();
    private final Http2Streams<Http2ServerStream> streams;
    private final List<ClientSide> unflushed = new ArrayList<>();
    private final TimerWheel.Timer timer = new TimerWheel.Timer() {
        @Override
        void expired() {
            timeout();
        }
    };
    private final Runnable flushing = this::flushNow;

    private Channel channel;
    private @Nullable ChannelHandlerContext context;
    private boolean made;
    private boolean leaving;
    private boolean over;
    private boolean flushDue;
    private boolean connectProtocol;
    private int lastTaken = Integer.MAX_VALUE;

    /** @param elsewhere connects exchanges that find no room here */
    @SuppressWarnings("NullAway.Init") // the channel is known as soon as connecting has begun, before any event
    Http2ServerConnection(
            Http2ConnectionDecoder decoder,
            Http2ConnectionEncoder encoder,
            Http2Settings settings,
            FieldBlock block,
            TrafficLoop loop,
            ServerConnections home,
            ServerEntry server,
            InetSocketAddress address,
            PoolTraffic pool,
            Consumer<Exchange> elsewhere) {
        super(decoder, encoder, settings, true);
        this.block = block;
        this.loop = loop;
        this.home = home;
        this.server = server;
        this.link = pool.link;
        this.address = address;
        this.fields = new RequestFields(pool.tls != null);
        this.elsewhere = elsewhere;
        this.connectNanos = pool.connectMillis * 1_000_000L;
        this.streams = new Http2Streams<>(connection());
        Events events = new Events();
        decoder.frameListener(events);
        connection().addListener(events);
        encoder.flowController().listener(this::writable);
    }

    // Opening

    void connecting(Channel connecting) {
        channel = connecting;
    }

    InetSocketAddress address() {
        return address;
    }

    ChannelHandlerContext context() {
        ChannelHandlerContext known = context;
        if (known == null) {
            throw new IllegalStateException("not in a pipeline yet");
        }
        return known;
    }

    /** Has an exchange wait until the connection is made; false if it has enough, or its time is over. */
    boolean join(Exchange exchange, InetSocketAddress wanted) {
        if (made || leaving || over || waiting.size() >= MOST_STREAMS || !address.equals(wanted)) {
            return false;
        }
        waiting.add(exchange);
        return true;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        context = ctx;
        super.handlerAdded(ctx);
        connection()
                .local()
                .flowController()
                .incrementWindowSize(
                        connection().connectionStream(),
                        Http2ServerCodec.CONNECTION_WINDOW - Http2Parts.INITIAL_WINDOW);
        Duration left = Duration.ofNanos(startNanos + connectNanos - System.nanoTime());
        loop.wheel.arm(timer, TimerWheel.ticks(left));
        channel.flush();
    }

    private void ready() {
        made = true;
        timer.cancel();
        loop.observer.connected(server, System.nanoTime() - startNanos);
        home.ready(this);
        Exchange next;
        while (hasRoom() && (next = waiting.poll()) != null) {
            next.connected(newStream());
        }
        rest();
        // A server that takes no stream at all would have us open connections without end.
        boolean any = connection().numActiveStreams() > 0;
        while ((next = waiting.poll()) != null) {
            if (any) {
                elsewhere.accept(next);
            } else {
                next.connectFailed();
            }
        }
    }

    /** The connection was never made, whatever it was that stood in the way. */
    void connectFailed() {
        leaving = true;
        over = true;
        Exchange next;
        while ((next = waiting.poll()) != null) {
            next.connectFailed();
        }
    }

    // Streams

    void opened(Tunnel tunnel) {
        home.opened(tunnel);
    }

    /** Whether another exchange can be sent to this address here. */
    boolean takes(InetSocketAddress wanted) {
        return address.equals(wanted) && hasRoom();
    }

    private boolean hasRoom() {
        return made
                && !leaving
                && connection().numActiveStreams() < MOST_STREAMS
                && connection().local().canOpenStream()
                && channel.isActive();
    }

    Http2ServerStream newStream() {
        return new Http2ServerStream(this);
    }

    /**
     * Begins a stream.
     *
     * @param end whether there is nothing but these fields
     * @return null if it could not be begun
     */
    @Nullable
    Http2Stream open(Http2ServerStream opening, Http2Headers headers, boolean end) {
        ChannelHandlerContext ctx = context();
        int id = connection().local().incrementAndGetNextStreamId();
        if (id < 0) {
            leave();
            return null;
        }
        encoder().writeHeaders(ctx, id, headers, 0, end, ctx.newPromise());
        Http2Stream stream = connection().stream(id);
        if (stream != null) {
            timer.cancel();
            streams.put(stream, opening);
        }
        return stream;
    }

    /** Whether the server takes WebSockets, RFC 8441. */
    boolean takesExtendedConnect() {
        return connectProtocol;
    }

    private final class Events extends Http2EventAdapter {

        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) throws Http2Exception {
            holdUnsent();
            Boolean connects = settings.connectProtocolEnabled();
            connectProtocol = connects == null ? connectProtocol : connects;
            if (!made && !over) {
                ready();
            }
        }

        @Override
        public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
            holdUnsent();
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext ctx,
                int streamId,
                Http2Headers headers,
                int streamDependency,
                short weight,
                boolean exclusive,
                int padding,
                boolean endOfStream) {
            Http2ServerStream stream = streams.of(streamId);
            if (stream != null) {
                stream.headers(endOfStream);
            }
        }

        @Override
        public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream) {
            Http2ServerStream stream = streams.of(streamId);
            int length = data.readableBytes() + padding;
            return stream == null ? length : stream.data(data, length, endOfStream);
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
            Http2ServerStream stream = streams.of(streamId);
            if (stream != null) {
                stream.reset(errorCode);
            }
        }

        @Override
        public void onGoAwayReceived(int lastStreamId, long errorCode, ByteBuf debugData) {
            lastTaken = lastStreamId;
            leave();
        }

        @Override
        public void onStreamClosed(Http2Stream stream) {
            Http2ServerStream known = streams.of(stream);
            if (known != null) {
                known.closed(stream.id() > lastTaken);
                // The stream that closes is still counted among the active ones.
                if (connection().numActiveStreams() <= 1) {
                    loop.eventLoop.execute(Http2ServerConnection.this::rest);
                }
            }
        }
    }

    private void holdUnsent() throws Http2Exception {
        var buffer = channel.unsafe().outboundBuffer();
        if (buffer != null && buffer.totalPendingWriteBytes() > MOST_UNSENT) {
            throw Http2Exception.connectionError(
                    Http2Error.ENHANCE_YOUR_CALM, "the server has frames answered and does not read the answers");
        }
    }

    private void writable(Http2Stream stream) {
        Http2ServerStream known = streams.of(stream);
        if (known != null && encoder().flowController().isWritable(stream)) {
            known.writable();
        }
    }

    /** Has what a client was given sent to it when all is read that there is. */
    void flushLater(ClientSide client) {
        if (unflushed.isEmpty() || !unflushed.get(unflushed.size() - 1).equals(client)) {
            unflushed.add(client);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        super.channelReadComplete(ctx);
        flushClients();
    }

    private void flushClients() {
        for (int i = 0; i < unflushed.size(); i++) {
            unflushed.get(i).flush();
        }
        unflushed.clear();
    }

    /** Has all that was written sent once those connections that are ready to be read have been. */
    void flushSoon() {
        if (!flushDue) {
            flushDue = true;
            loop.eventLoop.execute(flushing);
        }
    }

    void flushNow() {
        flushDue = false;
        if (channel.isActive()) {
            flush(context());
        }
    }

    void resetStream(Http2Stream stream, Http2Error error) {
        ChannelHandlerContext ctx = context();
        resetStream(ctx, stream.id(), error.code(), ctx.newPromise());
        flushSoon();
    }

    void giveWindow(Http2Stream stream, int length) {
        try {
            if (decoder().flowController().consumeBytes(stream, length)) {
                flushSoon();
            }
        } catch (Http2Exception e) {
            throw new IllegalStateException("the window of a stream is not as it was", e);
        }
    }

    // Ends

    /** Takes no new streams; ends with the last one there is. */
    void leave() {
        if (!leaving) {
            leaving = true;
            home.left(this);
            loop.eventLoop.execute(this::rest);
        }
    }

    /** Looks at what to do if there is nothing to do. */
    private void rest() {
        if (over || !made || connection().numActiveStreams() > 0) {
            return;
        }
        if (leaving || loop.serverKeepAliveTicks <= 0) {
            end();
        } else {
            loop.wheel.arm(timer, loop.serverKeepAliveTicks);
        }
    }

    private void timeout() {
        if (!made) {
            channel.close();
        } else if (connection().numActiveStreams() == 0) {
            leave();
            end();
        }
    }

    /** Says so and closes. */
    private void end() {
        if (channel.isActive()) {
            ChannelHandlerContext ctx = context();
            goAway(ctx, 0, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, ctx.newPromise());
            channel.flush();
        }
        channel.close();
    }

    @Override
    public void cut() {
        leave();
        if (made) {
            for (Http2ServerStream stream : streams.all()) {
                stream.cut();
            }
            flushClients();
        }
        channel.close();
    }

    @Override
    public void shutdown() {
        List<Exchange> unsent = List.copyOf(waiting);
        unsent.forEach(exchange -> exchange.giveUp(ExchangeFailure.Cause.SHUT_DOWN));
        streams.all().forEach(Http2ServerStream::shutdown);
    }

    @Override
    protected void onStreamError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception.StreamException error) {
        Http2ServerStream stream = streams.of(error.streamId());
        if (stream != null && !outbound) {
            stream.malformed();
        }
        super.onStreamError(ctx, outbound, cause, error);
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception http2) {
        leave();
        super.onConnectionError(ctx, outbound, cause, http2);
        channel.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof Http2Exception) {
            onError(ctx, false, cause);
        } else {
            channel.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        if (over) {
            return;
        }
        over = true;
        leave();
        loop.wheel.remove(timer);
        if (made) {
            home.closed(this);
        } else {
            home.notMade(this);
        }
        super.channelInactive(ctx);
        flushClients();
    }
}
