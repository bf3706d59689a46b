package io.veza.edge.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.tls.ServerTls;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a new connection to a server goes through before it speaks HTTP/2, or HTTP/1.1 where that needs more than a
 * connection: the PROXY header, the TLS handshake, within what is left of the time to connect. Stays in the pipeline only until it is through.
 * Belongs to one event loop.
 */
final class ServerEntrance extends ChannelInboundHandlerAdapter {

    /** Who waits for the connection; is told once, of one or the other. */
    interface Arrival {

        /** It is ready: its handler is to take the entrance's place. */
        void entered(ChannelHandlerContext entrance);

        /** It came to nothing and is closed. */
        void refused();
    }

    private final TrafficLoop loop;
    private final ServerEntry server;
    private final PoolTraffic pool;
    private final @Nullable ProxyAnnouncement announcement;
    private final long deadlineNanos;
    private final Arrival arrival;
    private boolean over;

    ServerEntrance(
            TrafficLoop loop,
            ServerEntry server,
            PoolTraffic pool,
            @Nullable ProxyAnnouncement announcement,
            Arrival arrival) {
        this.loop = loop;
        this.server = server;
        this.pool = pool;
        this.announcement = announcement;
        this.deadlineNanos = System.nanoTime() + pool.connectMillis * 1_000_000L;
        this.arrival = arrival;
    }

    /** What is left of the time to connect. */
    Duration left() {
        return Duration.ofNanos(deadlineNanos - System.nanoTime());
    }

    /** There will be no connection. */
    void notConnected() {
        if (!over) {
            over = true;
            arrival.refused();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (announcement != null) {
            announcement.write(ctx.channel());
        }
        ServerTls tls = pool.tls;
        if (tls == null) {
            over = true;
            arrival.entered(ctx);
            return;
        }
        Channel channel = ctx.channel();
        String sni = pool.sni;
        String name = sni != null ? sni : server.server().address().host();
        SslHandler handler =
                tls.newHandler(channel.alloc(), name, server.server().address().port());
        handler.setHandshakeTimeoutMillis(Math.max(1, left().toMillis()));
        // On a channel that is active the handshake begins as its handler is added.
        channel.pipeline().addFirst(handler);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        ServerTls tls = pool.tls;
        if (!over && tls != null && event instanceof SslHandshakeCompletionEvent handshake) {
            if (handshake.isSuccess() && tls.agreed(ctx.pipeline().get(SslHandler.class))) {
                over = true;
                arrival.entered(ctx);
            } else {
                loop.observer.handshakeFailed(server);
                ctx.close();
                notConnected();
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // That a handshake failed is told by an event, too.
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        notConnected();
    }
}
