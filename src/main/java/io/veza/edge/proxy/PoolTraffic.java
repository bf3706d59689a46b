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

    /** How its servers are spoken to; the same object as long as that does not change. */
    final ServerLink link;

    final boolean http2;

    /** Null for clear text. */
    final @Nullable ServerTls tls;

    /** The name that TLS asks servers for; null for the host of each one's address. */
    final @Nullable String sni;

    /** Of the PROXY header that a connection to a server begins with; null for none. */
    private final @Nullable HAProxyProtocolVersion proxyHeader;

    final WaitQueue queue;
    private final PoolDefinition definition;

    /** What takes this one's place; null as long as nothing does. */
    private volatile @Nullable PoolTraffic successor;

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
        this(controller, controller.snapshot().definition(), id, null);
    }

    /** The same pool as it is configured now: who waits in its queue stays there, and files are read for another link only. */
    PoolTraffic(PoolTraffic previous, PoolDefinition definition) {
        this(previous.controller, definition, previous.id, previous);
    }

    private PoolTraffic(PoolController controller, PoolDefinition definition, int id, @Nullable PoolTraffic previous) {
        this.controller = controller;
        this.definition = definition;
        this.id = id;
        Pool pool = definition.pool();
        this.sticky = definition.stickyCookie().orElse(null);
        this.hashKey = pool.balance().algorithm() == Algorithm.URI
                ? HashKeyReader.of(pool.balance().hashKey())
                : null;
        PoolTraffic linked = previous != null && previous.link.equals(definition.link()) ? previous : null;
        this.link = linked == null ? definition.link() : linked.link;
        this.http2 = link.isHttp2();
        this.tls = linked == null ? tls(link) : linked.tls;
        this.sni = link.tls().flatMap(ServerLink.Tls::sni).orElse(null);
        this.proxyHeader = switch (link.proxyHeader()) {
            case NONE -> null;
            case V1 -> HAProxyProtocolVersion.V1;
            case V2 -> HAProxyProtocolVersion.V2;
        };
        this.queue = previous == null ? new WaitQueue(pool.maxQueue()) : previous.queue;
        this.connectMillis = (int) pool.timeouts().connect().toMillis();
        this.connectBudget = pool.timeouts().connect().multipliedBy(3);
        this.serverTicks = TimerWheel.ticks(pool.timeouts().server());
        this.tunnelTicks = TimerWheel.ticks(pool.timeouts().tunnel());
        this.queueTicks = TimerWheel.ticks(pool.timeouts().queue());
    }

    private static @Nullable ServerTls tls(ServerLink link) {
        return link.tls()
                .map(wanted -> ServerTls.of(new ServerTls.Terms(
                        wanted.verified(), wanted.ca(), wanted.clientCert(), link.protocol() == Protocol.H2)))
                .orElse(null);
    }

    /** Whether it is this controller's, configured like this; its servers do not matter. */
    boolean isOf(PoolController other, PoolDefinition wanted) {
        return isOf(other) && definition.equalsButServers(wanted);
    }

    boolean isOf(PoolController other) {
        return controller.equals(other);
    }

    PoolController controller() {
        return controller;
    }

    /** From a plan on, which may be put to use at any moment. */
    void succeededBy(PoolTraffic next) {
        successor = next;
    }

    /** How the servers of this snapshot are spoken to: an exchange may outlive the configuration that it began with. */
    @SuppressWarnings("ReferenceEquality") // a link that was not changed is the same object
    PoolTraffic wayTo(PoolSnapshot snapshot) {
        ServerLink wanted = snapshot.definition().link();
        PoolTraffic way = this;
        for (PoolTraffic next = this; next != null && way.link != wanted; next = next.successor) {
            way = next;
        }
        return way;
    }

    /** Has the queue go by what is configured here. */
    void begin() {
        queue.limit(definition.pool().maxQueue());
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
