package io.veza.edge.probe;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import io.veza.edge.control.ServerLink;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.tls.ServerTls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How checks reach the servers of one pool: as its traffic does. Thread-safe. */
final class CheckLink {

    /** A check is nobody's connection but the edge's own. */
    private static final byte[] PROXY_UNKNOWN = "PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII);

    /** The signature, version 2 with the command LOCAL, no addresses. */
    private static final byte[] PROXY_LOCAL = {
        '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n', 0x20, 0, 0, 0
    };

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

    /** By which checks are secured; empty for clear text. */
    Optional<ServerTls> tls() {
        return Optional.ofNullable(tls);
    }

    /** Whether servers that are spoken to in this way can be reached by it. */
    boolean isFor(ServerLink wanted) {
        return link.equals(wanted);
    }

    /** Whether a Host field without a port means 443 instead of 80. */
    boolean isSecure() {
        return tls != null;
    }

    /**
     * Connects, and has the exchange speak HTTP once nothing stands in the way.
     *
     * @param configured whose host TLS asks for, if the pool has no name for that
     * @param course is told how far it gets
     */
    void connect(
            EventLoop eventLoop,
            InetSocketAddress address,
            ServerAddress configured,
            int timeoutMillis,
            ChannelHandler exchange,
            Course course) {
        boolean epoll = eventLoop.parent() instanceof EpollEventLoopGroup;
        new Bootstrap()
                .group(eventLoop)
                .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new Door(configured, timeoutMillis, exchange, course))
                .connect(address)
                .addListener(connected -> {
                    if (!connected.isSuccess()) {
                        course.notConnected(connected.cause());
                    }
                });
    }

    /** What becomes of a connection before HTTP is spoken, in this order; called on its event loop. */
    interface Course {
        void notConnected(Throwable cause);

        /** There is a connection, and TLS is to begin. */
        void securing();

        void notSecured(Throwable cause);

        /** What there is in between has come to its end. */
        void secured();
    }

    /** What a new connection goes through; gives way to HTTP. */
    private final class Door extends ChannelInboundHandlerAdapter {
        private final ServerAddress configured;
        private final int timeoutMillis;
        private final ChannelHandler exchange;
        private final Course course;

        Door(ServerAddress configured, int timeoutMillis, ChannelHandler exchange, Course course) {
            this.configured = configured;
            this.timeoutMillis = timeoutMillis;
            this.exchange = exchange;
            this.course = course;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            switch (link.proxyHeader()) {
                case NONE -> {}
                case V1 -> ctx.write(Unpooled.wrappedBuffer(PROXY_UNKNOWN));
                case V2 -> ctx.write(Unpooled.wrappedBuffer(PROXY_LOCAL));
            }
            ServerTls secured = tls;
            if (secured == null) {
                speak(ctx);
                return;
            }
            course.securing();
            String name = link.tls().flatMap(ServerLink.Tls::sni).orElse(configured.host());
            SslHandler handler = secured.newHandler(ctx.alloc(), name, configured.port());
            handler.setHandshakeTimeoutMillis(timeoutMillis);
            ctx.pipeline().addFirst(handler);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            ServerTls secured = tls;
            if (secured != null && event instanceof SslHandshakeCompletionEvent handshake) {
                Throwable cause = handshake.cause();
                if (cause == null && secured.agreed(ctx.pipeline().get(SslHandler.class))) {
                    course.secured();
                    speak(ctx);
                } else if (cause == null) {
                    course.notSecured(new IOException("the server does not agree on HTTP/2"));
                    ctx.close();
                } else {
                    course.notSecured(cause);
                }
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            course.notConnected(cause);
            ctx.close();
        }

        private void speak(ChannelHandlerContext ctx) {
            if (link.isHttp2()) {
                speakHttp2(ctx.channel());
            } else {
                ctx.pipeline().addLast(new HttpClientCodec(4096, Check.HEAD_LIMIT, 8192, true), exchange);
                ctx.pipeline().remove(this);
            }
        }

        /** Stays behind the rest, for what goes wrong with the connection. */
        private void speakHttp2(Channel channel) {
            Http2Settings settings =
                    Http2Settings.defaultSettings().pushEnabled(false).maxHeaderListSize(Check.HEAD_LIMIT);
            String here = channel.pipeline().context(this).name();
            channel.pipeline()
                    .addBefore(
                            here,
                            null,
                            Http2FrameCodecBuilder.forClient()
                                    .initialSettings(settings)
                                    .build())
                    .addBefore(here, null, new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
            new Http2StreamChannelBootstrap(channel).open().addListener((Future<Http2StreamChannel> opened) -> {
                if (opened.isSuccess()) {
                    opened.getNow().pipeline().addLast(new Http2StreamFrameToHttpObjectCodec(false), exchange);
                } else {
                    course.notConnected(opened.cause());
                }
            });
        }
    }
}
