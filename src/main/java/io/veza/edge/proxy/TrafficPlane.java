package io.veza.edge.proxy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
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
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.health.AdminState;
import io.veza.edge.pool.Route;
import io.veza.edge.tls.PemException;
import io.veza.edge.tls.ServerTls;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The listeners and the event loops behind them: takes connections in, spreads them over the loops, and cuts the sessions
 * of servers that leave. Thread-safe.
 */
public final class TrafficPlane implements AutoCloseable {

    private static final int BACKLOG = 4096;

    /** How long a drain waits for an event loop to begin with it; one that hangs must not keep the process. */
    private static final long LONGEST_TURN_MILLIS = 2000;

    private final EventLoopGroup group;
    private final boolean epoll;
    private volatile TrafficSettings settings;
    private final IdentityHashMap<EventExecutor, TrafficLoop> loops = new IdentityHashMap<>();
    private final RoutedPools pools = new RoutedPools(this::onTransition);
    private final ClientGate gate;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicLong connectionIds = new AtomicLong();
    private final ErrorCaptures errors = new ErrorCaptures();
    private final List<ListenerDoor> doors = new CopyOnWriteArrayList<>();

    @GuardedBy("itself")
    private final List<Channel> accepting = new ArrayList<>();

    /**
     * Puts itself on the event loops; binds nothing yet.
     *
     * @param group of native epoll or NIO loops; stays its owner's
     * @param observers gives each event loop its own
     * @param logs likewise, or null for no log
     */
    public TrafficPlane(
            EventLoopGroup group,
            TrafficSettings settings,
            Collection<PoolController> controllers,
            List<Route> routes,
            Optional<String> defaultPool,
            Supplier<? extends TrafficObserver> observers,
            Supplier<? extends @Nullable ExchangeLog> logs) {
        this.group = group;
        this.epoll = isEpoll(group);
        this.settings = settings;
        this.gate = new ClientGate(addressLimits(settings));
        for (EventExecutor loop : group) {
            loops.put(
                    loop,
                    new TrafficLoop(
                            (EventLoop) loop,
                            epoll ? EpollSocketChannel.class : NioSocketChannel.class,
                            settings,
                            observers.get(),
                            logs.get(),
                            errors,
                            connections::get));
        }
        Map<PoolController, PoolDefinition> definitions = new LinkedHashMap<>();
        controllers.forEach(pool -> definitions.put(pool, pool.configured()));
        TrafficPlan first = plan(new TrafficPlan.Wanted(settings, definitions, routes, defaultPool, Map.of()));
        pools.begin(first.pools().values());
        loops.values().forEach(loop -> loop.routes = first.routes());
    }

    /**
     * Makes ready what is to come of a configuration; nothing changes by that.
     *
     * @throws PemException for a file that TLS towards servers needs and that cannot be used
     */
    public TrafficPlan plan(TrafficPlan.Wanted wanted) {
        return new TrafficPlan(wanted, pools.next(wanted.pools()));
    }

    /**
     * Has all requests from now on go by a plan, those on connections that are open, too; what is under way ends as it
     * began. Each event loop changes over between two of its turns. Waits for them: not to be called on one.
     */
    public void follow(TrafficPlan plan) {
        settings = plan.wanted().settings();
        gate.limit(addressLimits(settings));
        pools.begin(plan.pools().values());
        doors.forEach(door -> door.follow(plan.wanted().listeners()));
        List<Future<?>> following = new ArrayList<>();
        for (TrafficLoop loop : loops.values()) {
            following.add(loop.eventLoop.submit(() -> loop.follow(settings, plan.routes())));
        }
        following.forEach(each -> each.awaitUninterruptibly(LONGEST_TURN_MILLIS));
        synchronized (accepting) {
            // There may be room for more now.
            accepting.forEach(this::acceptAsThereIsRoom);
        }
    }

    /** Closes what is idle of connections to servers that are gone; what they carry goes on. Returns before it is done. */
    public void retire(Collection<ServerEntry> gone) {
        onEachLoop(loop -> gone.forEach(server -> loop.connections(server).retire()));
    }

    private static @Nullable AddressLimits addressLimits(TrafficSettings settings) {
        int most = settings.clients().connectionsPerAddress();
        int rate = settings.clients().connectionRatePerAddress();
        boolean none = most == ClientLimits.NO_MOST && rate == ClientLimits.NO_MOST;
        return none ? null : new AddressLimits(most, rate, settings.maxConnections());
    }

