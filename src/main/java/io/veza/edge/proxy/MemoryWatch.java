package io.veza.edge.proxy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;

/**
 * How much memory is left to take on more: the buffers of connections, which lie outside the heap, and the heap. Event loops
 * look once a tick, so that a request costs the read of a field of its loop. Thread-safe; a change is logged once.
 *
 * <p>What is under way goes on as long as it can. The reserve that is kept for it is what new requests are refused for.
 */
final class MemoryWatch {

    /** What is still taken on. */
    enum Level {
        ENOUGH,
        /** All of it, with small buffers; who has taken nothing for long is let go. */
        NARROW,
        /** No new requests: they get 503. */
        SHORT,
        /** No new connections either. */
        EXHAUSTED
    }

    private static final Logger LOG = Logger.getLogger(MemoryWatch.class);

    /** The heap changes by a collection; to ask more often would tell nothing. */
    private static final long HEAP_INTERVAL_NANOS = Duration.ofSeconds(1).toNanos();

    private final TrafficAllocator buffers;
    private final HeapGauge heap;
    private final AtomicReference<Level> level = new AtomicReference<>(Level.ENOUGH);
    private volatile Level ofHeap = Level.ENOUGH;
    private volatile long heapNanos;

    MemoryWatch(TrafficAllocator buffers, HeapGauge heap) {
        this.buffers = buffers;
        this.heap = heap;
        this.heapNanos = System.nanoTime() - HEAP_INTERVAL_NANOS;
    }

    /** The level as of now; from any event loop. */
    Level look(long nowNanos) {
        if (nowNanos - heapNanos >= HEAP_INTERVAL_NANOS) {
            // Two loops may ask at once, and get the same.
            heapNanos = nowNanos;
            ofHeap = heap.level(nowNanos);
        }
        Level before = level.get();
        Level ofBuffers = buffers.level(before);
        Level now = ofBuffers.compareTo(ofHeap) >= 0 ? ofBuffers : ofHeap;
        if (now != before && level.compareAndSet(before, now)) {
            tell(now, ofBuffers);
        }
        return now;
    }

    private void tell(Level now, Level ofBuffers) {
        switch (now) {
            case ENOUGH -> LOG.info("there is memory again: all requests are taken");
            case NARROW -> LOG.info("buffers take much of their memory: they are kept small, all requests are taken");
            case SHORT -> LOG.warnf("memory runs short (%s): new requests get 503", where(ofBuffers));
            case EXHAUSTED -> LOG.warnf("memory is at its end (%s): new connections are closed", where(ofBuffers));
        }
    }

    private static String where(Level ofBuffers) {
        return ofBuffers.compareTo(Level.SHORT) < 0 ? "heap" : "buffers outside the heap";
    }
}
