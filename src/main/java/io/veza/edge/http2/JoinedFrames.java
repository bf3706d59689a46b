package io.veza.edge.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;

/**
 * Writes a frame of fields, and one of little data, as one buffer with its header. Netty's writer hands on header and
 * payload one after the other, with a buffer and a promise for each. Belongs to one connection.
 */
public final class JoinedFrames extends DefaultHttp2FrameWriter {

    /** So much data costs less to copy than to be written beside its header. */
    private static final int LITTLE = 1024;

    private static final int HEADER = Http2CodecUtil.FRAME_HEADER_LENGTH;
    private static final int USUAL_BLOCK = 256;

    private final Http2HeadersEncoder fields;

    public JoinedFrames(Http2HeadersEncoder fields) {
        super(fields);
        this.fields = fields;
    }

    @Override
    public ChannelFuture writeData(
            ChannelHandlerContext ctx, int stream, ByteBuf data, int padding, boolean end, ChannelPromise promise) {
        int length = data.readableBytes();
        if (padding != 0 || length > LITTLE) {
            return super.writeData(ctx, stream, data, padding, end, promise);
        }
        ByteBuf frame;
        try {
            frame = ctx.alloc().buffer(HEADER + length);
            Http2Flags flags = new Http2Flags().endOfStream(end);
            Http2CodecUtil.writeFrameHeader(frame, length, Http2FrameTypes.DATA, flags, stream);
            frame.writeBytes(data);
        } catch (RuntimeException | Error e) {
            return promise.setFailure(e);
        } finally {
            data.release();
        }
        return ctx.write(frame, promise);
    }

    @Override
    public ChannelFuture writeHeaders(
            ChannelHandlerContext ctx,
            int stream,
            Http2Headers head,
            int padding,
            boolean end,
            ChannelPromise promise) {
        if (padding != 0) {
            return super.writeHeaders(ctx, stream, head, padding, end, promise);
        }
        ByteBuf frames = Unpooled.EMPTY_BUFFER;
        try {
            frames = ctx.alloc().buffer(USUAL_BLOCK).writerIndex(HEADER);
            fields.encodeHeaders(stream, head, frames);
            frames = framed(ctx, frames, stream, end);
        } catch (Http2Exception e) {
            frames.release();
            return promise.setFailure(e);
        } catch (RuntimeException | Error e) {
            frames.release();
            promise.setFailure(e);
            throw e;
        }
        return ctx.write(frames, promise);
    }

    /** The block with its header in the room before it, or as several frames if it is too long for one. */
    private ByteBuf framed(ChannelHandlerContext ctx, ByteBuf block, int stream, boolean end) {
        int most = maxFrameSize();
        int length = block.readableBytes() - HEADER;
        Http2Flags flags = new Http2Flags().endOfStream(end).endOfHeaders(length <= most);
        if (length <= most) {
            block.writerIndex(0);
            Http2CodecUtil.writeFrameHeader(block, length, Http2FrameTypes.HEADERS, flags, stream);
            return block.writerIndex(HEADER + length);
        }
        ByteBuf frames = ctx.alloc().buffer(length + (length / most + 1) * HEADER);
        byte type = Http2FrameTypes.HEADERS;
        block.skipBytes(HEADER);
        while (block.isReadable()) {
            int part = Math.min(most, block.readableBytes());
            flags.endOfHeaders(part == block.readableBytes());
            Http2CodecUtil.writeFrameHeader(frames, part, type, flags, stream);
            frames.writeBytes(block, part);
            type = Http2FrameTypes.CONTINUATION;
            flags = new Http2Flags();
        }
        block.release();
        return frames;
    }
}
