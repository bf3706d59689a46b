package io.veza.edge.proxy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Exchanges of one pool that wait for a place because every server they may go to is at its {@code max-connections};
 * first come, first tried. Thread-safe.
 *
 * <p>No wake-up is lost: a waiter joins and then looks for a place once more, a leaver gives its place back and then
 * looks for a waiter, so at least one of them sees the other. Some wait for the server of their cookie: they are not
 * woken for another one's place, else a line for a stuck server would hold up those behind it who would go anywhere.
 */
final class WaitQueue {

    /** More than one, since a woken exchange may end before it has had its try. */
    private static final int WOKEN = 4;

    /** What stands for a waiter's server if any will do; no server has an empty name. */
    private static final String ANY = "";

    private volatile int limit;

    /** In order of arrival, each with the one server it waits for. */
    @GuardedBy("itself")
    private final Map<Exchange, String> waiting = new LinkedHashMap<>();

    private volatile int size;
    private volatile int most;

    WaitQueue(int limit) {
        this.limit = limit;
    }

    /**
     * Joins the line, or changes in place what is waited for.
     *
     * @param server the only one that will do, or null for any
     * @return false if the queue is full
     */
    boolean join(Exchange exchange, @Nullable String server) {
        synchronized (waiting) {
            if (waiting.size() >= limit && !waiting.containsKey(exchange)) {
                return false;
            }
            waiting.put(exchange, server == null ? ANY : server);
            size = waiting.size();
            most = Math.max(most, size);
            return true;
        }
    }

    void leave(Exchange exchange) {
        synchronized (waiting) {
            waiting.remove(exchange);
            size = waiting.size();
        }
    }

    /** From now on it takes so many; those that are in it stay. */
    void limit(int most) {
        limit = most;
    }

    int size() {
        return size;
    }

    /** The most that ever waited at once, or since {@link #forgetMost}. */
    int most() {
        return most;
    }

    void forgetMost() {
        synchronized (waiting) {
            most = waiting.size();
        }
    }

    /**
     * Lets the first in line whom a place on this server would help try again, each on its own event loop; it stays in
     * line until it has a place.
     */
    void wakeNext(String server) {
        if (size == 0) {
            return;
        }
        List<Exchange> first = new ArrayList<>(WOKEN);
        synchronized (waiting) {
            for (Map.Entry<Exchange, String> waiter : waiting.entrySet()) {
                String wanted = waiter.getValue();
                if (wanted.equals(ANY) || wanted.equals(server)) {
                    first.add(waiter.getKey());
                    if (first.size() == WOKEN) {
                        break;
                    }
                }
            }
        }
        first.forEach(Exchange::wake);
    }

    /** After servers came or went: everybody looks again. */
    void wakeAll() {
        if (size == 0) {
            return;
        }
        List<Exchange> all;
        synchronized (waiting) {
            all = new ArrayList<>(waiting.keySet());
        }
        all.forEach(Exchange::wake);
    }
}
