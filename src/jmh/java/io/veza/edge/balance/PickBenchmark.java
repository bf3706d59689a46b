package io.veza.edge.balance;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One choice among busy servers of weights 1 to 4: the cost should not grow with their number. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PickBenchmark {

    public enum Kind {
        ROUND_ROBIN,
        LEAST_CONNECTIONS,
        RANDOM_OF_TWO,
        CONSISTENT_HASH,
        BOUNDED_HASH
    }

    @Param
    public Kind kind;

    @Param({"2", "10", "1000"})
    public int servers;

    private Balancer<FakeServer> balancer;
    private long key;

    @Setup
    public void build() {
        SplittableRandom random = new SplittableRandom(1);
        List<FakeServer> candidates = new ArrayList<>();
        for (int i = 0; i < servers; i++) {
            FakeServer server = new FakeServer("server-" + i, (1 + i % 4) * SlowStart.UNIT);
            server.inFlight = 1 + random.nextInt(20);
            candidates.add(server);
        }
        balancer = switch (kind) {
            case ROUND_ROBIN -> new RoundRobin<>(candidates, new AtomicLong());
            case LEAST_CONNECTIONS -> new LeastConnections<>(candidates, new AtomicLong());
            case RANDOM_OF_TWO ->
                new RandomOfTwo<>(candidates, () -> ThreadLocalRandom.current().nextLong());
            case CONSISTENT_HASH -> new ConsistentHash<>(candidates, OptionalDouble.empty());
            case BOUNDED_HASH -> new ConsistentHash<>(candidates, OptionalDouble.of(1.25));
        };
    }

    @Benchmark
    public @Nullable FakeServer pick() {
        key += 0x9E3779B97F4A7C15L;
        return balancer.pick(key, Set.of());
    }
}
