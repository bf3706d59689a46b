package io.veza.edge.proxy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.veza.edge.control.ServerEntry;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Counters of one event loop, written by it alone and read from anywhere: a plain add and an opaque store each. What is
 * read may lag behind by a moment but never goes back. {@link #sum} folds those of all loops.
 */
public final class TrafficCounters implements TrafficObserver {

    /** What is counted for each server. */
    public enum ServerCount {
        DISPATCHED,
        CONNECTED,
        CONNECT_FAILED,
        REUSED,
        REDISPATCHED,
        RETRIED,
        FAILED,
        RESPONSES_1XX,
        RESPONSES_2XX,
        RESPONSES_3XX,
        RESPONSES_4XX,
        RESPONSES_5XX,
        TUNNELS_OPENED,
        TUNNELS_CLOSED
    }

    private static final int PER_SERVER = ServerCount.values().length;
    private static final ServerCount[] RESPONSES = {
        ServerCount.RESPONSES_1XX,
        ServerCount.RESPONSES_2XX,
        ServerCount.RESPONSES_3XX,
        ServerCount.RESPONSES_4XX,
        ServerCount.RESPONSES_5XX
    };
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    /** Connections opened and closed. */
    private final long[] connections = new long[2];

    /** By {@code ServerEntry.id() * PER_SERVER + ServerCount.ordinal()}; replaced when it grows. */
    private volatile long[] servers = new long[PER_SERVER * 16];

    /** By {@link ExchangeFailure#reason()}. Failures are rare enough for a map. */
    @GuardedBy("itself")
    private final Map<String, Long> failures = new TreeMap<>();

    private static void add(long[] counts, int index) {
        LONGS.setOpaque(counts, index, counts[index] + 1);
    }

    @SuppressWarnings("EnumOrdinal") // an index within this process, as in sum
    private void count(ServerEntry server, ServerCount what) {
        int index = server.id() * PER_SERVER + what.ordinal();
        long[] counts = servers;
        if (index >= counts.length) {
            counts = Arrays.copyOf(counts, Math.max(counts.length * 2, index + PER_SERVER));
            servers = counts;
        }
        add(counts, index);
    }

    @Override
    public void connectionOpened() {
        add(connections, 0);
    }

    @Override
    public void connectionClosed() {
        add(connections, 1);
    }

    @Override
    public void failed(ExchangeFailure failure, @Nullable ServerEntry server) {
        synchronized (failures) {
            failures.merge(failure.reason(), 1L, Long::sum);
        }
        if (server != null && failure.side() == ExchangeFailure.Side.SERVER) {
            count(server, ServerCount.FAILED);
        }
    }

    @Override
    public void dispatched(ServerEntry server) {
        count(server, ServerCount.DISPATCHED);
    }

    @Override
    public void connected(ServerEntry server, long nanos) {
        count(server, ServerCount.CONNECTED);
    }

    @Override
    public void connectFailed(ServerEntry server) {
        count(server, ServerCount.CONNECT_FAILED);
    }

    @Override
    public void reused(ServerEntry server) {
        count(server, ServerCount.REUSED);
    }

    @Override
    public void redispatched(ServerEntry from) {
        count(from, ServerCount.REDISPATCHED);
    }

    @Override
    public void retried(ServerEntry server) {
        count(server, ServerCount.RETRIED);
    }

    @Override
    public void completed(ServerEntry server, int status, long nanos) {
        count(server, RESPONSES[status / 100 - 1]);
    }

    @Override
    public void tunnelOpened(ServerEntry server) {
        count(server, ServerCount.TUNNELS_OPENED);
    }

    @Override
    public void tunnelClosed(ServerEntry server) {
        count(server, ServerCount.TUNNELS_CLOSED);
    }

    /** One server's count over all loops. */
    @SuppressWarnings("EnumOrdinal")
    public static long sum(Collection<TrafficCounters> loops, ServerEntry server, ServerCount what) {
        int index = server.id() * PER_SERVER + what.ordinal();
        long sum = 0;
        for (TrafficCounters loop : loops) {
            long[] counts = loop.servers;
            sum += index < counts.length ? (long) LONGS.getOpaque(counts, index) : 0;
        }
        return sum;
    }

    /** Failures by reason over all loops. */
    public static Map<String, Long> failures(Collection<TrafficCounters> loops) {
        Map<String, Long> sum = new TreeMap<>();
        for (TrafficCounters loop : loops) {
            synchronized (loop.failures) {
                loop.failures.forEach((reason, count) -> sum.merge(reason, count, Long::sum));
            }
        }
        return sum;
    }

    /** Client connections now open. */
    public static long openConnections(Collection<TrafficCounters> loops) {
        long open = 0;
        for (TrafficCounters loop : loops) {
            open += (long) LONGS.getOpaque(loop.connections, 0) - (long) LONGS.getOpaque(loop.connections, 1);
        }
        return open;
    }
}
