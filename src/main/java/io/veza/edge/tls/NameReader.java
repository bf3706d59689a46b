package io.veza.edge.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the name that a client asks for (RFC 6066 section 3) and makes way for a handler with the certificate for it.
 * One that may not come in gets the alert {@code unrecognized_name}.
 */
final class NameReader extends AbstractSniHandler<CertificateChoice.Entry> {

    /** A hello is some 2 KiB with post-quantum keys; nobody needs 16 MiB to say a name. */
    private static final int LARGEST_HELLO = 16 * 1024;

    private static final byte[] UNRECOGNIZED_NAME = {21, 3, 3, 0, 2, 2, 112};

    private final CertificateChoice choice;
    private final InstantSource clock;

    NameReader(CertificateChoice choice, InstantSource clock) {
        // No timeout: the traffic plane has its own.
        super(LARGEST_HELLO, 0);
        this.choice = choice;
        this.clock = clock;
    }

    @Override
    protected Future<CertificateChoice.Entry> lookup(ChannelHandlerContext ctx, @Nullable String name) {
        CertificateChoice.Entry found = choice.select(name);
        return found != null
                ? ctx.executor().newSucceededFuture(found)
                : ctx.executor().newFailedFuture(new UnknownNameException());
    }

    @Override
    protected void onLookupComplete(ChannelHandlerContext ctx, String name, Future<CertificateChoice.Entry> found) {
        if (found.isSuccess()) {
            ByteBufAllocator allocator = ctx.alloc();
            ctx.pipeline().replace(this, null, found.getNow().newHandler(allocator, clock));
            return;
        }
        ctx.fireUserEventTriggered(new SslHandshakeCompletionEvent(found.cause()));
        ByteBuf alert = Unpooled.wrappedBuffer(UNRECOGNIZED_NAME);
        ctx.writeAndFlush(alert).addListener(ChannelFutureListener.CLOSE);
    }
}
