package io.veza.edge.control;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The pools of a running edge, sorted by name; a reload may add and remove some. Thread-safe: readers take the present
 * list and never wait.
 */
public final class Pools {

    @GuardedBy("this")
    private final List<Consumer<PoolController>> followers = new ArrayList<>();

    @GuardedBy("this")
    private final List<Consumer<PoolController>> mourners = new ArrayList<>();

    private volatile List<PoolController> all;

    /** What operators have changed in pools that are gone. */
    private volatile long configurationsGone;

    public Pools(List<PoolController> all) {
        this.all = List.copyOf(all);
    }

    public List<PoolController> all() {
        return all;
    }

    public Optional<PoolController> find(String name) {
        return all.stream().filter(pool -> pool.name().equals(name)).findFirst();
    }

    /** Gives this the pools there are, and later each new one before anybody else sees it. */
    public synchronized void follow(Consumer<PoolController> follower) {
        followers.add(follower);
        all.forEach(follower);
    }

    /** Gives this every pool that goes, after it has gone. */
    public synchronized void whenGone(Consumer<PoolController> mourner) {
        mourners.add(mourner);
    }

    /** From now on it is these. */
    public synchronized void replace(List<PoolController> next) {
        for (PoolController pool : next) {
            if (!all.contains(pool)) {
                followers.forEach(follower -> follower.accept(pool));
            }
        }
        List<PoolController> gone =
                all.stream().filter(pool -> !next.contains(pool)).toList();
        all = List.copyOf(next);
        for (PoolController pool : gone) {
            configurationsGone += pool.configurations();
            mourners.forEach(mourner -> mourner.accept(pool));
        }
    }

    /** How often operators have changed what a server is, in pools that are gone, too. */
    public long configurations() {
        return configurationsGone
                + all.stream().mapToLong(PoolController::configurations).sum();
    }
}
