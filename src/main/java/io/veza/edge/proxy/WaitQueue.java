package io.veza.edge.proxy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Exchanges of one pool that wait for a place because every server is at its {@code max-connections}; first come, first
 * tried. Thread-safe.
 *
 * <p>No wake-up is lost: a waiter joins and then looks for a place once more, a leaver gives its place back and then
 * looks for a waiter, so at least one of them sees the other.
 */
final class WaitQueue {

    private static final int WOKEN = 4;

    private final int limit;

    /** In order of arrival. */
    @GuardedBy("itself")
    private final LinkedHashSet<Exchange> waiting = new LinkedHashSet<>();

    private volatile int size;

    WaitQueue(int limit) {
        this.limit = limit;
    }

    /** False if the queue is full. */
    boolean join(Exchange exchange) {
        synchronized (waiting) {
            if (waiting.size() >= limit) {
                return false;
            }
            waiting.add(exchange);
            size = waiting.size();
            return true;
        }
    }

    void leave(Exchange exchange) {
        synchronized (waiting) {
            waiting.remove(exchange);
            size = waiting.size();
        }
    }

    int size() {
        return size;
    }

    /**
     * Lets the first in line try again on its own event loop; it stays in line until it has a place. One that waits for a
     * certain server may try in vain while a later one would not, hence a few are woken.
     */
    void wakeNext() {
        if (size == 0) {
            return;
        }
        List<Exchange> first = new ArrayList<>(WOKEN);
        synchronized (waiting) {
            for (Exchange exchange : waiting) {
                first.add(exchange);
                if (first.size() == WOKEN) {
                    break;
                }
            }
        }
        first.forEach(Exchange::wake);
    }

    /** After servers came or went: everybody looks again. */
    void wakeAll() {
        List<Exchange> all;
        synchronized (waiting) {
            all = new ArrayList<>(waiting);
        }
        all.forEach(Exchange::wake);
    }
}
