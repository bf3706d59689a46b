package io.veza.edge.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.tls.ServerTls;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One event loop's connections to one server: the idle ones, the last used first so that the others can age out, and all
 * of them, so that they can be cut.
 */
final class ServerConnections {

    private static final Logger LOG = Logger.getLogger(ServerConnections.class);

    private final TrafficLoop loop;
    private final int server;
    private final ArrayDeque<ServerConnection> idle = new ArrayDeque<>();
    private final Set<ServerConnection> all = Collections.newSetFromMap(new IdentityHashMap<>());

    /** In the order in which they were opened. */
    private final Set<Tunnel> tunnels = new LinkedHashSet<>();

    private @Nullable TunnelDrain drain;

    /** @param server the server's number */
    ServerConnections(TrafficLoop loop, int server) {
        this.loop = loop;
        this.server = server;
    }

    /** An idle connection to this address, or null; those to an address the server no longer has are closed. */
    @Nullable
    ServerConnection takeIdle(InetSocketAddress address) {
        ServerConnection connection;
        while ((connection = idle.pollLast()) != null) {
            if (connection.isTo(address)) {
                return connection;
            }
            connection.close();
        }
        return null;
    }

    /** Keeps a connection for the next exchange; false if there are enough. */
    boolean keepIdle(ServerConnection connection) {
        if (idle.size() >= loop.settings.maxIdle()) {
            return false;
        }
        idle.addLast(connection);
        return true;
    }

    /** Opens a connection for an exchange, which hears of it either way. */
    void connect(ServerEntry server, InetSocketAddress address, PoolTraffic pool, Exchange exchange) {
        ServerConnection connection = new ServerConnection(loop, this, address, exchange);
        all.add(connection);
        ServerTls tls = pool.tls;
        if (tls != null) {
            enter(server, connection, pool, tls);
            return;
        }
        Bootstrap bootstrap = loop.newConnection()
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, pool.connectMillis)
                .handler(connection);
        long start = System.nanoTime();
        ChannelFuture connecting = bootstrap.connect(address);
        connection.connecting(connecting.channel());
        connecting.addListener(future -> onLoop(() -> connectEnded(connection, server, future.isSuccess(), start)));
    }

    /** As {@link #connect} where a handshake follows. */
    private void enter(ServerEntry server, ServerConnection connection, PoolTraffic pool, ServerTls tls) {
        long start = System.nanoTime();
        ServerEntrance.Arrival arrival = new ServerEntrance.Arrival() {
            @Override
            public void entered(ChannelHandlerContext entrance) {
                entrance.pipeline().replace(entrance.handler(), null, connection);
                connection.secured();
                connectEnded(connection, server, true, start);
            }

            @Override
            public void refused() {
                connectEnded(connection, server, false, start);
            }
        };
        ServerEntrance entrance = new ServerEntrance(loop, server, tls, pool.sni, pool.connectMillis, arrival);
        ChannelFuture connecting = loop.newConnection()
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, pool.connectMillis)
                .handler(entrance)
                .connect(connection.address());
        connection.connecting(connecting.channel());
        connecting.addListener(future -> {
            if (!future.isSuccess()) {
                onLoop(entrance::notConnected);
            }
        });
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
        forEach(ServerConnection::cut);
    }

    /** Ends exchanges and tunnels because an operator says so; idle connections stay. */
    void shutdown() {
        forEach(ServerConnection::shutdown);
    }

    private void forEach(Consumer<ServerConnection> ending) {
        for (ServerConnection connection : new ArrayList<>(all)) {
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
