package io.veza.edge.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerLink;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One event loop's connections to one server: the idle ones, the last used first so that the others can age out; those of
 * HTTP/2 that take more exchanges, the oldest first for the same reason; and all of them, so that they can be cut.
 */
final class ServerConnections {

    private static final Logger LOG = Logger.getLogger(ServerConnections.class);

    private final TrafficLoop loop;
    private final int server;
    private final ArrayDeque<ServerConnection> idle = new ArrayDeque<>();
    private final List<Http2ServerConnection> http2 = new ArrayList<>(0);
    private final List<Http2ServerConnection> beingMade = new ArrayList<>(0);
    private final Set<OpenConnection> all = Collections.newSetFromMap(new IdentityHashMap<>());

    /** In the order in which they were opened. */
    private final Set<Tunnel> tunnels = new LinkedHashSet<>();

    private @Nullable TunnelDrain drain;

    /** How connections are made that are kept for others; null before the first. */
    private @Nullable ServerLink link;

    /** @param server the server's number */
    ServerConnections(TrafficLoop loop, int server) {
        this.loop = loop;
        this.server = server;
    }

    /** What can carry another exchange to this address at once, or null. */
    @Nullable
    @SuppressWarnings("ReferenceEquality") // a link that was not changed is the same object
    ServerSide take(InetSocketAddress address, PoolTraffic pool, @Nullable ProxyAnnouncement announcement) {
        if (pool.link != link) {
            retire();
            link = pool.link;
        }
        if (pool.http2) {
            return takeStream(address);
        }
        return announcement == null ? takeIdle(address) : takeIdle(address, announcement);
    }

    /** As {@link #takeIdle(InetSocketAddress)}, of those that have announced the same; the others stay. */
    private @Nullable ServerConnection takeIdle(InetSocketAddress address, ProxyAnnouncement announcement) {
        for (Iterator<ServerConnection> all = idle.descendingIterator(); all.hasNext(); ) {
            ServerConnection connection = all.next();
            if (connection.hasAnnounced(announcement)) {
                all.remove();
                if (connection.isTo(address)) {
                    return connection;
                }
                connection.close();
            }
        }
        return null;
    }

    /** An idle connection to this address, or null; those to an address the server no longer has are closed. */
    private @Nullable ServerConnection takeIdle(InetSocketAddress address) {
        ServerConnection connection;
        while ((connection = idle.pollLast()) != null) {
            if (connection.isTo(address)) {
                return connection;
            }
            connection.close();
        }
        return null;
    }

    /** Nobody is to use again what there is: what is idle closes, the rest ends with what it carries. */
    void retire() {
        for (ServerConnection connection = idle.pollLast(); connection != null; connection = idle.pollLast()) {
            connection.close();
        }
        List.copyOf(http2).forEach(Http2ServerConnection::leave);
        beingMade.clear();
    }

    /** Keeps a connection for the next exchange; false if there are enough, or the next one is to be made otherwise. */
    @SuppressWarnings("ReferenceEquality") // as in take
    boolean keepIdle(ServerConnection connection) {
        if (connection.link != link || idle.size() >= loop.settings.maxIdle()) {
            return false;
        }
        idle.addLast(connection);
        return true;
    }

    /**
     * A stream on an HTTP/2 connection to this address, or null if none has room; connections to an address the server no
     * longer has end with what they carry.
     */
    private @Nullable Http2ServerStream takeStream(InetSocketAddress address) {
        for (int i = 0; i < http2.size(); i++) {
            Http2ServerConnection connection = http2.get(i);
            if (connection.takes(address)) {
                return connection.newStream();
            }
            if (!connection.address().equals(address)) {
                connection.leave();
                i--;
            }
        }
        return null;
    }

    /** Opens a connection for an exchange, which hears of it either way. */
    void connect(ServerEntry server, InetSocketAddress address, PoolTraffic pool, Exchange exchange) {
        if (pool.http2) {
            connectHttp2(server, address, pool, exchange);
            return;
        }
        ServerConnection connection = new ServerConnection(loop, this, address, pool.link, exchange);
        all.add(connection);
        long start = System.nanoTime();
        if (pool.tls != null || exchange.announcement() != null) {
            connection.connecting(enter(server, address, pool, exchange.announcement(), new ServerEntrance.Arrival() {
                @Override
                public void entered(ChannelHandlerContext entrance) {
                    entrance.pipeline().replace(entrance.handler(), null, connection);
                    if (pool.tls != null) {
                        connection.secured();
                    }
                    connectEnded(connection, server, true, start);
                }

                @Override
                public void refused() {
                    connectEnded(connection, server, false, start);
                }
            }));
            return;
        }
        ChannelFuture connecting = bootstrap(pool).handler(connection).connect(address);
        connection.connecting(connecting.channel());
        connecting.addListener(future -> onLoop(() -> connectEnded(connection, server, future.isSuccess(), start)));
    }

