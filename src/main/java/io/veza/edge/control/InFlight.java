package io.veza.edge.control;

import java.util.concurrent.atomic.AtomicInteger;

/** How many exchanges and tunnels one server carries, counted by all event loops together. Outlives every snapshot. */
public final class InFlight {

    private final AtomicInteger count = new AtomicInteger();

    /** Counts one more unless there are {@code max} already. Each success is owed one {@link #release}. */
    public boolean tryAcquire(int max) {
        if (max == Integer.MAX_VALUE) {
            count.getAndIncrement();
            return true;
        }
        for (int seen = count.get(); seen < max; seen = count.get()) {
            if (count.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
        return false;
    }

    /** @throws IllegalStateException if nothing was in flight: some exchange was released twice */
    public void release() {
        if (count.getAndDecrement() <= 0) {
            count.getAndIncrement();
            throw new IllegalStateException("released more often than acquired");
        }
    }

    public int current() {
        return count.get();
    }
}
