package io.veza.edge.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames as the reader it wraps does, and holds each against the client's {@link FrameBudget} before anybody acts on
 * it. Belongs to one connection.
 */
public final class MeteredFrames implements Http2FrameReader {

    /** A client has made more work than it may. */
    public static final class ExcessException extends Http2Exception {
        private static final long serialVersionUID = 1L;

        private final FrameBudget.Excess excess;

        public ExcessException(FrameBudget.Excess excess) {
            super(Http2Error.ENHANCE_YOUR_CALM, excess.name());
            this.excess = excess;
        }

        public FrameBudget.Excess excess() {
            return excess;
        }
    }

    private final Http2FrameReader reader;
    private final FrameBudget budget;
    private @Nullable Metering metering;
    private int readTo;
    private boolean incomplete;
    private boolean inHead;
    private boolean tookWhole;

    public MeteredFrames(Http2FrameReader reader, FrameBudget budget) {
        this.reader = reader;
        this.budget = budget;
    }

    @Override
    public void readFrame(ChannelHandlerContext ctx, ByteBuf in, Http2FrameListener listener) throws Http2Exception {
        Metering counting = metering;
        if (counting == null || !counting.isFor(listener)) {
            counting = new Metering(listener);
            metering = counting;
        }
        counting.in = in;
        readTo = in.readerIndex();
        reader.readFrame(ctx, in, counting);
        incomplete = readTo < in.writerIndex();
    }

    /** Whether the last bytes that came were not yet a whole frame, or not a whole block of fields. */
    public boolean isIncomplete() {
        return incomplete;
    }

    /** Whether any frame has become whole since this was asked last. */
    public boolean tookWhole() {
        boolean any = tookWhole;
        tookWhole = false;
        return any;
    }

    /** Whether the last frame to come whole was, or ended, a block of fields. */
    public boolean isInHead() {
        return inHead;
    }

    @Override
    public Configuration configuration() {
        return reader.configuration();
    }

    @Override
    public void close() {
        reader.close();
    }

    private static void hold(FrameBudget.@Nullable Excess excess) throws Http2Exception {
        if (excess != null) {
            throw new ExcessException(excess);
        }
    }

    private final class Metering extends Http2FrameListenerDecorator {
        private @Nullable ByteBuf in;

        Metering(Http2FrameListener listener) {
            super(listener);
        }

        boolean isFor(Http2FrameListener wanted) {
            return listener == wanted;
        }

        private void whole() {
            ByteBuf from = in;
            readTo = from == null ? 0 : from.readerIndex();
            inHead = false;
            tookWhole = true;
        }

        private void control() throws Http2Exception {
            whole();
            hold(budget.controlFrame(System.nanoTime()));
        }

        @Override
        public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
                throws Http2Exception {
            whole();
            if (!data.isReadable() && !endOfStream) {
                hold(budget.controlFrame(System.nanoTime()));
            }
            return super.onDataRead(ctx, streamId, data, padding, endOfStream);
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean endStream)
                throws Http2Exception {
            whole();
            inHead = true;
            super.onHeadersRead(ctx, streamId, headers, padding, endStream);
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
                boolean endStream)
                throws Http2Exception {
            whole();
            inHead = true;
            super.onHeadersRead(ctx, streamId, headers, streamDependency, weight, exclusive, padding, endStream);
        }

        @Override
        public void onPriorityRead(
                ChannelHandlerContext ctx, int streamId, int streamDependency, short weight, boolean exclusive)
                throws Http2Exception {
            control();
            super.onPriorityRead(ctx, streamId, streamDependency, weight, exclusive);
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) throws Http2Exception {
            whole();
            hold(budget.reset(System.nanoTime()));
            super.onRstStreamRead(ctx, streamId, errorCode);
        }

        @Override
        public void onSettingsAckRead(ChannelHandlerContext ctx) throws Http2Exception {
            control();
            super.onSettingsAckRead(ctx);
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) throws Http2Exception {
            control();
            super.onSettingsRead(ctx, settings);
        }

        @Override
        public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
            control();
            super.onPingRead(ctx, data);
        }

        @Override
        public void onPingAckRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
            control();
            super.onPingAckRead(ctx, data);
        }

        @Override
        public void onGoAwayRead(ChannelHandlerContext ctx, int lastStreamId, long errorCode, ByteBuf debugData)
                throws Http2Exception {
            control();
            super.onGoAwayRead(ctx, lastStreamId, errorCode, debugData);
        }

        @Override
        public void onWindowUpdateRead(ChannelHandlerContext ctx, int streamId, int windowSizeIncrement)
                throws Http2Exception {
            whole();
            hold(budget.windowUpdate(System.nanoTime()));
            super.onWindowUpdateRead(ctx, streamId, windowSizeIncrement);
        }

        @Override
        public void onUnknownFrame(
                ChannelHandlerContext ctx, byte frameType, int streamId, Http2Flags flags, ByteBuf payload)
                throws Http2Exception {
            control();
            super.onUnknownFrame(ctx, frameType, streamId, flags, payload);
        }
    }
}
