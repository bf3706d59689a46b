package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelException;
import io.netty.channel.EventLoop;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.http1.HeadLimits;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.http1.Trailers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ServerConnectionsTest {

    /** A channel that cannot be made, as when the process has no descriptors left. */
    public static final class NoDescriptors extends NioSocketChannel {
        public NoDescriptors() {
            throw new ChannelException("too many open files");
        }
    }

    /** Remembers on which thread the exchange failed. */
    private static final class Client implements ClientSide {
        final CompletableFuture<Thread> failedOn = new CompletableFuture<>();

        @Override
        public void failed(ExchangeFailure failure) {
            failedOn.complete(Thread.currentThread());
        }

        @Override
        public void interim(ResponseHead head) {}

        @Override
        public void responseHead(ResponseHead head, Exchange exchange, long bodyLength, int ready) {}

        @Override
        public void responseData(ByteBuf data) {}

        @Override
        public void responseEnd(@Nullable Trailers trailers) {}

        @Override
        public void tunnelData(ByteBuf data) {
            data.release();
        }

        @Override
        public void pauseReading() {}

        @Override
        public void resumeReading() {}

        @Override
        public void tunnelOver() {}

        @Override
        public void closeTunnel() {}

        @Override
        public void switchTo(Tunnel tunnel, ResponseHead head, Exchange exchange) {}

        @Override
        public void describe(ExchangeRecord record) {}

        @Override
        public void captureResponse(String pool, ServerEntry server, ResponseHead head) {}

        @Override
        public void exchangeOver() {}

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void resumeUpload() {}

        @Override
        public void flush() {}
    }

    /**
     * Netty tells of a channel that could not even be made on a thread of its own, and the exchange went on there: beside
     * the event loop that its connection, timers and counters belong to.
     */
    @Test
    void a_process_out_of_descriptors_fails_exchanges_on_their_own_event_loop() throws Exception {
        NioEventLoopGroup group = new NioEventLoopGroup(1);
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {
            EventLoop eventLoop = group.next();
            InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
            Client client = new Client();
            Thread own = eventLoop.submit(Thread::currentThread).get(5, TimeUnit.SECONDS);

            eventLoop.execute(() -> {
                TrafficLoop loop = new TrafficLoop(
                        eventLoop,
                        NoDescriptors.class,
                        new TrafficSettings(
                                HeadLimits.DEFAULT,
                                1,
                                ClientLimits.NONE,
                                Http2Limits.DEFAULT,
                                1,
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(1),
                                peer -> false),
                        new TrafficCounters(),
                        null,
                        new ErrorCaptures(),
                        () -> 1);
                RequestHead head = new RequestHead(HeadLimits.DEFAULT);
                head.feed(Unpooled.copiedBuffer("GET / HTTP/1.1\r\nHost: a\r\n\r\n", StandardCharsets.US_ASCII));
                new Exchange(
                                loop,
                                client,
                                new ClientAddress(loopback, loopback, "http", false),
                                new PoolTraffic(edge.pool, 0),
                                head,
                                System.nanoTime())
                        .start();
            });

            assertThat(client.failedOn.get(5, TimeUnit.SECONDS)).isSameAs(own);
            edge.awaitIdle("s1");
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }
}
