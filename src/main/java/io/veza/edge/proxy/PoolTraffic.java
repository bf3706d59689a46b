package io.veza.edge.proxy;

import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerLink;
import io.veza.edge.control.ServerLink.Protocol;
import io.veza.edge.persistence.StickyCookie;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.Pool;
import io.veza.edge.tls.ServerTls;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A pool as the traffic plane sees it: where its snapshot is, and its settings in the units used here. Thread-safe. */
final class PoolTraffic {

    private final PoolController controller;
    private final int id;
    final @Nullable StickyCookie sticky;

    /** Null unless the pool hashes. */
    final @Nullable HashKeyReader hashKey;

    final boolean http2;

    /** Null for clear text. */
    final @Nullable ServerTls tls;

    /** The name that TLS asks servers for; null for the host of each one's address. */
    final @Nullable String sni;

    /** Of the PROXY header that a connection to a server begins with; null for none. */
    private final @Nullable HAProxyProtocolVersion proxyHeader;

    final WaitQueue queue;
    final int connectMillis;

    /** How long an exchange goes on looking for a server that can be reached: a black hole or two, not all of them. */
    final Duration connectBudget;

    final long serverTicks;
    final long tunnelTicks;
    final long queueTicks;

    /**
     * Reads the files that TLS towards its servers needs.
     *
     * @param id its number in the counters
     */
    PoolTraffic(PoolController controller, int id) {
        this.controller = controller;
        this.id = id;
        PoolDefinition definition = controller.snapshot().definition();
        Pool pool = definition.pool();
        this.sticky = definition.stickyCookie().orElse(null);
        this.hashKey = pool.balance().algorithm() == Algorithm.URI
                ? HashKeyReader.of(pool.balance().hashKey())
                : null;
        ServerLink link = definition.link();
        this.http2 = link.isHttp2();
        this.tls = link.tls()
                .map(wanted -> ServerTls.of(new ServerTls.Terms(
                        wanted.verified(), wanted.ca(), wanted.clientCert(), link.protocol() == Protocol.H2)))
                .orElse(null);
        this.sni = link.tls().flatMap(ServerLink.Tls::sni).orElse(null);
        this.proxyHeader = switch (link.proxyHeader()) {
            case NONE -> null;
            case V1 -> HAProxyProtocolVersion.V1;
            case V2 -> HAProxyProtocolVersion.V2;
        };
        this.queue = new WaitQueue(pool.maxQueue());
        this.connectMillis = (int) pool.timeouts().connect().toMillis();
        this.connectBudget = pool.timeouts().connect().multipliedBy(3);
        this.serverTicks = TimerWheel.ticks(pool.timeouts().server());
        this.tunnelTicks = TimerWheel.ticks(pool.timeouts().tunnel());
        this.queueTicks = TimerWheel.ticks(pool.timeouts().queue());
    }

    /** What servers are told of this client before all else; null if nothing. */
    @Nullable
    ProxyAnnouncement announcement(ClientAddress client) {
        return proxyHeader == null ? null : new ProxyAnnouncement(proxyHeader, client.peer(), client.local());
    }

    String name() {
        return controller.name();
    }

    int id() {
        return id;
    }

    /** Exchanges and tunnels on all its servers now. */
    int inFlight() {
        int sum = 0;
        for (ServerEntry entry : snapshot().entries()) {
            sum += entry.inFlight();
        }
        return sum;
    }

    PoolSnapshot snapshot() {
        return controller.snapshot();
    }

    /** Gives a place back and lets the longest waiting exchange have a try. */
    void release(ServerEntry server) {
        server.load().release();
        queue.wakeNext(server.server().name());
    }
}