    private static boolean isEpoll(EventLoopGroup group) {
        return group instanceof EpollEventLoopGroup;
    }

    /**
     * Accepts HTTP/1.1 on an address.
     *
     * @param scheme {@code http} or {@code https}; also the listener's name
     * @return the address it is bound to, its port chosen by the system if it was 0
     * @throws Exception if the address cannot be bound
     */
    public InetSocketAddress listen(InetSocketAddress address, String scheme) throws Exception {
        return listen(address, ListenerSettings.plain(scheme));
    }

    /**
     * As {@link #listen(InetSocketAddress, String)}, with all that may be asked of a listener.
     *
     * @throws Exception if the address cannot be bound
     */
    public InetSocketAddress listen(InetSocketAddress address, ListenerSettings how) throws Exception {
        Class<? extends ServerChannel> type = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        ListenerDoor door = new ListenerDoor(loops, gate, this::count, connectionIds::incrementAndGet);
        Channel channel = new ServerBootstrap()
                .group(group)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.ALLOCATOR, TrafficLoop.ALLOCATOR)
                .childOption(ChannelOption.RCVBUF_ALLOCATOR, TrafficLoop.RECEIVE_BUFFERS)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, TrafficLoop.WATER_MARK)
                .childHandler(door)
                .bind(address)
                .sync()
                .channel();
        InetSocketAddress bound = (InetSocketAddress) channel.localAddress();
        door.open(new Listener(doors.size(), how, bound));
        doors.add(door);
        synchronized (accepting) {
            accepting.add(channel);
        }
        channel.config().setAutoRead(true);
        return bound;
    }

    /** Counts one more client until it closes, and has accepting pause while there are too many. */
    private void count(Channel channel) {
        Channel listener = channel.parent();
        if (connections.incrementAndGet() >= settings.maxConnections()) {
            acceptAsThereIsRoom(listener);
        }
        channel.closeFuture().addListener(closed -> {
            // Resumed by whoever goes below the limit; others find it resumed and change nothing.
            if (connections.getAndDecrement() <= settings.maxConnections()
                    && !listener.config().isAutoRead()) {
                listener.config().setAutoRead(true);
            }
        });
    }

    private void acceptAsThereIsRoom(Channel listener) {
        if (connections.get() >= settings.maxConnections()) {
            listener.config().setAutoRead(false);
        }
        // Those that closed in between found it still accepting and resumed nothing.
        if (connections.get() < settings.maxConnections()) {
            listener.config().setAutoRead(true);
        }
    }

    private void onTransition(ServerTransition transition) {
        ServerEntry server = transition.server();
        if (transition.cutsSessions()) {
            onEachLoop(loop -> loop.connections(server).cut());
        }
        if (transition.to().admin() != AdminState.DRAIN
                || transition.to().drain().isEmpty()) {
            onEachLoop(loop -> loop.connections(server).stopDraining());
        } else {
            transition.drainDeadline().ifPresent(deadline -> {
                Duration within = Duration.between(transition.at(), deadline);
                onEachLoop(loop -> loop.connections(server).drainTunnels(within));
            });
        }
    }

    private void onEachLoop(Consumer<TrafficLoop> action) {
        for (TrafficLoop loop : loops.values()) {
            loop.eventLoop.execute(() -> action.accept(loop));
        }
    }

    /** What each event loop answers, in no order. Waits for them: not to be called on one. */
    private <T> List<T> ofEachLoop(Function<TrafficLoop, T> question) {
        List<Future<T>> answers = new ArrayList<>();
        for (TrafficLoop loop : loops.values()) {
            answers.add(loop.eventLoop.submit(() -> question.apply(loop)));
        }
        return answers.stream()
                .map(answer -> answer.syncUninterruptibly().getNow())
                .toList();
    }

    /** The bound listeners in the order in which they were bound. */
    public List<Listener> listeners() {
        return doors.stream()
                .map(ListenerDoor::listener)
                .filter(Objects::nonNull)
                .toList();
    }

    /** By which the servers of this pool are spoken to; empty for clear text. */
    public Optional<ServerTls> serverTls(String pool) {
        return Optional.ofNullable(pools.get(pool).tls);
    }

    /** The same of all pools whose servers speak TLS. */
    public List<ServerTls> serverTls() {
        return pools.present().stream()
                .map(pool -> pool.tls)
                .filter(Objects::nonNull)
                .toList();
    }

    /**
     * The pool's number in the counters.
     *
     * @throws IllegalArgumentException if there is no such pool
     */
    public int poolId(String pool) {
        return pools.get(pool).id();
    }

    /** Exchanges that wait for a place in this pool. */
    public int queued(String pool) {
        return pools.get(pool).queue.size();
    }

    /** The most that ever waited at once in this pool, or since {@link #forgetMostQueued}. */
    public int mostQueued(String pool) {
        return pools.get(pool).queue.most();
    }

    public void forgetMostQueued() {
        pools.all().forEach(pool -> pool.queue.forgetMost());
    }

    /** For how long the slowest event loop has done nothing; some 50 ms where all is well. */
    public Duration longestStandstill() {
        return loops.values().stream()
                .map(TrafficLoop::standstill)
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
    }

    /** Bytes outside the heap that the buffers of all connections hold, with what their allocator keeps for the next ones. */
    public static long directMemory() {
        return TrafficLoop.ALLOCATOR.metric().usedDirectMemory();
    }

    /** What each event loop has memory for. Waits for the event loops: not to be called on one. */
    List<MemoryWatch.Level> memory() {
        return ofEachLoop(loop -> loop.memory);
    }

    /** Client connections of all listeners now open. */
    public int connections() {
        return connections.get();
    }

    /** The bound on {@link #connections} at which accepting pauses. */
    public int maxConnections() {
        return settings.maxConnections();
    }

    /** The last malformed request of each listener and the last malformed response of each pool, in the order they came. */
    public List<CapturedError> errors() {
        return errors.all();
    }

    /** Every client connection, in the order they were accepted. Waits for the event loops: not to be called on one. */
    public List<OpenSession> sessions() {
        return ofEachLoop(loop -> {
                    long now = System.nanoTime();
                    List<OpenSession> open = new ArrayList<>();
                    loop.clients.forEach(client -> client.describe(now, open::add));
                    return open;
                })
                .stream()
                .flatMap(List::stream)
                .sorted(Comparator.comparingLong(OpenSession::id))
                .toList();
    }

    /** Cuts one client connection off; false if there is none of this id. Waits for the event loops: not to be called on one. */
    public boolean shutdownSession(long id) {
        return ofEachLoop(loop -> {
                    for (ClientSession client : List.copyOf(loop.clients)) {
                        if (client.shutdown(id)) {
                            return true;
                        }
                    }
                    return false;
                })
                .contains(true);
    }

    /**
     * Cuts off everything that runs on a server. Other than by its going down, nothing is sent once more: the server may be
     * well and would get it again. Returns before it is done.
     */
    public void shutdownSessions(ServerEntry server) {
        onEachLoop(loop -> loop.connections(server).shutdown());
    }

    /** Connections to this server on all event loops, idle ones included. Waits for the loops: not to be called on one. */
    public int open(ServerEntry server) {
        return ofEachLoop(loop -> loop.connections(server).open()).stream()
                .mapToInt(Integer::intValue)
                .sum();
    }

    /** As {@link #open} for each of these, in their order, with one question to each event loop. */
    public List<Integer> open(List<ServerEntry> servers) {
        List<List<Integer>> ofLoops = ofEachLoop(loop ->
                servers.stream().map(server -> loop.connections(server).open()).toList());
        return IntStream.range(0, servers.size())
                .mapToObj(i -> ofLoops.stream().mapToInt(open -> open.get(i)).sum())
                .toList();
    }

    /**
     * Accepts nobody any more and lets what is under way come to its end: connections close with their next answer, or once
     * they were idle for a while; tunnels are closed one after the other. Whoever calls looks at {@link #connections} for
     * when it is done, and {@link #close}s then, or when the time is over. Waits for the event loops: not to be called on one.
     *
     * @param within the time in which the last tunnel is closed
     */
    public void drain(Duration within) {
        stopAccepting();
        List<Future<?>> begun = new ArrayList<>();
        for (TrafficLoop loop : loops.values()) {
            begun.add(loop.eventLoop.submit(() -> loop.drain(within)));
        }
        // Who was accepted just before is counted once his event loop has got to it, which is before this.
        begun.forEach(each -> each.awaitUninterruptibly(LONGEST_TURN_MILLIS));
    }

    private void stopAccepting() {
        synchronized (accepting) {
            accepting.forEach(channel -> channel.close().syncUninterruptibly());
            accepting.clear();
        }
    }

    /** Stops listening and ends all connections; the event loops stay their owner's. */
    @Override
    public void close() {
        stopAccepting();
        ofEachLoop(loop -> {
            loop.close();
            return true;
        });
    }
}