    private Bootstrap bootstrap(PoolTraffic pool) {
        return loop.newConnection().option(ChannelOption.CONNECT_TIMEOUT_MILLIS, pool.connectMillis);
    }

    /** A channel that could not even be made, for want of descriptors: Netty says so on a thread of its own. */
    private void onLoop(Runnable action) {
        if (loop.eventLoop.inEventLoop()) {
            action.run();
        } else {
            loop.eventLoop.execute(action);
        }
    }

    private void connectEnded(ServerConnection connection, ServerEntry server, boolean connected, long startNanos) {
        if (connected) {
            loop.observer.connected(server, System.nanoTime() - startNanos);
            connection.connected();
        } else {
            all.remove(connection);
            connection.connectFailed();
        }
    }

    /** Connects where more is to be done than that, and gives the channel. */
    private Channel enter(
            ServerEntry server,
            InetSocketAddress address,
            PoolTraffic pool,
            @Nullable ProxyAnnouncement announcement,
            ServerEntrance.Arrival arrival) {
        ServerEntrance entrance = new ServerEntrance(loop, server, pool, announcement, arrival);
        ChannelFuture connecting = bootstrap(pool).handler(entrance).connect(address);
        connecting.addListener(future -> {
            if (!future.isSuccess()) {
                onLoop(entrance::notConnected);
            }
        });
        return connecting.channel();
    }

    /** Has the exchange wait for a connection that is being made, or makes one. */
    private void connectHttp2(ServerEntry server, InetSocketAddress address, PoolTraffic pool, Exchange exchange) {
        for (Http2ServerConnection connection : beingMade) {
            if (connection.join(exchange, address)) {
                return;
            }
        }
        Http2ServerConnection connection = Http2ServerCodec.connection(
                loop, this, server, address, pool, waiting -> connect(server, address, pool, waiting));
        connection.join(exchange, address);
        all.add(connection);
        beingMade.add(connection);
        connection.connecting(enter(server, address, pool, null, new ServerEntrance.Arrival() {
            @Override
            public void entered(ChannelHandlerContext entrance) {
                entrance.pipeline().replace(entrance.handler(), null, connection);
            }

            @Override
            public void refused() {
                notMade(connection);
            }
        }));
    }

    /** One can be used that was being made. */
    @SuppressWarnings("ReferenceEquality") // as in take
    void ready(Http2ServerConnection connection) {
        beingMade.remove(connection);
        if (connection.link == link) {
            http2.add(connection);
        }
    }

    /** One that was being made will not be. */
    void notMade(Http2ServerConnection connection) {
        beingMade.remove(connection);
        all.remove(connection);
        connection.connectFailed();
    }

    /** One takes no more exchanges. */
    void left(Http2ServerConnection connection) {
        http2.remove(connection);
    }

    /** One that had been made has closed. */
    void closed(Http2ServerConnection connection) {
        loop.observer.disconnected(server);
        all.remove(connection);
    }

    /** One that had been connected has closed. */
    void closed(ServerConnection connection) {
        loop.observer.disconnected(server);
        all.remove(connection);
        idle.remove(connection);
    }

    void opened(Tunnel tunnel) {
        tunnels.add(tunnel);
    }

    void ended(Tunnel tunnel) {
        tunnels.remove(tunnel);
    }

    /** The open tunnels, the oldest first. */
    Set<Tunnel> tunnels() {
        return tunnels;
    }

    /** Closes the tunnels one after the other, so that none is left after this time; replaces what was begun before. */
    void drainTunnels(Duration within) {
        stopDraining();
        drain = new TunnelDrain(loop.eventLoop, () -> tunnels, within);
    }

    /** Lets the tunnels be that are still open. */
    void stopDraining() {
        TunnelDrain under = drain;
        drain = null;
        if (under != null) {
            under.stop();
        }
    }

    /** Ends everything on this server, which is gone: exchanges in flight, idle connections, tunnels. */
    void cut() {
        forEach(OpenConnection::cut);
    }

    /** Ends exchanges and tunnels because an operator says so; idle connections stay. */
    void shutdown() {
        forEach(OpenConnection::shutdown);
    }

    private void forEach(Consumer<OpenConnection> ending) {
        for (OpenConnection connection : new ArrayList<>(all)) {
            try {
                ending.accept(connection);
            } catch (RuntimeException e) {
                // The others must go all the same.
                LOG.error("a connection could not be cut", e);
            }
        }
    }

    int open() {
        return all.size();
    }
}
