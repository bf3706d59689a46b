package io.veza.edge.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.ScheduledFuture;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.http1.HeadLimits;
import io.veza.edge.http1.HeadParser;
import io.veza.edge.http1.HeadWriter;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.http1.WebSocketFrames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of one event loop share: timers, parsers, scratch space, server connections. Nothing here is
 * touched from any other thread.
 */
final class TrafficLoop {

    /** Below this much unsent a connection takes more again; above the other its source is no longer read. */
    static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    /** The same while buffers take much of their memory. */
    private static final WriteBufferWaterMark NARROW_WATER_MARK =
            new WriteBufferWaterMark(ReceiveBuffers.NARROW / 2, ReceiveBuffers.NARROW);

    static final TrafficAllocator ALLOCATOR = new TrafficAllocator();

    static final ReceiveBuffers RECEIVE_BUFFERS = new ReceiveBuffers(ALLOCATOR);

    private static final MemoryWatch MEMORY = new MemoryWatch(ALLOCATOR, HeapGauge.ofThisProcess());

    /**
     * How long a connection of a stopping edge may be idle: whoever uses it sends the next request within this time, has it
     * answered, and is told that the connection ends with it. One that was closed at once might have had one on its way.
     */
    private static final Duration IDLE_GRACE = Duration.ofSeconds(2);

    /**
     * How long a client may take nothing at all while memory is short. The system asks for more only once a third of what it
     * holds has left, and it holds up to 4 MB: a client of 2 MB/s takes something every second.
     */
    private static final Duration SHED_INTERVAL = Duration.ofSeconds(3);

    /** The same when there is nothing left for those who do take. */
    private static final Duration LAST_SHED_INTERVAL = Duration.ofSeconds(1);

    final EventLoop eventLoop;
    TrafficSettings settings;

    /** Where requests go that begin now. */
    RouteTable<PoolTraffic> routes = new RouteTable<>(List.of(), Map.of(), null);

    final TrafficObserver observer;
    final @Nullable ExchangeLog log;
    final ErrorCaptures errors;

    /** Client connections of the whole process. */
    final IntSupplier connections;

    /** What is told of each exchange that ends. */
    final ExchangeRecord record = new ExchangeRecord();

    private @Nullable TunnelDrain tunnelDrain;
    private @Nullable ScheduledFuture<?> idleClosing;

    /** Whether the edge is going down, so that connections end with their next answer. */
    boolean stopping;

    /** What there is memory for, as of the last turn. */
    MemoryWatch.Level memory = MemoryWatch.Level.ENOUGH;

    /** Whether buffers are kept small, as of the last turn. */
    private boolean narrow;

    /** What heads take that have begun and not ended, as of {@link ClientLimits#longHeads}. */
    long longHeads;

    final Set<ClientSession> clients = new LinkedHashSet<>();
    final TimerWheel wheel = new TimerWheel();
    final HeadWriter writer = new HeadWriter();
    final RequestIds ids = new RequestIds();
    long requestHeadTicks;
    long clientTicks;
    long keepAliveTicks;
    long serverKeepAliveTicks;
    long bodySpanTicks;
    double leastBytesPerTick;

    /** What a client must take of a response within its timeout, if it is given more than it takes. */
    long leastTaken;

    private final Bootstrap bootstrap;
    private final ScheduledFuture<?> ticking;
    private volatile long turnedNanos;
    private long shedNanos;

    /** Of the spare heads. */
    private HeadLimits limits;

    private @Nullable RequestHead requestHead;
    private @Nullable ResponseHead responseHead;

    /** By {@link ServerEntry#id()}. */
    private @Nullable ServerConnections[] servers = new ServerConnections[16];

