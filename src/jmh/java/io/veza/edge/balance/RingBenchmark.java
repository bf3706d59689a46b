package io.veza.edge.balance;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The ring of 100 servers: finding a key's owner, building it anew, and carrying it on when one server changes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RingBenchmark {

    @Param({"1", "100"})
    public int weight;

    private final String[] names = new String[100];
    private final int[] weights = new int[100];
    private final int[] oneDown = new int[100];
    private Ring ring;
    private long key;

    @Setup
    public void build() {
        Arrays.setAll(names, i -> "server-%02d".formatted(i));
        Arrays.fill(weights, weight * SlowStart.UNIT);
        Arrays.fill(oneDown, weight * SlowStart.UNIT);
        oneDown[42] = 0;
        ring = Ring.of(names, weights);
    }

    @Benchmark
    public int lookup() {
        key += 0x9E3779B97F4A7C15L;
        return ring.serverAt(ring.find(key));
    }

    @Benchmark
    public Object anew() {
        return Ring.of(names, weights);
    }

    @Benchmark
    public Object oneServerChanges() {
        return ring.next(names, oneDown).next(names, weights);
    }
}
