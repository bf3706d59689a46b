package io.veza.edge.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.veza.edge.tls.HandshakeFailure;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A client connection until its TLS handshake is over: waits behind the handler that does it, then makes way for the
 * protocol. Belongs to one event loop.
 */
final class ClientHandshake extends ChannelInboundHandlerAdapter implements ClientSession {

    /** What comes after the handshake; it puts the protocol in as the last handler. */
    interface Next {
        void speak(SslHandler secured);
    }

    private final TrafficLoop loop;
    private final Listener listener;
    private final InetSocketAddress peer;
    private final Channel channel;
    private final long id;
    private final long ticks;
    private final Next next;
    private final long acceptedNanos = System.nanoTime();
    private final TimerWheel.Timer timer = new TimerWheel.Timer() {
        @Override
        void expired() {
            fail(HandshakeFailure.TIMEOUT);
            cut();
        }
    };

    private boolean over;

    /** @param id for operators */
    ClientHandshake(
            TrafficLoop loop,
            Listener listener,
            InetSocketAddress peer,
            Channel channel,
            long id,
            Duration within,
            Next next) {
        this.loop = loop;
        this.listener = listener;
        this.peer = peer;
        this.channel = channel;
        this.id = id;
        this.ticks = TimerWheel.ticks(within);
        this.next = next;
    }

    /** What comes later learns of it from here. */
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        loop.add(this);
        loop.wheel.arm(timer, ticks);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            // Nothing more comes, and without that there is no end to this.
            fail(HandshakeFailure.CLOSED);
            cut();
            return;
        }
        if (over || !(event instanceof SslHandshakeCompletionEvent completed)) {
            return;
        }
        if (!completed.isSuccess()) {
            // Its handler sends the alert and closes.
            fail(HandshakeFailure.of(completed.cause()));
            return;
        }
        over();
        SslHandler secured = Objects.requireNonNull(ctx.pipeline().get(SslHandler.class));
        loop.observer.handshake(listener.id(), secured.engine().getSession().getProtocol());
        next.speak(secured);
        ctx.fireChannelActive();
        // What has come with the end of the handshake follows this event.
        ctx.pipeline().remove(this);
    }

    private void fail(HandshakeFailure failure) {
        if (!over) {
            over();
            loop.observer.handshakeFailed(listener.id(), failure);
        }
    }

    private void over() {
        over = true;
        loop.wheel.remove(timer);
        loop.clients.remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(HandshakeFailure.of(cause));
        cut();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        fail(HandshakeFailure.CLOSED);
    }

    private void cut() {
        ClientEnding.cut(channel);
    }

    // What operators ask and do

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public boolean isIdle() {
        return true;
    }

    @Override
    public boolean isIdleFor(long nanos, long nowNanos) {
        return nowNanos - acceptedNanos >= nanos;
    }

    @Override
    public void closeIdle() {
        cut();
    }

    /** The first answer says it. */
    @Override
    public void drain() {}

    @Override
    public void giveUp() {}

    @Override
    public void describe(long nowNanos, Consumer<OpenSession> to) {
        Duration age = Duration.ofNanos(nowNanos - acceptedNanos);
        to.accept(OpenSession.idle(id, listener, peer, age, OpenSession.Phase.IDLE, age));
    }

    @Override
    public boolean shutdown(long session) {
        if (session == id) {
            cut();
        }
        return session == id;
    }
}
