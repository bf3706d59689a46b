package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The first thing on a connection of a trusted proxy, where the listener asks for it: waits for the PROXY header, says whose
 * connection this is and hands on all that follows, untouched. Without a header in time there is no connection. Belongs to
 * one event loop.
 */
final class ProxyHeaderReader extends ChannelInboundHandlerAdapter implements ClientSession {

    /** Is told whose connection it is; puts what comes next behind this handler, or closes the channel. */
    interface Next {
        void identified(InetSocketAddress client, InetSocketAddress local, boolean trusted);
    }

    private final TrafficLoop loop;
    private final Listener listener;
    private final Channel channel;
    private final InetSocketAddress peer;
    private final InetSocketAddress local;
    private final long id;
    private final Next next;
    private final long acceptedNanos = System.nanoTime();
    private final TimerWheel.Timer timer = new TimerWheel.Timer() {
        @Override
        void expired() {
            refuse(ConnectionRefusal.PROXY_HEADER_LATE);
        }
    };

    private @Nullable ByteBuf gathered;
    private boolean over;

    /**
     * @param peer the trusted proxy
     * @param local where it connected to
     * @param id of the session, for operators
     */
    ProxyHeaderReader(
            TrafficLoop loop,
            Listener listener,
            Channel channel,
            InetSocketAddress peer,
            InetSocketAddress local,
            long id,
            Next next) {
        this.loop = loop;
        this.listener = listener;
        this.channel = channel;
        this.peer = peer;
        this.local = local;
        this.id = id;
        this.next = next;
    }

    /** What comes next is told when it is there. */
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        loop.add(this);
        loop.wheel.arm(timer, loop.requestHeadTicks);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        ByteBuf in = (ByteBuf) msg;
        if (over) {
            ctx.fireChannelRead(in);
            return;
        }
        ByteBuf earlier = gathered;
        gathered = null;
        ByteBuf all =
                earlier == null ? in : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(channel.alloc(), earlier, in);
        int length = ProxyHeader.length(all);
        if (length == ProxyHeader.MORE) {
            gathered = all;
            return;
        }
        ProxyHeader header =
                length == ProxyHeader.MALFORMED ? null : ProxyHeader.read(ctx, all.slice(all.readerIndex(), length));
        if (header == null) {
            all.release();
            refuse(ConnectionRefusal.PROXY_HEADER_MALFORMED);
            return;
        }
        handOn(ctx, header, all.skipBytes(length));
    }

    /** Takes over the buffer. */
    private void handOn(ChannelHandlerContext ctx, ProxyHeader header, ByteBuf rest) {
        end();
        InetSocketAddress source = header.source();
        InetSocketAddress destination = header.destination();
        if (source != null && destination != null) {
            next.identified(source, destination, loop.settings.trustedProxy().test(source.getAddress()));
        } else {
            // A client that its proxy cannot name is not one to be believed because of that proxy.
            next.identified(peer, local, header.origin() == ProxyHeader.Origin.LOCAL);
        }
        if (channel.isActive()) {
            ctx.fireChannelActive();
        }
        if (channel.isActive() && rest.isReadable()) {
            ctx.fireChannelRead(rest);
        } else {
            rest.release();
        }
        if (!ctx.isRemoved()) {
            channel.pipeline().remove(this);
        }
    }

    private void end() {
        over = true;
        loop.clients.remove(this);
        loop.wheel.remove(timer);
        ByteBuf held = gathered;
        gathered = null;
        if (held != null) {
            held.release();
        }
    }

    private void refuse(ConnectionRefusal reason) {
        end();
        loop.observer.connectionRefused(listener.id(), reason);
        channel.close();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (over) {
            ctx.fireUserEventTriggered(event);
        } else if (event == ChannelInputShutdownEvent.INSTANCE) {
            ended();
        }
    }

    /** One that sends nothing at all is a check of whether the port is open, and no refusal. */
    private void ended() {
        if (gathered == null) {
            end();
            channel.close();
        } else {
            refuse(ConnectionRefusal.PROXY_HEADER_MALFORMED);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (over) {
            ctx.fireChannelInactive();
        } else {
            ended();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        channel.close();
    }

    // What operators ask and do

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public boolean isIdle() {
        return gathered == null;
    }

    @Override
    public boolean isIdleFor(long nanos, long nowNanos) {
        return isIdle() && nowNanos - acceptedNanos >= nanos;
    }

    @Override
    public void closeIdle() {
        end();
        channel.close();
    }

    @Override
    public void drain() {}

    /** Nothing is under way that could be lost. */
    @Override
    public void giveUp() {
        closeIdle();
    }

    @Override
    public void describe(long nowNanos, Consumer<OpenSession> to) {
        Duration age = Duration.ofNanos(nowNanos - acceptedNanos);
        to.accept(OpenSession.idle(id, listener, peer, age, OpenSession.Phase.IDLE, age));
    }

    @Override
    public boolean shutdown(long session) {
        if (session == id) {
            closeIdle();
        }
        return session == id;
    }
}