    TrafficLoop(
            EventLoop eventLoop,
            Class<? extends Channel> channelType,
            TrafficSettings settings,
            TrafficObserver observer,
            @Nullable ExchangeLog log,
            ErrorCaptures errors,
            IntSupplier connections) {
        this.eventLoop = eventLoop;
        this.settings = settings;
        this.limits = settings.limits();
        this.observer = observer;
        this.log = log;
        this.errors = errors;
        this.connections = connections;
        measure();
        this.bootstrap = new Bootstrap()
                .group(eventLoop)
                .channel(channelType)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.AUTO_CLOSE, false)
                .option(ChannelOption.ALLOCATOR, ALLOCATOR)
                .option(ChannelOption.RCVBUF_ALLOCATOR, RECEIVE_BUFFERS)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK);
        long start = System.nanoTime();
        long tick = TimerWheel.TICK.toNanos();
        this.turnedNanos = start;
        this.shedNanos = start;
        this.ticking = eventLoop.scheduleAtFixedRate(() -> turn(start), tick, tick, TimeUnit.NANOSECONDS);
    }

    /** Goes by these from now on; connections keep what they took from the earlier ones. */
    void follow(TrafficSettings next, RouteTable<PoolTraffic> routing) {
        routes = routing;
        settings = next;
        if (!limits.equals(next.limits())) {
            limits = next.limits();
            requestHead = null;
            responseHead = null;
        }
        measure();
    }

    private void measure() {
        requestHeadTicks = TimerWheel.ticks(settings.requestHead());
        clientTicks = TimerWheel.ticks(settings.client());
        keepAliveTicks = TimerWheel.ticks(settings.keepAlive());
        serverKeepAliveTicks = TimerWheel.ticks(settings.serverKeepAlive());
        ClientLimits clients = settings.clients();
        bodySpanTicks = TimerWheel.ticks(clients.bodySpan());
        leastBytesPerTick = clients.bodyRate() * TimerWheel.TICK.toMillis() / 1000.0;
        leastTaken = Math.max(1, (long) (leastBytesPerTick * clientTicks));
    }

    private void turn(long startNanos) {
        long now = System.nanoTime();
        observer.turned(Math.max(0, now - turnedNanos - TimerWheel.TICK.toNanos()));
        turnedNanos = now;
        memory = MEMORY.look(now);
        keepNarrow(ALLOCATOR.isNarrow());
        wheel.advance(Duration.ofNanos(now - startNanos));
        Duration interval = memory == MemoryWatch.Level.EXHAUSTED ? LAST_SHED_INTERVAL : SHED_INTERVAL;
        if (now - shedNanos >= interval.toNanos()) {
            shedNanos = now;
            if (narrow) {
                List.copyOf(clients).forEach(ClientSession::shedStalled);
            }
        }
    }

    /** Has clients hold less while buffers take much of their memory; the heap gains nothing by it. */
    private void keepNarrow(boolean now) {
        if (now != narrow) {
            narrow = now;
            clients.forEach(this::bound);
        }
    }

    private void bound(ClientSession client) {
        client.channel().config().setWriteBufferWaterMark(narrow ? NARROW_WATER_MARK : WATER_MARK);
    }

    void add(ClientSession client) {
        clients.add(client);
        if (narrow) {
            bound(client);
        }
    }

    /** How long ago the loop last came round; from any thread. */
    Duration standstill() {
        return Duration.ofNanos(System.nanoTime() - turnedNanos);
    }

    /** An own start of a connection to a server; the caller adds handler and address. */
    Bootstrap newConnection() {
        return bootstrap.clone();
    }

    /** Has the record counted and logged. */
    void tell(ExchangeRecord ended) {
        observer.ended(ended);
        if (log != null) {
            log.ended(ended);
        }
    }

    /** A parser, reset; to be given back as soon as its head is dealt with. */
    RequestHead takeRequestHead() {
        RequestHead spare = requestHead;
        requestHead = null;
        return spare != null ? spare : new RequestHead(limits);
    }

    boolean longHeadsAreTooMany() {
        return longHeads > settings.clients().longHeads();
    }

    @SuppressWarnings("ReferenceEquality") // of other limits is one that was taken before these
    void giveBack(RequestHead head) {
        // While there is no room for long heads, none is to come by it through one that was long.
        boolean grown = head.room() > HeadParser.FIRST_ROOM;
        if (head.limits() == limits && !(grown && longHeadsAreTooMany())) {
            head.reset();
            requestHead = head;
        }
    }

    ResponseHead takeResponseHead() {
        ResponseHead spare = responseHead;
        responseHead = null;
        return spare != null ? spare : new ResponseHead(limits);
    }

    @SuppressWarnings("ReferenceEquality") // as above
    void giveBack(ResponseHead head) {
        if (head.limits() == limits) {
            head.reset();
            responseHead = head;
        }
    }

    /** A Close frame with this code, RFC 6455 section 7.4. */
    ByteBuf closeFrame(int code) {
        return ALLOCATOR.directBuffer(4).writeBytes(WebSocketFrames.close(code));
    }

    ServerConnections connections(ServerEntry server) {
        int id = server.id();
        if (id >= servers.length) {
            servers = Arrays.copyOf(servers, Math.max(id + 1, servers.length * 2));
        }
        ServerConnections connections = servers[id];
        if (connections == null) {
            connections = new ServerConnections(this, id);
            servers[id] = connections;
        }
        return connections;
    }

    void forEachServer(Consumer<ServerConnections> action) {
        for (ServerConnections connections : servers) {
            if (connections != null) {
                action.accept(connections);
            }
        }
    }

    /** Has every connection end with its next answer, or when it has been idle for a moment, and every tunnel in time. */
    void drain(Duration within) {
        stopping = true;
        forEachServer(ServerConnections::stopDraining);
        List.copyOf(clients).forEach(ClientSession::drain);
        tunnelDrain = new TunnelDrain(eventLoop, this::tunnels, within);
        long tick = IDLE_GRACE.toNanos() / 4;
        idleClosing = eventLoop.scheduleAtFixedRate(this::closeIdle, tick, tick, TimeUnit.NANOSECONDS);
    }

    private List<Tunnel> tunnels() {
        List<Tunnel> all = new ArrayList<>();
        forEachServer(server -> all.addAll(server.tunnels()));
        return all;
    }

    private void closeIdle() {
        long now = System.nanoTime();
        List.copyOf(clients).stream()
                .filter(client -> client.isIdleFor(IDLE_GRACE.toNanos(), now))
                .forEach(ClientSession::closeIdle);
    }

    /** Ends everything: exchanges and tunnels, then what is left of connections, then the timers. */
    void close() {
        stopping = true;
        forEachServer(ServerConnections::stopDraining);
        if (tunnelDrain != null) {
            tunnelDrain.stop();
        }
        if (idleClosing != null) {
            idleClosing.cancel(false);
        }
        // Before their servers' connections are cut, which would have them sent once more.
        List.copyOf(clients).forEach(ClientSession::giveUp);
        forEachServer(ServerConnections::cut);
        List.copyOf(clients).stream().filter(ClientSession::isIdle).forEach(ClientSession::closeIdle);
        ticking.cancel(false);
    }
}
