package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.http1.WebSocketFrames;
import org.jspecify.annotations.Nullable;

/**
 * An upgraded connection: bytes both ways as they come, each side read only as fast as the other takes. Frames from the
 * server are counted through, so that the edge can close with a reason where one ends. Holds one place on its server.
 * Belongs to one event loop.
 */
final class Tunnel {

    /** RFC 6455 registry: the service restarts; the client should come back, and lands on another server. */
    private static final int SERVICE_RESTART = 1012;

    /** RFC 6455 section 7.4.1: the endpoint is going away; the client should come back. */
    private static final int GOING_AWAY = 1001;

    private final TrafficLoop loop;
    private final PoolTraffic pool;
    private final ServerEntry server;
    private final ServerSide serverSide;
    private final Exchange exchange;
    private final WebSocketFrames frames = new WebSocketFrames();
    private @Nullable ClientSide client;
    private boolean ended;
    private final TimerWheel.Timer idle = new TimerWheel.Timer() {
        @Override
        void expired() {
            close(TunnelEnd.TIMEOUT);
        }
    };

    /** @param exchange that it came from, which is told of when the tunnel ends */
    Tunnel(TrafficLoop loop, PoolTraffic pool, ServerEntry server, ServerSide serverSide, Exchange exchange) {
        this.loop = loop;
        this.pool = pool;
        this.server = server;
        this.serverSide = serverSide;
        this.exchange = exchange;
    }

    void open(ClientSide from) {
        client = from;
        loop.observer.tunnelOpened(pool.id(), server);
        loop.wheel.arm(idle, pool.tunnelTicks);
    }

    /** Relays to the server. Takes over the buffer. */
    void fromClient(ByteBuf in) {
        if (ended) {
            in.release();
            return;
        }
        loop.wheel.arm(idle, pool.tunnelTicks);
        serverSide.tunnelData(in);
        ClientSide from = client;
        if (from != null && !serverSide.isWritable()) {
            serverSide.flush();
            if (!serverSide.isWritable()) {
                from.pauseReading();
            }
        }
    }

    void flushServer() {
        serverSide.flush();
    }

    /** Relays to the client. Takes over the buffer. */
    void fromServer(ByteBuf in) {
        ClientSide to = client;
        if (ended || to == null) {
            in.release();
            return;
        }
        loop.wheel.arm(idle, pool.tunnelTicks);
        frames.follow(in);
        to.tunnelData(in);
        if (!to.isWritable()) {
            to.flush();
            if (!to.isWritable()) {
                serverSide.pauseResponse();
            }
        }
    }

    void flushClient() {
        ClientSide to = client;
        if (to != null) {
            to.flush();
        }
    }

    void clientWritable() {
        serverSide.resumeResponse();
    }

    void serverWritable() {
        ClientSide from = client;
        if (from != null) {
            from.resumeReading();
        }
    }

    /** The client is gone or has said its last; what it sent still goes out. */
    void clientClosed() {
        if (end(TunnelEnd.CLIENT)) {
            serverSide.closeAfterWrites(pool.serverTicks);
        }
    }

    /** The server is gone; what it sent still goes out. */
    void serverClosed() {
        ClientSide to = client;
        if (end(TunnelEnd.SERVER) && to != null) {
            to.closeTunnel();
        }
    }

    /** Ends the tunnel because its server is gone or to be left alone. */
    void cut() {
        close(TunnelEnd.CUT, SERVICE_RESTART);
    }

    /** Whether the client can be told why the tunnel is closed: not in the middle of a frame from the server. */
    boolean atBoundary() {
        return frames.atBoundary();
    }

    /** Ends the tunnel because server or edge are being drained. */
    void drain() {
        close(TunnelEnd.DRAINED, GOING_AWAY);
    }

    /** Ends the tunnel because an operator says so. */
    void shutdown() {
        close(TunnelEnd.SHUT_DOWN, SERVICE_RESTART);
    }

    private void close(TunnelEnd reason, int code) {
        ClientSide to = client;
        boolean open = end(reason);
        // Also behind a client that has left, whose last words the server may never take.
        serverSide.close();
        if (open && to != null) {
            if (frames.atBoundary()) {
                to.tunnelData(loop.closeFrame(code));
            }
            to.closeTunnel();
        }
    }

    private void close(TunnelEnd reason) {
        ClientSide to = client;
        if (end(reason)) {
            serverSide.close();
            if (to != null) {
                to.closeTunnel();
            }
        }
    }

    private boolean end(TunnelEnd reason) {
        if (ended) {
            return false;
        }
        ended = true;
        loop.wheel.remove(idle);
        loop.observer.tunnelClosed(pool.id(), server);
        loop.connections(server).ended(this);
        pool.release(server);
        exchange.tunnelOver(server, reason);
        ClientSide from = client;
        if (from != null) {
            from.tunnelOver();
        }
        return true;
    }

    // What operators ask

    Exchange exchange() {
        return exchange;
    }

    ServerEntry server() {
        return server;
    }

    ServerSide serverSide() {
        return serverSide;
    }
}
