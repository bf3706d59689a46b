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
    static final int SERVICE_RESTART = 1012;

    private final TrafficLoop loop;
    private final PoolTraffic pool;
    private final ServerEntry server;
    private final ServerConnection serverConnection;
    private final WebSocketFrames frames = new WebSocketFrames();
    private @Nullable ClientConnection client;
    private boolean ended;
    private final TimerWheel.Timer idle = new TimerWheel.Timer() {
        @Override
        void expired() {
            close();
        }
    };

    Tunnel(TrafficLoop loop, PoolTraffic pool, ServerEntry server, ServerConnection serverConnection) {
        this.loop = loop;
        this.pool = pool;
        this.server = server;
        this.serverConnection = serverConnection;
    }

    void open(ClientConnection from) {
        client = from;
        loop.observer.tunnelOpened(server);
        loop.wheel.arm(idle, pool.tunnelTicks);
    }

    /** Relays to the server. Takes over the buffer. */
    void fromClient(ByteBuf in) {
        if (ended) {
            in.release();
            return;
        }
        loop.wheel.arm(idle, pool.tunnelTicks);
        serverConnection.channel().write(in, serverConnection.channel().voidPromise());
        ClientConnection from = client;
        if (from != null && !serverConnection.isWritable()) {
            serverConnection.flush();
            if (!serverConnection.isWritable()) {
                from.pauseReading();
            }
        }
    }

    void flushServer() {
        serverConnection.flush();
    }

    /** Relays to the client. Takes over the buffer. */
    void fromServer(ByteBuf in) {
        ClientConnection to = client;
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
                serverConnection.pauseResponse();
            }
        }
    }

    void flushClient() {
        ClientConnection to = client;
        if (to != null) {
            to.flush();
        }
    }

    void clientWritable() {
        serverConnection.resumeResponse();
    }

    void serverWritable() {
        ClientConnection from = client;
        if (from != null) {
            from.resumeReading();
        }
    }

    /** The client is gone or has said its last; what it sent still goes out. */
    void clientClosed() {
        if (end()) {
            serverConnection.closeAfterWrites(pool.serverTicks);
        }
    }

    /** The server is gone; what it sent still goes out. */
    void serverClosed() {
        ClientConnection to = client;
        if (end() && to != null) {
            to.closeTunnel();
        }
    }

    /** Ends the tunnel for the server's sake, with a reason if the client can be told one. */
    void cut() {
        ClientConnection to = client;
        boolean open = end();
        // Also behind a client that has left, whose last words the server may never take.
        serverConnection.close();
        if (open && to != null) {
            if (frames.atBoundary()) {
                to.tunnelData(loop.closeFrame(SERVICE_RESTART));
            }
            to.closeTunnel();
        }
    }

    private void close() {
        ClientConnection to = client;
        if (end()) {
            serverConnection.close();
            if (to != null) {
                to.closeTunnel();
            }
        }
    }

    private boolean end() {
        if (ended) {
            return false;
        }
        ended = true;
        loop.wheel.remove(idle);
        loop.observer.tunnelClosed(server);
        pool.release(server);
        return true;
    }
}
