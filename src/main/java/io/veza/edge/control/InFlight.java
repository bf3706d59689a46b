package io.veza.edge.control;

import java.util.concurrent.atomic.AtomicInteger;

/** How many exchanges and tunnels one server carries, counted by all event loops together. Outlives every snapshot. */
public final class InFlight {

    private final AtomicInteger count = new AtomicInteger();

    /** May miss a peak of two threads at once by one, which is worth not having to compare and set. */
    private volatile int most;

    /** Counts one more unless there are {@code max} already. Each success is owed one {@link #release}. */
    public boolean tryAcquire(int max) {
        if (max == Integer.MAX_VALUE) {
            reached(count.incrementAndGet());
            return true;
        }
        for (int seen = count.get(); seen < max; seen = count.get()) {
            if (count.compareAndSet(seen, seen + 1)) {
                reached(seen + 1);
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

    private void reached(int now) {
        if (now > most) {
            most = now;
        }
    }

    /** The most there ever were, or were since {@link #forgetMost}. */
    public int most() {
        return most;
    }

    public void forgetMost() {
        most = count.get();
    }

    public int current() {
        return count.get();
    }
}
