package io.veza.edge.balance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * XXH64 with seed 0: the 64-bit hash of a key's bytes, the same in every process and release, since the map from keys
 * to servers hangs on it. Source of algorithm and primes: Yann Collet, "xxHash fast digest algorithm", version 0.1.1.
 * It is not keyed, so a client can choose keys that meet on one server; it could as well repeat one key.
 */
public final class KeyHash {

    private static final long PRIME_1 = 0x9E3779B185EBCA87L;
    private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
    private static final long PRIME_3 = 0x165667B19E3779F9L;
    private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
    private static final long PRIME_5 = 0x27D4EB2F165667C5L;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private KeyHash() {}

    /** The hash of {@code buf[from, to)}. */
    public static long hash(byte[] buf, int from, int to) {
        int at = from;
        long h = PRIME_5;
        if (to - from >= 32) {
            int stripes = (to - from) / 32;
            h = stripes(buf, from, stripes);
            at += stripes * 32;
        }
        h += to - from;
        for (; at <= to - 8; at += 8) {
            h = Long.rotateLeft(h ^ round(0, (long) LONGS.get(buf, at)), 27) * PRIME_1 + PRIME_4;
        }
        if (at <= to - 4) {
            h = Long.rotateLeft(h ^ ((int) INTS.get(buf, at) & 0xFFFF_FFFFL) * PRIME_1, 23) * PRIME_2 + PRIME_3;
            at += 4;
        }
        for (; at < to; at++) {
            h = Long.rotateLeft(h ^ (buf[at] & 0xFF) * PRIME_5, 11) * PRIME_1;
        }
        return avalanche(h);
    }

    /** Four independent lanes over blocks of 32 bytes, merged into one. */
    @SuppressWarnings("ConstantOverflow") // the algorithm reckons modulo 2^64, its first lane included
    private static long stripes(byte[] buf, int from, int count) {
        long a = PRIME_1 + PRIME_2;
        long b = PRIME_2;
        long c = 0;
        long d = -PRIME_1;
        for (int at = from, end = from + count * 32; at < end; at += 32) {
            a = round(a, (long) LONGS.get(buf, at));
            b = round(b, (long) LONGS.get(buf, at + 8));
            c = round(c, (long) LONGS.get(buf, at + 16));
            d = round(d, (long) LONGS.get(buf, at + 24));
        }
        long h = Long.rotateLeft(a, 1) + Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
        return merge(merge(merge(merge(h, a), b), c), d);
    }

    private static long round(long lane, long input) {
        return Long.rotateLeft(lane + input * PRIME_2, 31) * PRIME_1;
    }

    private static long merge(long h, long lane) {
        return (h ^ round(0, lane)) * PRIME_1 + PRIME_4;
    }

    private static long avalanche(long h) {
        h = (h ^ h >>> 33) * PRIME_2;
        h = (h ^ h >>> 29) * PRIME_3;
        return h ^ h >>> 32;
    }
}
