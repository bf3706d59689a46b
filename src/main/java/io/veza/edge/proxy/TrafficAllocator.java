package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.NettyRuntime;
import io.netty.util.internal.PlatformDependent;

/**
 * Makes the buffers of connections. One of our own, since the process-wide one has chunks of 64 KiB, as suits many small
 * messages: a receive buffer for bodies would be allocated, zeroed and freed for each read.
 *
 * <p>Does not go to the end of what the JVM may have outside the heap. There the JDK has whoever asks for more sleep for
 * half a second, up to nine times over and with a collection each time, and that would be an event loop; and the management
 * address would have nothing left to answer with. Thread-safe.
 */
final class TrafficAllocator extends PooledByteBufAllocator {

    private static final long MOST = PlatformDependent.maxDirectMemory();

    /** Receive buffers of bodies; heads and frames have smaller ones, and are still served. */
    private static final int LARGE = 16 * 1024;

    /** Together far less than the quarter that is kept back. */
    private static final int LOOK_EVERY = 8;

    private static final int CHUNK_ORDER = 9;
    private static final int PAGE = 8192;
    private static final int SMALL_CACHE = 256;
    private static final int NORMAL_CACHE = 64;

    private volatile boolean narrow;
    private volatile boolean exhausted;

    /** Several loops count at once and may miss one another, which comes to a look more or less. */
    private int asked;

    TrafficAllocator() {
        super(true, 0, NettyRuntime.availableProcessors(), PAGE, CHUNK_ORDER, SMALL_CACHE, NORMAL_CACHE, true);
    }

    /** Whether so much is taken that connections have to do with small buffers, as of the last look. */
    boolean isNarrow() {
        return narrow;
    }

    /**
     * What may still be taken on. First everyone has to do with less; then new requests are refused, and only then those under
     * way are refused the buffers they read into.
     *
     * @param was the level before; one ends a little below where it began
     */
    MemoryWatch.Level level(MemoryWatch.Level was) {
        look();
        if (exhausted) {
            return MemoryWatch.Level.EXHAUSTED;
        }
        if (isTaken(0.5, was.compareTo(MemoryWatch.Level.SHORT) >= 0 ? 0.3 : 0.375)) {
            return MemoryWatch.Level.SHORT;
        }
        return narrow ? MemoryWatch.Level.NARROW : MemoryWatch.Level.ENOUGH;
    }

    private void look() {
        exhausted = isTaken(0.75, 0.5);
        narrow = isTaken(0.25, narrow ? 0.15 : 0.2);
    }

    /** To ask for each buffer what all arenas have taken would cost a fortieth of what a large body costs. */
    private boolean refusesLarge() {
        asked++;
        if (asked % LOOK_EVERY == 0) {
            look();
        }
        return exhausted;
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
        if (initialCapacity >= LARGE && refusesLarge()) {
            throw new OutOfMemoryError(
                    "three quarters of the memory outside the heap are in the buffers of connections");
        }
        return super.newDirectBuffer(initialCapacity, maxCapacity);
    }

    /** What was taken from the system is seldom given back as a whole; so it counts only if it is in use as well. */
    private boolean isTaken(double share, double inUse) {
        return metric().usedDirectMemory() > MOST * share && pinnedDirectMemory() > MOST * inUse;
    }
}
