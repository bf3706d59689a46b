package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import io.veza.edge.http1.HeadFault;
import io.veza.edge.http1.HeadParser;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.http2.FieldBlock;
import io.veza.edge.http2.FrameBudget;
import io.veza.edge.http2.HeadFields;
import io.veza.edge.http2.MeteredFrames;
import io.veza.edge.http2.RequestLines;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, speaking HTTP/2: hands every request to a {@link Http2ClientStream} of its own, sees to it that
 * the client keeps to the protocol and to its {@link FrameBudget}, and ends in two steps so that no request is lost.
 * Belongs to one event loop.
 */
final class Http2ClientConnection extends Http2ConnectionHandler implements ClientSession {

    private static final Logger LOG = Logger.getLogger(Http2ClientConnection.class);

    /** What may lie unsent before a client that makes us write more without reading is let go. */
    private static final long MOST_UNSENT = 1024 * 1024;

    /** How long an ending connection waits for the client to have seen that it does. */
    private static final long SECOND_GOAWAY_MILLIS = 1000;

    private static final long LINGER_TICKS = TimerWheel.ticks(Duration.ofSeconds(2));

    final TrafficLoop loop;
    final Listener listener;
    final ClientAddress address;
    final HeadFields fields = new HeadFields();
    private final LongSupplier ids;
    private final long id;
    private final Channel channel;
    private final FieldBlock block;
    private final MeteredFrames frames;
    private final FrameBudget budget;
    private final RequestLines lines = new RequestLines();
    private final Http2Streams<Http2ClientStream> streams;
    private final long acceptedNanos = System.nanoTime();
    private final TimerWheel.Timer timer = new TimerWheel.Timer() {
        @Override
        void expired() {
            timeout();
        }
    };
    private final Runnable flushing = this::flushNow;

    private @Nullable ChannelHandlerContext context;
    private boolean opened;
    private boolean anyRequest;
    private boolean flushDue;
    private boolean goingAway;
    private boolean saidLast;
    private boolean closing;
    private long endedNanos = acceptedNanos;
    private int unflushed;

    Http2ClientConnection(
            Http2ConnectionDecoder decoder,
            Http2ConnectionEncoder encoder,
            Http2Settings settings,
            Http2Codec codec,
            TrafficLoop loop,
            Listener listener,
            ClientAddress address,
            LongSupplier ids,
            Channel channel) {
        super(decoder, encoder, settings, true);
        this.block = codec.block();
        this.frames = codec.frames();
        this.budget = codec.budget();
        this.loop = loop;
        this.listener = listener;
        this.address = address;
        this.ids = ids;
        this.id = ids.getAsLong();
        this.channel = channel;
        this.streams = new Http2Streams<>(connection());
        Events events = new Events();
        decoder.frameListener(events);
        connection().addListener(events);
        encoder.flowController().listener(this::writable);
    }

    // Opening

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        context = ctx;
        super.handlerAdded(ctx);
        if (channel.isActive()) {
            opened();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        super.channelActive(ctx);
        opened();
    }

    private void opened() throws Http2Exception {
        if (opened) {
            return;
        }
        opened = true;
        loop.add(this);
        loop.observer.connectionOpened(listener.id());
        loop.wheel.arm(timer, loop.requestHeadTicks);
        connection()
                .local()
                .flowController()
                .incrementWindowSize(
                        connection().connectionStream(), Http2Codec.CONNECTION_WINDOW - Http2Parts.INITIAL_WINDOW);
        channel.flush();
        if (loop.stopping) {
            // The others were told when it began.
            drain();
        }
    }

    ChannelHandlerContext context() {
        ChannelHandlerContext known = context;
        if (known == null) {
            throw new IllegalStateException("not in a pipeline yet");
        }
        return known;
    }

    // Reading

