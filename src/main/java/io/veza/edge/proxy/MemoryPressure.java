package io.veza.edge.proxy;

import io.netty.util.internal.PlatformDependent;

/**
 * Whether the memory outside the heap runs short that buffers are made of. At its end connections would be cut as they read,
 * whoever they belong to; refusing new requests before leaves the rest to those that are under way. Thread-safe.
 */
final class MemoryPressure {

    /** What is left above it is for the answers under way, and for what is free but in pieces. */
    private static final double HIGH = 0.75;

    private static final long HIGH_BYTES = (long) (PlatformDependent.maxDirectMemory() * HIGH);

    private MemoryPressure() {}

    /** Asks a few dozen numbers of the allocator: for each turn of a loop, not for each request. */
    static boolean isHigh() {
        return PlatformDependent.usedDirectMemory() > HIGH_BYTES
                && TrafficLoop.ALLOCATOR.pinnedDirectMemory() > HIGH_BYTES;
    }
}
