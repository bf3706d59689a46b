package io.veza.edge.proxy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.pool.Route;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The listeners and the event loops behind them: takes connections in, spreads them over the loops, and cuts the sessions
 * of servers that leave. Thread-safe.
 */
public final class TrafficPlane implements AutoCloseable {

    private static final int BACKLOG = 4096;

    private final EventLoopGroup group;
    private final boolean epoll;
    private final TrafficSettings settings;
    private final IdentityHashMap<EventExecutor, TrafficLoop> loops = new IdentityHashMap<>();
    private final Map<String, PoolTraffic> pools = new HashMap<>();
    private final RouteTable<PoolTraffic> routes;
    private final AtomicInteger connections = new AtomicInteger();

    @GuardedBy("itself")
    private final List<Channel> listeners = new ArrayList<>();

    /**
     * Puts itself on the event loops; binds nothing yet.
     *
     * @param group of native epoll or NIO loops; stays its owner's
     * @param observers gives each event loop its own
     */
    public TrafficPlane(
            EventLoopGroup group,
            TrafficSettings settings,
            Collection<PoolController> controllers,
            List<Route> routes,
            Optional<String> defaultPool,
            Supplier<TrafficObserver> observers) {
        this.group = group;
        this.epoll = isEpoll(group);
        this.settings = settings;
        for (EventExecutor loop : group) {
            loops.put(
                    loop,
                    new TrafficLoop(
                            (EventLoop) loop,
                            epoll ? EpollSocketChannel.class : NioSocketChannel.class,
                            settings,
                            observers.get()));
        }
        for (PoolController controller : controllers) {
            pools.put(controller.name(), new PoolTraffic(controller));
            controller.addListener(this::onTransition);
        }
        this.routes =
                new RouteTable<>(routes, pools, defaultPool.map(pools::get).orElse(null));
    }

    private static boolean isEpoll(EventLoopGroup group) {
        return group instanceof EpollEventLoopGroup;
    }

    /**
     * Accepts HTTP/1.1 on an address.
     *
     * @return the address it is bound to, its port chosen by the system if it was 0
     * @throws Exception if the address cannot be bound
     */
    public InetSocketAddress listen(InetSocketAddress address, String scheme) throws Exception {
        Class<? extends ServerChannel> type = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        Channel listener = new ServerBootstrap()
                .group(group)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.ALLOCATOR, TrafficLoop.ALLOCATOR)
                .childOption(ChannelOption.RCVBUF_ALLOCATOR, TrafficLoop.receiveBuffers())
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, TrafficLoop.WATER_MARK)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel, scheme);
                    }
                })
                .bind(address)
                .sync()
                .channel();
        synchronized (listeners) {
            listeners.add(listener);
        }
        return (InetSocketAddress) listener.localAddress();
    }

    private void accept(Channel channel, String scheme) {
        Channel listener = channel.parent();
        if (connections.incrementAndGet() >= settings.maxConnections()) {
            listener.config().setAutoRead(false);
            // Those that closed in between found it still accepting and resumed nothing.
            if (connections.get() < settings.maxConnections()) {
                listener.config().setAutoRead(true);
            }
        }
        channel.closeFuture().addListener(closed -> {
            // Resumed by whoever goes below the limit; others find it resumed and change nothing.
            if (connections.getAndDecrement() <= settings.maxConnections()
                    && !listener.config().isAutoRead()) {
                listener.config().setAutoRead(true);
            }
        });
        InetSocketAddress peer = (InetSocketAddress) channel.remoteAddress();
        InetSocketAddress local = (InetSocketAddress) channel.localAddress();
        TrafficLoop loop = loops.get(channel.eventLoop());
        if (peer == null || local == null || loop == null) {
            channel.close();
            return;
        }
        boolean trusted = settings.trustedProxy().test(peer.getAddress());
        ClientAddress address = new ClientAddress(peer, local, scheme, trusted);
        channel.pipeline().addLast(new ClientConnection(loop, routes, address, channel));
    }

    private void onTransition(ServerTransition transition) {
        if (transition.cutsSessions()) {
            shutdownSessions(transition.server());
        }
        PoolTraffic pool = pools.get(transition.pool());
        if (pool != null) {
            pool.queue.wakeAll();
        }
    }

    /** Exchanges that wait for a place in this pool; 0 for an unknown one. */
    public int queued(String pool) {
        PoolTraffic traffic = pools.get(pool);
        return traffic == null ? 0 : traffic.queue.size();
    }

    /** Every client connection, in no order. Waits for the event loops: not to be called on one. */
    public List<OpenSession> sessions() {
        return List.of();
    }

    /** Cuts one client connection off; false if there is none of this id. Waits for the event loops: not to be called on one. */
    public boolean shutdownSession(long id) {
        return false;
    }

    /** Cuts off everything that runs on a server, as its going down would. Returns before it is done. */
    public void shutdownSessions(ServerEntry server) {
        for (TrafficLoop loop : loops.values()) {
            loop.eventLoop.execute(() -> loop.connections(server).cut());
        }
    }

    /** The last malformed request of each listener and the last malformed response of each pool. */
    public List<CapturedError> errors() {
        return List.of();
    }

    /** Client connections of all listeners now open. */
    public int connections() {
        return connections.get();
    }

    /** The bound on {@link #connections} at which accepting pauses. */
    public int maxConnections() {
        return settings.maxConnections();
    }

    /** Connections to this server on all event loops, idle ones included. Waits for the loops: not to be called on one. */
    int open(ServerEntry server) {
        int open = 0;
        for (TrafficLoop loop : loops.values()) {
            open += loop.eventLoop
                    .submit(() -> loop.connections(server).open())
                    .syncUninterruptibly()
                    .getNow();
        }
        return open;
    }

    /** Stops listening and lets go of all server connections; the event loops stay their owner's. */
    @Override
    public void close() {
        synchronized (listeners) {
            listeners.forEach(listener -> listener.close().syncUninterruptibly());
            listeners.clear();
        }
        List<Future<?>> stopped = new ArrayList<>();
        for (TrafficLoop loop : loops.values()) {
            stopped.add(loop.eventLoop.submit(() -> {
                loop.stop();
                loop.forEachServer(ServerConnections::cut);
            }));
        }
        stopped.forEach(Future::syncUninterruptibly);
    }
}
