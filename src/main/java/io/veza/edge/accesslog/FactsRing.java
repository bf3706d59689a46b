package io.veza.edge.accesslog;

import io.netty.buffer.ByteBuf;
import io.veza.edge.proxy.EndedExchange;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The way from one event loop to the writer: a ring of slots for facts and one of bytes for heads, all allocated at the
 * start. One thread puts, one other takes; neither waits for the other. What finds no room is counted and gone.
 *
 * <p>A head lies in one piece: one that would reach over the end of the bytes begins at their start again. Counts of slots
 * and bytes only grow; the place is the count modulo the size. With 16 bytes and heads of 6, the first lies at 0, the
 * second at 6, and the third, for which 4 are left, at 0 again with count 16, once the first is taken.
 */
final class FactsRing {

    private static final VarHandle PUT;
    private static final VarHandle TAKEN;
    private static final VarHandle BYTES_TAKEN;
    private static final VarHandle DROPPED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            PUT = lookup.findVarHandle(FactsRing.class, "put", long.class);
            TAKEN = lookup.findVarHandle(FactsRing.class, "taken", long.class);
            BYTES_TAKEN = lookup.findVarHandle(FactsRing.class, "bytesTaken", long.class);
            DROPPED = lookup.findVarHandle(FactsRing.class, "dropped", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final LoggedExchange[] slots;
    private final byte[] bytes;
    private final int longestHead;
    private final Runnable wake;

    // The event loop's side: counts of slots and bytes put, and what it last saw of those taken.
    private long put;
    private long bytesPut;
    private long takenSeen;
    private long bytesTakenSeen;
    private long dropped;
    private boolean pressing;

    // The writer's side.
    private long taken;

    @SuppressWarnings("UnusedVariable") // by BYTES_TAKEN alone
    private long bytesTaken;

    /**
     * @param slots how many exchanges it holds, a power of two
     * @param bytes how many bytes of heads it holds, a power of two; one head gets a quarter of them at most
     * @param wake called by the event loop whenever the ring gets a quarter full
     */
    FactsRing(int slots, int bytes, Runnable wake) {
        if (Integer.bitCount(slots) != 1 || Integer.bitCount(bytes) != 1) {
            throw new IllegalArgumentException("not powers of two: " + slots + ", " + bytes);
        }
        this.slots = new LoggedExchange[slots];
        for (int i = 0; i < slots; i++) {
            this.slots[i] = new LoggedExchange();
        }
        this.bytes = new byte[bytes];
        this.longestHead = bytes / 4;
        this.wake = wake;
    }

    /**
     * Puts an exchange and the first bytes of its head, from the reader's index on. On the event loop only.
     *
     * @param length how many of them
     * @return whether there was room
     */
    boolean put(EndedExchange exchange, @Nullable ByteBuf head, int length) {
        int copied = Math.min(length, longestHead);
        long start = startOf(copied);
        if (!hasRoom(start + copied)) {
            DROPPED.setOpaque(this, dropped + 1);
            return false;
        }
        LoggedExchange slot = slots[(int) put & (slots.length - 1)];
        slot.take(exchange);
        int at = (int) start & (bytes.length - 1);
        if (head == null) {
            slot.headLength = -1;
        } else {
            head.getBytes(head.readerIndex(), bytes, at, copied);
            slot.headStart = at;
            slot.headLength = copied;
        }
        slot.cut = copied < length;
        bytesPut = start + copied;
        slot.bytesEnd = bytesPut;
        PUT.setRelease(this, put + 1);
        return true;
    }

    /** The count at which a head of this length begins: where the last one ends, or at the next start of the bytes. */
    private long startOf(int length) {
        int left = bytes.length - ((int) bytesPut & (bytes.length - 1));
        return length <= left ? bytesPut : bytesPut + left;
    }

    /** Looks at what the writer has taken only when it matters, since that costs a cache line going to and fro. */
    private boolean hasRoom(long bytesEnd) {
        if (isQuarterFull(bytesEnd)) {
            takenSeen = (long) TAKEN.getAcquire(this);
            bytesTakenSeen = (long) BYTES_TAKEN.getAcquire(this);
        }
        boolean pressed = pressing;
        pressing = isQuarterFull(bytesEnd);
        if (pressing && !pressed) {
            wake.run();
        }
        return put - takenSeen < slots.length && bytesEnd - bytesTakenSeen <= bytes.length;
    }

    private boolean isQuarterFull(long bytesEnd) {
        return put - takenSeen >= slots.length / 4 || bytesEnd - bytesTakenSeen > bytes.length / 4;
    }

    /** The oldest exchange, to be read until {@link #release}; null if there is none. On the writer only. */
    @Nullable
    LoggedExchange peek() {
        return taken == (long) PUT.getAcquire(this) ? null : slots[(int) taken & (slots.length - 1)];
    }

    /** The bytes that the heads lie in. */
    byte[] bytes() {
        return bytes;
    }

    /** Gives the slot of the oldest exchange back. On the writer only. */
    void release() {
        BYTES_TAKEN.setRelease(this, slots[(int) taken & (slots.length - 1)].bytesEnd);
        TAKEN.setRelease(this, taken + 1);
    }

    /** How many wait to be taken; on any thread. */
    long waiting() {
        long before = (long) TAKEN.getAcquire(this);
        return (long) PUT.getAcquire(this) - before;
    }

    /** How many found no room so far; on any thread. */
    long dropped() {
        return (long) DROPPED.getOpaque(this);
    }
}
