package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;

/** Holds as much of an allocator's memory as leads to a level. */
final class TakenMemory {

    private static final int CHUNK = 4 * 1024 * 1024;

    private final TrafficAllocator allocator;
    private final Deque<ByteBuf> taken = new ArrayDeque<>();

    TakenMemory(TrafficAllocator allocator) {
        this.allocator = allocator;
    }

    void take(MemoryWatch.Level level) {
        while (allocator.level(MemoryWatch.Level.ENOUGH) != level) {
            taken.add(allocator.directBuffer(CHUNK, CHUNK));
        }
    }

    void giveBack() {
        taken.forEach(ByteBuf::release);
        taken.clear();
    }
}
