package io.veza.edge.proxy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.tls.HandshakeFailure;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Counters of one event loop, written by it alone and read from anywhere. What is read may lag behind by a moment but never
 * goes back. {@link #sum} folds those of all loops.
 */
public final class TrafficCounters implements TrafficObserver {

    /** What is counted for listeners, pools and servers, each as far as it has such a thing. */
    public enum Count {
        CONNECTIONS_OPENED,
        CONNECTIONS_CLOSED,
        HANDSHAKES_TLS_1_2,
        HANDSHAKES_TLS_1_3,
        HANDSHAKES_CLOSED,
        HANDSHAKES_TIMED_OUT,
        HANDSHAKES_NOT_TLS,
        HANDSHAKES_OF_UNKNOWN_NAMES,
        HANDSHAKES_WITH_NOTHING_IN_COMMON,
        HANDSHAKES_WITHOUT_CLIENT_CERTIFICATE,
        HANDSHAKES_ENDED_BY_ALERT,
        HANDSHAKES_FAILED_OTHERWISE,
        REFUSED_DENIED,
        REFUSED_OVERLOADED,
        REFUSED_ADDRESS_CONNECTIONS,
        REFUSED_ADDRESS_RATE,
        REFUSED_NOT_A_PROXY,
        REFUSED_PROXY_HEADER_MALFORMED,
        REFUSED_PROXY_HEADER_LATE,
        REFUSED_H2_RESETS,
        REFUSED_H2_CONTROL_FRAMES,
        REFUSED_H2_WINDOW_UPDATES,
        REFUSED_H2_CONTINUATIONS,
        REFUSED_H2_PROTOCOL,
        REQUESTS,
        DISPATCHED,
        CONNECTED,
        DISCONNECTED,
        CONNECT_FAILED,
        /** TLS handshakes; servers only, and each in {@code CONNECT_FAILED} too. */
        HANDSHAKE_FAILED,
        REUSED,
        REDISPATCHED,
        RETRIED,
        TUNNELS_OPENED,
        TUNNELS_CLOSED,
        CLOSED_BY_CLIENT,
        CLOSED_BY_SERVER,
        CLOSED_BY_TIMEOUT,
        CLOSED_BY_CUT,
        CLOSED_BY_DRAIN,
        CLOSED_BY_SHUT_DOWN,
        PERSISTENCE_HIT,
        PERSISTENCE_DRAINED,
        PERSISTENCE_MISS,
        PERSISTENCE_STALE,
        HASH_PRIMARY,
        HASH_SPILLED,
        HASH_KEYLESS,
        /** Requests that came to their end. */
        ENDED,
        RESPONSES_1XX,
        RESPONSES_2XX,
        RESPONSES_3XX,
        RESPONSES_4XX,
        RESPONSES_5XX,
        /** Ended without a status, or with one beyond 599. */
        RESPONSES_OTHER,
        BYTES_IN,
        BYTES_OUT,
        QUEUE_NANOS,
        CONNECT_NANOS,
        RESPONSE_NANOS,
        TOTAL_NANOS,
        /** Exchanges that had a response's head, and so are in the three times above and in the percentiles. */
        TIMED,
        CLIENT_FAILED,
        /** Malformed, too slow or given up before their end, not those whose answer was given up; listeners only. */
        REQUEST_FAILED,
        CLIENT_ABORTED,
        SERVER_FAILED,
        SERVER_ABORTED,
        EDGE_FAILED,
        /** Failed by the edge before there was a pool; listeners only. */
        REFUSED,
        /** Failed by the server or the edge, or answered with a 5xx. */
        ERRORS
    }

    /** What counts are kept of, each by numbers from 0. */
    public enum Scope {
        LISTENER,
        POOL,
        SERVER,
        /** The event loop itself, by the number 0. */
        LOOP
    }

    /** Durations that are exported, by the buckets of {@link DurationBuckets}. */
    public enum Histogram {
        /** From the first byte of a request to the last of its response; not of tunnels. */
        REQUEST,
        /** From the end of a request's head until a server had a place. */
        QUEUE,
        /** Until a connection to a server stood. */
        CONNECT,
        /** From the connection to the end of the response's head. */
        RESPONSE,
        /** By how much more than a tick two turns of the event loop were apart. */
        DELAY
    }

    /** A listener's or pool's failures of one reason. */
    private record Failures(Scope scope, int id, String reason) {}

    private static final Count[] RESPONSES = {
        Count.RESPONSES_OTHER,
        Count.RESPONSES_1XX,
        Count.RESPONSES_2XX,
        Count.RESPONSES_3XX,
        Count.RESPONSES_4XX,
        Count.RESPONSES_5XX
    };

    private final LoopCounts listeners = new LoopCounts();
    private final LoopCounts pools = new LoopCounts();
    private final LoopCounts servers = new LoopCounts();
    private final LoopCounts loop = new LoopCounts();

    /** Of a listener where there was no pool yet, else of the pool. Failures are rare enough for a map. */
    @GuardedBy("itself")
    private final Map<Failures, Long> failures = new HashMap<>();

    @Override
    public void connectionOpened(int listener) {
        listeners.add(listener, Count.CONNECTIONS_OPENED, 1);
    }

    @Override
    public void connectionClosed(int listener) {
        listeners.add(listener, Count.CONNECTIONS_CLOSED, 1);
    }

    @Override
    public void handshake(int listener, String version) {
        listeners.add(listener, version.equals("TLSv1.3") ? Count.HANDSHAKES_TLS_1_3 : Count.HANDSHAKES_TLS_1_2, 1);
    }

    @Override
    public void handshakeFailed(int listener, HandshakeFailure reason) {
        listeners.add(listener, handshakesFailedBy(reason), 1);
    }

    /** What counts handshakes that failed for this. */
    public static Count handshakesFailedBy(HandshakeFailure reason) {
        return switch (reason) {
            case CLOSED -> Count.HANDSHAKES_CLOSED;
            case TIMEOUT -> Count.HANDSHAKES_TIMED_OUT;
            case NOT_TLS -> Count.HANDSHAKES_NOT_TLS;
            case UNKNOWN_NAME -> Count.HANDSHAKES_OF_UNKNOWN_NAMES;
            case NOTHING_IN_COMMON -> Count.HANDSHAKES_WITH_NOTHING_IN_COMMON;
            case CLIENT_CERTIFICATE -> Count.HANDSHAKES_WITHOUT_CLIENT_CERTIFICATE;
            case CLIENT_ALERT -> Count.HANDSHAKES_ENDED_BY_ALERT;
            case OTHER -> Count.HANDSHAKES_FAILED_OTHERWISE;
        };
    }

    @Override
    public void connectionRefused(int listener, ConnectionRefusal reason) {
        listeners.add(listener, refusedFor(reason), 1);
    }

    /** What counts connections that were refused for this. */
    public static Count refusedFor(ConnectionRefusal reason) {
        return switch (reason) {
            case DENIED -> Count.REFUSED_DENIED;
            case OVERLOADED -> Count.REFUSED_OVERLOADED;
            case ADDRESS_CONNECTIONS -> Count.REFUSED_ADDRESS_CONNECTIONS;
            case ADDRESS_RATE -> Count.REFUSED_ADDRESS_RATE;
            case NOT_A_PROXY -> Count.REFUSED_NOT_A_PROXY;
            case PROXY_HEADER_MALFORMED -> Count.REFUSED_PROXY_HEADER_MALFORMED;
            case PROXY_HEADER_LATE -> Count.REFUSED_PROXY_HEADER_LATE;
            case H2_RESETS -> Count.REFUSED_H2_RESETS;
            case H2_CONTROL_FRAMES -> Count.REFUSED_H2_CONTROL_FRAMES;
            case H2_WINDOW_UPDATES -> Count.REFUSED_H2_WINDOW_UPDATES;
            case H2_CONTINUATIONS -> Count.REFUSED_H2_CONTINUATIONS;
            case H2_PROTOCOL -> Count.REFUSED_H2_PROTOCOL;
        };
    }

    @Override
    public void requested(int listener, int pool) {
        listeners.add(listener, Count.REQUESTS, 1);
        if (pool != NO_POOL) {
            pools.add(pool, Count.REQUESTS, 1);
        }
    }

    @Override
    public void dispatched(int pool, ServerEntry server) {
        pools.add(pool, Count.DISPATCHED, 1);
        servers.add(server.id(), Count.DISPATCHED, 1);
    }

    @Override
    public void connected(ServerEntry server, long nanos) {
        servers.add(server.id(), Count.CONNECTED, 1);
        servers.took(server.id(), Histogram.CONNECT, nanos);
    }

    @Override
    public void disconnected(int server) {
        servers.add(server, Count.DISCONNECTED, 1);
    }

    @Override
    public void placed(int pool, HashPlacement placement) {
        pools.add(
                pool,
                switch (placement) {
                    case PRIMARY -> Count.HASH_PRIMARY;
                    case SPILLED -> Count.HASH_SPILLED;
                    case KEYLESS -> Count.HASH_KEYLESS;
                },
                1);
    }

    @Override
    public void turned(long lateNanos) {
        loop.took(0, Histogram.DELAY, lateNanos);
    }

    @Override
    public void reused(ServerEntry server) {
        servers.add(server.id(), Count.REUSED, 1);
    }

    @Override
    public void handshakeFailed(ServerEntry server) {
        servers.add(server.id(), Count.HANDSHAKE_FAILED, 1);
    }

    @Override
    public void connectFailed(int pool, ServerEntry server) {
        pools.add(pool, Count.CONNECT_FAILED, 1);
        servers.add(server.id(), Count.CONNECT_FAILED, 1);
    }

    @Override
    public void redispatched(int pool, ServerEntry from) {
        pools.add(pool, Count.REDISPATCHED, 1);
        servers.add(from.id(), Count.REDISPATCHED, 1);
    }

    @Override
    public void retried(int pool, ServerEntry server) {
        pools.add(pool, Count.RETRIED, 1);
        servers.add(server.id(), Count.RETRIED, 1);
    }

    @Override
    public void tunnelOpened(int pool, ServerEntry server) {
        pools.add(pool, Count.TUNNELS_OPENED, 1);
        servers.add(server.id(), Count.TUNNELS_OPENED, 1);
    }

    @Override
    public void tunnelClosed(int pool, ServerEntry server) {
        pools.add(pool, Count.TUNNELS_CLOSED, 1);
        servers.add(server.id(), Count.TUNNELS_CLOSED, 1);
    }

    @Override
    public void ended(EndedExchange exchange) {
        ExchangeFailure failure = exchange.failure();
        boolean placed = exchange.poolId() != NO_POOL;
        if (failure != null) {
            Failures of = placed
                    ? new Failures(Scope.POOL, exchange.poolId(), failure.reason())
                    : new Failures(Scope.LISTENER, exchange.listenerId(), failure.reason());
            synchronized (failures) {
                failures.merge(of, 1L, Long::sum);
            }
        }
        ended(listeners, exchange.listenerId(), exchange, failure);
        if (exchange.tunnelEnd() == null) {
            listeners.took(exchange.listenerId(), Histogram.REQUEST, exchange.totalNanos());
        }
        if (failure != null && isBadRequest(exchange, failure)) {
            listeners.add(exchange.listenerId(), Count.REQUEST_FAILED, 1);
        }
        if (placed) {
            ended(pools, exchange.poolId(), exchange, failure);
            endedInPool(exchange);
        } else if (failure != null && failure.side() == ExchangeFailure.Side.EDGE) {
            listeners.add(exchange.listenerId(), Count.REFUSED, 1);
        }
        ServerEntry server = exchange.server();
        if (server != null) {
            ended(servers, server.id(), exchange, failure);
        }
    }

    private void endedInPool(EndedExchange exchange) {
        int pool = exchange.poolId();
        if (exchange.queueNanos() >= 0) {
            pools.took(pool, Histogram.QUEUE, exchange.queueNanos());
        }
        ServerEntry server = exchange.server();
        if (server != null && exchange.responseNanos() >= 0) {
            servers.took(server.id(), Histogram.RESPONSE, exchange.responseNanos());
        }
        TunnelEnd end = exchange.tunnelEnd();
        if (end == null) {
            pools.took(pool, Histogram.REQUEST, exchange.totalNanos());
        } else {
            pools.add(pool, closedBy(end), 1);
        }
        switch (exchange.persistence()) {
            case UNUSED -> {}
            case HIT -> persisted(pool, Count.PERSISTENCE_HIT, server);
            case DRAINED -> persisted(pool, Count.PERSISTENCE_DRAINED, server);
            case MISS -> pools.add(pool, Count.PERSISTENCE_MISS, 1);
            case STALE -> pools.add(pool, Count.PERSISTENCE_STALE, 1);
        }
    }

    private void persisted(int pool, Count what, @Nullable ServerEntry server) {
        pools.add(pool, what, 1);
        if (server != null) {
            servers.add(server.id(), what, 1);
        }
    }

    /** What counts tunnels that ended so. */
    public static Count closedBy(TunnelEnd end) {
        return switch (end) {
            case CLIENT -> Count.CLOSED_BY_CLIENT;
            case SERVER -> Count.CLOSED_BY_SERVER;
            case TIMEOUT -> Count.CLOSED_BY_TIMEOUT;
            case CUT -> Count.CLOSED_BY_CUT;
            case DRAINED -> Count.CLOSED_BY_DRAIN;
            case SHUT_DOWN -> Count.CLOSED_BY_SHUT_DOWN;
        };
    }

    /** Not one of which the client gave up the answer: that is no fault of the request. */
    private static boolean isBadRequest(EndedExchange exchange, ExchangeFailure failure) {
        return failure.side() == ExchangeFailure.Side.CLIENT && (exchange.poolId() == NO_POOL || failure.status() != 0);
    }

    private static void ended(LoopCounts counts, int id, EndedExchange exchange, @Nullable ExchangeFailure failure) {
        int hundreds = exchange.status() / 100;
        counts.add(id, Count.ENDED, 1);
        counts.add(id, RESPONSES[hundreds < RESPONSES.length ? hundreds : 0], 1);
        counts.add(id, Count.BYTES_IN, exchange.bytesIn());
        counts.add(id, Count.BYTES_OUT, exchange.bytesOut());
        if (exchange.responseNanos() >= 0) {
            counts.add(id, Count.TIMED, 1);
            counts.add(id, Count.QUEUE_NANOS, exchange.queueNanos());
            counts.add(id, Count.CONNECT_NANOS, exchange.connectNanos());
            counts.add(id, Count.RESPONSE_NANOS, exchange.responseNanos());
            counts.add(id, Count.TOTAL_NANOS, exchange.totalNanos());
            counts.took(id, exchange.queueNanos() + exchange.connectNanos() + exchange.responseNanos());
        }
        if (failure != null) {
            failed(counts, id, failure, exchange.responseNanos() >= 0);
        }
        if (hundreds == 5 || (failure != null && failure.side() != ExchangeFailure.Side.CLIENT)) {
            counts.add(id, Count.ERRORS, 1);
        }
    }

    private static void failed(LoopCounts counts, int id, ExchangeFailure failure, boolean begun) {
        switch (failure.side()) {
            case CLIENT -> {
                counts.add(id, Count.CLIENT_FAILED, 1);
                if (failure.status() == 0) {
                    counts.add(id, Count.CLIENT_ABORTED, 1);
                }
            }
            case SERVER -> {
                if (failure == ExchangeFailure.Cause.CONNECT_FAILED) {
                    // Counted by connectFailed already.
                    return;
                }
                counts.add(id, Count.SERVER_FAILED, 1);
                if (begun) {
                    counts.add(id, Count.SERVER_ABORTED, 1);
                }
            }
            case EDGE -> {
                // What an operator shut down had a server, or would have had one.
                if (failure != ExchangeFailure.Cause.SHUT_DOWN) {
                    counts.add(id, Count.EDGE_FAILED, 1);
                }
            }
        }
    }

    private LoopCounts of(Scope scope) {
        return switch (scope) {
            case LISTENER -> listeners;
            case POOL -> pools;
            case SERVER -> servers;
            case LOOP -> loop;
        };
    }

    /** One count over all loops; 0 for a number nothing was counted for. */
    public static long sum(Collection<TrafficCounters> loops, Scope scope, int id, Count what) {
        long sum = 0;
        for (TrafficCounters loop : loops) {
            sum += loop.of(scope).get(id, what);
        }
        return sum;
    }

    /** How many exchanges took how long until the response's head, over all loops, by the buckets of {@link Durations}. */
    public static long[] durations(Collection<TrafficCounters> loops, Scope scope, int id) {
        long[] sum = new long[Durations.BUCKETS];
        for (TrafficCounters loop : loops) {
            loop.of(scope).addDurations(id, sum);
        }
        return sum;
    }

    /** What there is in each bucket of {@link DurationBuckets}, and after them the sum in nanoseconds, over all loops. */
    public static long[] histogram(Collection<TrafficCounters> loops, Scope scope, int id, Histogram histogram) {
        long[] sum = new long[DurationBuckets.COUNT + 1];
        for (TrafficCounters loop : loops) {
            loop.of(scope).addHistogram(id, histogram, sum);
        }
        return sum;
    }

    /** Failures by reason over all loops: of a listener those without a pool, of a pool its own. */
    public static Map<String, Long> failures(Collection<TrafficCounters> loops, Scope scope, int id) {
        return failures(loops, of -> of.scope == scope && of.id == id);
    }

    /** All failures by reason over all loops. */
    public static Map<String, Long> failures(Collection<TrafficCounters> loops) {
        return failures(loops, of -> true);
    }

    private static Map<String, Long> failures(Collection<TrafficCounters> loops, Predicate<Failures> wanted) {
        Map<String, Long> sum = new TreeMap<>();
        for (TrafficCounters loop : loops) {
            synchronized (loop.failures) {
                loop.failures.forEach((of, count) -> {
                    if (wanted.test(of)) {
                        sum.merge(of.reason, count, Long::sum);
                    }
                });
            }
        }
        return sum;
    }
}
