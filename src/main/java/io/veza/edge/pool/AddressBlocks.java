package io.veza.edge.pool;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A set of blocks of IP addresses, to be asked for each connection or request: a look-up takes as many steps as the number of
 * blocks has bits and allocates nothing. Blocks either lie within each other or apart, so those within others are left out
 * and at most one of the rest can hold an address: the last that begins at it or before. Immutable.
 *
 * <p>Example: of 10.0.0.0/8, 10.1.0.0/16 and 192.0.2.0/24 the second is left out; for 192.0.2.9 the last beginning at or
 * below it is 192.0.2.0, which holds it.
 */
public final class AddressBlocks {

    /** No address at all. */
    public static final AddressBlocks NONE = new AddressBlocks(List.of());

    private static final int V4_BYTES = 4;
    private static final int V6_BYTES = 16;
    private static final int V4_BITS = 32;
    private static final int MAPPED = 12;

    /** One block: the bytes of an address in it, 4 or 16, and how many bits its addresses share. */
    @SuppressWarnings("ArrayRecordComponent") // only handed over
    public record Block(byte[] network, int prefixLength) {}

    /** The first and last address of a block, left-aligned: those of IPv4 have 32 bits in {@code high}. */
    private record Range(long high, long low, long lastHigh, long lastLow) {
        static Range of(Block block) {
            int length = block.prefixLength();
            long highMask = length == 0 ? 0 : length >= Long.SIZE ? -1 : -1L << (Long.SIZE - length);
            long lowMask = length <= Long.SIZE ? 0 : -1L << (2 * Long.SIZE - length);
            long high = highHalf(block.network()) & highMask;
            long low = lowHalf(block.network()) & lowMask;
            return new Range(high, low, high | ~highMask, low | ~lowMask);
        }

        boolean holds(long otherHigh, long otherLow) {
            return !isBefore(otherHigh, otherLow, high, low) && !isBefore(lastHigh, lastLow, otherHigh, otherLow);
        }
    }

    private final Range[] v4;
    private final Range[] v6;

    public AddressBlocks(List<Block> blocks) {
        v4 = disjoint(blocks, V4_BYTES);
        v6 = disjoint(blocks, V6_BYTES);
    }

    private static Range[] disjoint(List<Block> blocks, int bytes) {
        List<Range> kept = new ArrayList<>();
        blocks.stream()
                .filter(block -> block.network().length == bytes)
                .map(Range::of)
                .sorted(Comparator.comparing(Range::high, Long::compareUnsigned)
                        .thenComparing(Range::low, Long::compareUnsigned)
                        // Of two that begin together the greater comes first.
                        .thenComparing(Comparator.comparing(Range::lastHigh, Long::compareUnsigned)
                                .reversed())
                        .thenComparing(Comparator.comparing(Range::lastLow, Long::compareUnsigned)
                                .reversed()))
                .forEach(range -> {
                    if (kept.isEmpty() || !kept.get(kept.size() - 1).holds(range.high(), range.low())) {
                        kept.add(range);
                    }
                });
        return kept.toArray(Range[]::new);
    }

    public boolean isEmpty() {
        return v4.length == 0 && v6.length == 0;
    }

    /**
     * Whether one of the blocks holds this address.
     *
     * @param address 4 bytes, or 16, of which an IPv4-mapped one counts as the IPv4 address it maps
     */
    public boolean contains(byte[] address) {
        if (address.length == V4_BYTES) {
            return contains(v4, highHalf(address), 0);
        }
        if (isMapped(address)) {
            return contains(v4, (long) word(address, MAPPED) << V4_BITS, 0);
        }
        return contains(v6, highHalf(address), lowHalf(address));
    }

    /** By the addresses that are held, however the blocks were written. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AddressBlocks blocks && Arrays.equals(v4, blocks.v4) && Arrays.equals(v6, blocks.v6);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(v4) + Arrays.hashCode(v6);
    }

    private static boolean contains(Range[] ranges, long high, long low) {
        int from = 0;
        int to = ranges.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            Range range = ranges[middle];
            if (isBefore(high, low, range.high(), range.low())) {
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        return from > 0 && ranges[from - 1].holds(high, low);
    }

    private static boolean isMapped(byte[] address) {
        return highHalf(address) == 0 && word(address, 8) == 0xFFFF;
    }

    private static boolean isBefore(long high, long low, long otherHigh, long otherLow) {
        int order = Long.compareUnsigned(high, otherHigh);
        return order < 0 || (order == 0 && Long.compareUnsigned(low, otherLow) < 0);
    }

    private static long highHalf(byte[] address) {
        long first = (long) word(address, 0) << V4_BITS;
        return address.length == V4_BYTES ? first : first | (word(address, 4) & 0xFFFF_FFFFL);
    }

    private static long lowHalf(byte[] address) {
        return address.length == V4_BYTES ? 0 : (long) word(address, 8) << V4_BITS | (word(address, 12) & 0xFFFF_FFFFL);
    }

    private static int word(byte[] address, int at) {
        return address[at] << 24
                | (address[at + 1] & 0xFF) << 16
                | (address[at + 2] & 0xFF) << 8
                | (address[at + 3] & 0xFF);
    }
}
