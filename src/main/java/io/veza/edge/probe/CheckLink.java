package io.veza.edge.probe;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.veza.edge.control.ServerLink;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.tls.ServerTls;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How checks reach the servers of one pool: as its traffic does. Thread-safe. */
final class CheckLink {

    private final ServerLink link;
    private final @Nullable ServerTls tls;

    /** Reads the files that TLS needs. */
    CheckLink(ServerLink link) {
        this.link = link;
        this.tls = link.tls()
                .map(wanted -> ServerTls.of(new ServerTls.Terms(
                        wanted.verified(),
                        wanted.ca(),
                        wanted.clientCert(),
                        link.protocol() == ServerLink.Protocol.H2)))
                .orElse(null);
    }

    /** Whether a Host field without a port means 443 instead of 80. */
    boolean isSecure() {
        return tls != null;
    }

    /**
     * Connects, and has the exchange speak HTTP once nothing stands in the way.
     *
     * @param configured whose host TLS asks for, if the pool has no name for that
     * @param failed is told why there is no connection
     */
    void connect(
            EventLoop eventLoop,
            InetSocketAddress address,
            ServerAddress configured,
            int timeoutMillis,
            ChannelHandler exchange,
            Consumer<Throwable> failed) {
        boolean epoll = eventLoop.parent() instanceof EpollEventLoopGroup;
        new Bootstrap()
                .group(eventLoop)
                .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new Door(configured, timeoutMillis, exchange, failed))
                .connect(address)
                .addListener(connected -> {
                    if (!connected.isSuccess()) {
                        failed.accept(connected.cause());
                    }
                });
    }

    /** What a new connection goes through; gives way to HTTP. */
    private final class Door extends ChannelInboundHandlerAdapter {
        private final ServerAddress configured;
        private final int timeoutMillis;
        private final ChannelHandler exchange;
        private final Consumer<Throwable> failed;

        Door(ServerAddress configured, int timeoutMillis, ChannelHandler exchange, Consumer<Throwable> failed) {
            this.configured = configured;
            this.timeoutMillis = timeoutMillis;
            this.exchange = exchange;
            this.failed = failed;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ServerTls secured = tls;
            if (secured == null) {
                speak(ctx);
                return;
            }
            String name = link.tls().flatMap(ServerLink.Tls::sni).orElse(configured.host());
            SslHandler handler = secured.newHandler(ctx.alloc(), name, configured.port());
            handler.setHandshakeTimeoutMillis(timeoutMillis);
            ctx.pipeline().addFirst(handler);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                Throwable cause = handshake.cause();
                if (cause == null) {
                    speak(ctx);
                } else {
                    failed.accept(cause);
                }
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failed.accept(cause);
            ctx.close();
        }

        private void speak(ChannelHandlerContext ctx) {
            ctx.pipeline().addLast(new HttpClientCodec(4096, Check.HEAD_LIMIT, 8192, true), exchange);
            ctx.pipeline().remove(this);
        }
    }
}
