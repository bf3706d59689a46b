package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.veza.edge.http1.Octets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells by its first bytes whether a client speaks HTTP/2 without having said so ("prior knowledge", RFC 9113 section
 * 3.3): its preface begins as no request of HTTP/1.1 does. Gives way to the protocol as soon as it is known, with all
 * that has come. Belongs to one event loop.
 */
final class Http2Preface extends ChannelInboundHandlerAdapter {

    private static final byte[] PREFACE = Octets.ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    private final TrafficLoop loop;
    private final Consumer<Boolean> known;
    private @Nullable ByteBuf come;
    private TimerWheel.@Nullable Timer timer;

    /** @param known is told whether it is HTTP/2, and puts the protocol behind this handler */
    Http2Preface(TrafficLoop loop, Consumer<Boolean> known) {
        this.loop = loop;
        this.known = known;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        TimerWheel.Timer waiting = new TimerWheel.Timer() {
            @Override
            void expired() {
                ctx.close();
            }
        };
        timer = waiting;
        loop.wheel.arm(waiting, loop.requestHeadTicks);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        ByteBuf earlier = come;
        ByteBuf in = (ByteBuf) msg;
        ByteBuf all = earlier == null ? in : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), earlier, in);
        come = all;
        int length = Math.min(all.readableBytes(), PREFACE.length);
        for (int i = 0; i < length; i++) {
            if (all.getByte(all.readerIndex() + i) != PREFACE[i]) {
                known(false, ctx);
                return;
            }
        }
        if (length == PREFACE.length) {
            known(true, ctx);
        }
    }

    private void known(boolean http2, ChannelHandlerContext ctx) {
        known.accept(http2);
        ctx.fireChannelActive();
        ByteBuf all = come;
        come = null;
        if (all != null) {
            ctx.fireChannelRead(all);
        }
        ctx.pipeline().remove(this);
    }

    /** Who comes behind this is told when it is there. */
    @Override
    public void channelActive(ChannelHandlerContext ctx) {}

    /** Whoever says his last before it is known what he speaks says nothing that could be answered, or half a request. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        known(false, ctx);
        ctx.fireUserEventTriggered(event);
    }

    /** A client that resets: nothing to be told of. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        TimerWheel.Timer waiting = timer;
        if (waiting != null) {
            loop.wheel.remove(waiting);
        }
        ByteBuf all = come;
        come = null;
        if (all != null) {
            all.release();
        }
    }
}
