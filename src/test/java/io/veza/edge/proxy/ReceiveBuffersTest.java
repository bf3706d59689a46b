package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.RecvByteBufAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReceiveBuffersTest {

    private final TrafficAllocator allocator = new TrafficAllocator();
    private final TakenMemory memory = new TakenMemory(allocator);
    private final RecvByteBufAllocator.ExtendedHandle handle = new ReceiveBuffers(allocator).newHandle();

    @AfterEach
    void give_back() {
        memory.giveBack();
    }

    /** What it reads into next. */
    private int next() {
        ByteBuf buffer = handle.allocate(allocator);
        int capacity = buffer.writableBytes();
        assertThat(capacity).isEqualTo(handle.guess());
        buffer.release();
        return capacity;
    }

    /** Each read fills its buffer, and there is more. */
    private void reads(int times) {
        for (int i = 0; i < times; i++) {
            int length = next();
            handle.attemptedBytesRead(length);
            handle.lastBytesRead(length);
            handle.readComplete();
        }
    }

    @Test
    void are_large_where_bodies_are() {
        assertThat(next()).isEqualTo(2048);
        reads(20);
        assertThat(next()).isEqualTo(256 * 1024);
    }

    @Test
    void are_small_while_buffers_take_much_of_their_memory() {
        reads(20);

        memory.take(MemoryWatch.Level.NARROW);
        assertThat(next()).isEqualTo(ReceiveBuffers.NARROW);
        reads(20);
        assertThat(next()).isEqualTo(ReceiveBuffers.NARROW);

        give_back();
        assertThat(allocator.level(MemoryWatch.Level.NARROW)).isEqualTo(MemoryWatch.Level.ENOUGH);
        reads(20);
        assertThat(next()).isEqualTo(256 * 1024);
    }

    @Test
    void of_heads_are_no_smaller_then() {
        memory.take(MemoryWatch.Level.NARROW);
        assertThat(next()).isEqualTo(2048);
    }
}