    private final class Events extends Http2EventAdapter {

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
            Http2Stream stream = connection().stream(streamId);
            Http2ClientStream known = streams.of(stream);
            if (known == null) {
                request(stream, endOfStream);
            } else {
                known.trailers(block);
            }
        }

        @Override
        public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream) {
            Http2ClientStream stream = streams.of(streamId);
            int taken = data.readableBytes();
            if (stream != null) {
                taken = stream.data(data, endOfStream);
            }
            return taken + padding;
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
            Http2ClientStream stream = streams.of(streamId);
            if (stream != null) {
                stream.gone();
            }
        }

        @Override
        public void onWindowUpdateRead(ChannelHandlerContext ctx, int streamId, int increment) {
            Http2ClientStream stream = streams.of(streamId);
            if (stream != null) {
                stream.windowOpened(increment);
            }
        }

        @Override
        public void onPingAckRead(ChannelHandlerContext ctx, long data) {
            if (goingAway) {
                sayLast();
            }
        }

        @Override
        public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
            holdUnsent();
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) throws Http2Exception {
            holdUnsent();
        }

        @Override
        public void onStreamClosed(Http2Stream stream) {
            Http2ClientStream known = streams.of(stream);
            if (known != null) {
                known.gone();
                streamOver();
            }
        }
    }

    /** Lets a client go that has us answer frames and does not read the answers. */
    private void holdUnsent() throws Http2Exception {
        if (unsentBytes() > MOST_UNSENT) {
            throw new MeteredFrames.ExcessException(FrameBudget.Excess.CONTROL_FRAMES);
        }
    }

    private void request(Http2Stream stream, boolean end) {
        anyRequest = true;
        timer.cancel();
        Http2ClientStream opening = new Http2ClientStream(this, stream, ids.getAsLong(), end);
        streams.put(stream, opening);
        HeadFault fault = lines.write(block, end, loop.writer);
        if (fault != null) {
            opening.refuse(fault, null);
            return;
        }
        RequestHead head = loop.takeRequestHead();
        ByteBuf written = Unpooled.wrappedBuffer(loop.writer.room(0), 0, loop.writer.size());
        if (head.feed(written) == HeadParser.Progress.COMPLETE) {
            opening.request(head);
        } else {
            fault = head.fault();
            HeadFault known = fault == null ? HeadFault.BAD_FIELD_VALUE : fault;
            loop.errors.request(listener.name(), address.peer(), head, known);
            opening.refuse(known, head);
        }
        loop.giveBack(head);
    }

    /** Counts a stream that came to nothing because the client broke a rule. */
    void broken() {
        FrameBudget.Excess excess = budget.reset(System.nanoTime());
        if (excess != null) {
            ChannelHandlerContext ctx = context();
            // Not from within what the stream is about to do.
            loop.eventLoop.execute(() -> onError(ctx, false, new MeteredFrames.ExcessException(excess)));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
        if (closing) {
            ReferenceCountUtil.release(msg);
        } else {
            super.channelRead(ctx, msg);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        if (closing) {
            // Reading on, which the codec would do by itself, is up to whoever has closed.
            ctx.fireChannelReadComplete();
            return;
        }
        super.channelReadComplete(ctx);
        if (frames.isIncomplete() && (frames.tookWhole() || !timer.isArmed())) {
            // Behind a stream there may be a body that comes slowly, whose own pace is seen to.
            boolean idle = connection().numActiveStreams() == 0;
            loop.wheel.arm(timer, idle ? loop.requestHeadTicks : loop.clientTicks);
        } else if (!frames.isIncomplete() && connection().numActiveStreams() > 0) {
            timer.cancel();
        }
    }

    // Writing

    /** Has all that was written sent once those that are ready to be read have been. */
    void flushSoon(boolean now) {
        if (now) {
            flushNow();
        } else if (!flushDue) {
            flushDue = true;
            loop.eventLoop.execute(flushing);
        }
    }

    private void flushNow() {
        flushDue = false;
        unflushed = 0;
        if (channel.isActive()) {
            flush(context());
        }
    }

    /** Counts in what was written; true if it is enough to be sent at once. */
    boolean wrote(int bytes) {
        budget.sent(bytes);
        unflushed += bytes;
        return unflushed >= Http2Codec.FLUSH_AT;
    }

    private void writable(Http2Stream stream) {
        Http2ClientStream known = streams.of(stream);
        if (known != null && encoder().flowController().isWritable(stream)) {
            known.writable();
        }
    }

    long unsentBytes() {
        var buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    // Ends

    private void streamOver() {
        endedNanos = System.nanoTime();
        // The stream that closes is still counted among the active ones.
        if (connection().numActiveStreams() <= 1) {
            loop.eventLoop.execute(this::idle);
        }
    }

    private void idle() {
        if (closing || !isIdle()) {
            return;
        }
        if (saidLast) {
            closeAfterWrites();
        } else {
            loop.wheel.arm(timer, loop.keepAliveTicks);
        }
    }

    private void timeout() {
        if (closing) {
            channel.close();
        } else if (frames.isIncomplete() || !anyRequest || isIdle()) {
            goAway(Http2Error.NO_ERROR);
            closeAfterWrites();
        }
    }

    private void goAway(Http2Error error) {
        if (!saidLast || error != Http2Error.NO_ERROR) {
            saidLast = true;
            goingAway = true;
            ChannelHandlerContext ctx = context();
            goAway(
                    ctx,
                    connection().remote().lastStreamCreated(),
                    error.code(),
                    Unpooled.EMPTY_BUFFER,
                    ctx.newPromise());
            channel.flush();
        }
    }

    /**
     * The first of two steps, RFC 9113 section 6.8: says that the end is near while still taking what is on its way; the
     * second, when the client has answered a PING, says which request was the last.
     */
    @Override
    public void drain() {
        if (goingAway || closing) {
            return;
        }
        goingAway = true;
        ChannelHandlerContext ctx = context();
        goAway(ctx, Integer.MAX_VALUE, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, ctx.newPromise());
        encoder().writePing(ctx, false, 0, ctx.newPromise());
        channel.flush();
        loop.eventLoop.schedule(this::sayLast, SECOND_GOAWAY_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void sayLast() {
        if (!closing && channel.isActive()) {
            goAway(Http2Error.NO_ERROR);
            idle();
        }
    }

    /** Ends our side once all is sent, then reads on for a moment: a reset would destroy what the client has not read. */
    private void closeAfterWrites() {
        closing = true;
        loop.wheel.arm(timer, loop.clientTicks);
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
            if (!written.isSuccess() || !channel.isActive()) {
                channel.close();
            } else {
                ClientEnding.endOutput(channel);
                loop.wheel.arm(timer, LINGER_TICKS);
            }
        });
    }

    /** Says why, then reads no more: a reset, which unread bytes would cause at once, would destroy what was said. */
    @Override
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception http2) {
        if (closing) {
            return;
        }
        closing = true;
        Http2Error error = http2 == null ? Http2Error.INTERNAL_ERROR : http2.error();
        if (!outbound && http2 != null) {
            loop.observer.connectionRefused(listener.id(), refusal(http2));
        } else if (channel.isActive()) {
            LOG.error("an HTTP/2 connection came to an error of the edge's own", cause);
        }
        goAway(error);
        streams.all().forEach(Http2ClientStream::gone);
        channel.config().setAutoRead(false);
        closeAfterWrites();
    }

    private static ConnectionRefusal refusal(Http2Exception error) {
        if (error instanceof MeteredFrames.ExcessException metered) {
            return switch (metered.excess()) {
                case RESETS -> ConnectionRefusal.H2_RESETS;
                case CONTROL_FRAMES -> ConnectionRefusal.H2_CONTROL_FRAMES;
                case WINDOW_UPDATES -> ConnectionRefusal.H2_WINDOW_UPDATES;
            };
        }
        // The only bound of the codec's own.
        return error.error() == Http2Error.ENHANCE_YOUR_CALM
                ? ConnectionRefusal.H2_CONTINUATIONS
                : ConnectionRefusal.H2_PROTOCOL;
    }

    @Override
    protected void onStreamError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception.StreamException error) {
        if (error.error() == Http2Error.STREAM_CLOSED && connection().stream(error.streamId()) == null) {
            if (frames.isInHead() && block.beginsRequest()) {
                // RFC 9113 section 5.1.1: a stream below the last can be opened no more.
                Http2Exception broken =
                        Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "a stream below the last");
                onConnectionError(ctx, outbound, broken, broken);
            }
            // Else it was under way when the stream was reset, and has been told: RFC 9113 section 5.1, "closed".
            return;
        }
        if (!outbound) {
            broken();
        }
        if (error instanceof Http2Exception.HeaderListSizeException tooLarge && tooLarge.duringDecode()) {
            refuseHead(error.streamId());
            return;
        }
        super.onStreamError(ctx, outbound, cause, error);
    }

    /** Answers a head that was larger than it may be; what it said is lost, and so is whether a body follows. */
    private void refuseHead(int streamId) {
        try {
            Http2Stream known = connection().stream(streamId);
            if (known == null) {
                Http2Stream stream = connection().remote().createStream(streamId, true);
                Http2ClientStream refused = new Http2ClientStream(this, stream, ids.getAsLong(), true);
                streams.put(stream, refused);
                refused.refuse(HeadFault.HEAD_TOO_LARGE, null);
            } else {
                // Its trailers were.
                resetStream(
                        context(),
                        streamId,
                        Http2Error.PROTOCOL_ERROR.code(),
                        context().newPromise());
            }
        } catch (Http2Exception e) {
            onError(context(), false, e);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            // Nothing that a stream might need from its client can come any more, not even a window.
            channel.close();
        } else {
            super.userEventTriggered(ctx, event);
        }
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
        closing = true;
        super.channelInactive(ctx);
        loop.wheel.remove(timer);
        if (opened) {
            opened = false;
            loop.clients.remove(this);
            loop.observer.connectionClosed(listener.id());
        }
    }

    // What operators ask and do

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public boolean isIdle() {
        return connection().numActiveStreams() == 0 && !closing;
    }

    @Override
    public boolean isIdleFor(long nanos, long nowNanos) {
        return isIdle() && nowNanos - endedNanos >= nanos;
    }

    @Override
    public void closeIdle() {
        goAway(Http2Error.NO_ERROR);
        closeAfterWrites();
    }

    @Override
    public void shedStalled() {
        streams.all().forEach(Http2ClientStream::shedStalled);
    }

    @Override
    public void giveUp() {
        streams.all().forEach(Http2ClientStream::giveUp);
    }

    @Override
    public void describe(long nowNanos, Consumer<OpenSession> to) {
        List<Http2ClientStream> open = streams.all();
        Duration age = Duration.ofNanos(nowNanos - acceptedNanos);
        if (open.isEmpty()) {
            OpenSession.Phase phase = closing ? OpenSession.Phase.CLOSING : OpenSession.Phase.IDLE;
            to.accept(OpenSession.idle(
                    id, listener, address.peer(), age, phase, Duration.ofNanos(nowNanos - endedNanos)));
        }
        open.forEach(stream -> to.accept(stream.describe(nowNanos, age)));
    }

    @Override
    public boolean shutdown(long session) {
        if (session == id) {
            giveUp();
            goAway(Http2Error.NO_ERROR);
            idle();
            return true;
        }
        for (Http2ClientStream stream : streams.all()) {
            if (stream.id() == session) {
                stream.shutdown();
                return true;
            }
        }
        return false;
    }
}
