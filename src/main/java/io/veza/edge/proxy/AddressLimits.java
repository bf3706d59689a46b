package io.veza.edge.proxy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * How many connections one client address has and how fast it makes new ones, an IPv6 client being its /64. Thread-safe: a
 * table of fixed size, whose {@link Stripe}s are locked one by one, for a connection and not for a request.
 *
 * <p>An address stays in the table while it has connections or while its rate is remembered. Where one finds no room, the
 * address without connections that is nearest to being forgotten makes way; if all of a set have some, the new one is let
 * in uncounted: a flood of addresses makes the limits laxer for a few and costs no memory.
 */
final class AddressLimits {

    /** {@link #open}: the connection is let in, and need not be told of when it closes. */
    static final int UNCOUNTED = -1;

    static final int TOO_MANY = -2;
    static final int TOO_FAST = -3;

    /** How long the rate may be exceeded by what was saved up before: pages load in bursts. */
    private static final long BURST_SECONDS = 5;

    private static final int STRIPES = 256;

    /** Places that one address may take. */
    private static final int WAYS = 8;

    /** No source has a multicast address, so these keys of IPv4 collide with none of IPv6. */
    private static final long V4 = 0xFFFF_FFFEL << 32;

    /** A part of the table with a lock of its own. */
    private static final class Stripe {
        @GuardedBy("this")
        private final long[] keys;

        /** Connections now open. */
        @GuardedBy("this")
        private final int[] open;

        /** When as many connections as were made would have been made at the allowed rate. */
        @GuardedBy("this")
        private final long[] due;

        Stripe(int places) {
            keys = new long[places];
            open = new int[places];
            due = new long[places];
        }
    }

    private final Stripe[] stripes = new Stripe[STRIPES];
    private final int sets;
    private final int mostOpen;
    private final long spacingNanos;
    private final long burstNanos;

    /** Nobody who chooses addresses knows where they go. */
    private final long seed = ThreadLocalRandom.current().nextLong();

    /**
     * @param most connections of one address; {@link ClientLimits#NO_MOST} for any number
     * @param perSecond new connections of one address; {@link ClientLimits#NO_MOST} for any number
     * @param connections of all addresses at most
     */
    AddressLimits(int most, int perSecond, int connections) {
        mostOpen = most;
        spacingNanos = perSecond == ClientLimits.NO_MOST ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecond;
        burstNanos = TimeUnit.SECONDS.toNanos(BURST_SECONDS);
        int places = Math.max(1 << 16, Integer.highestOneBit(connections) * 4);
        sets = places / STRIPES / WAYS;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe(sets * WAYS);
        }
    }

    /** Whether the other allows the same; how many addresses each has room for does not matter. */
    boolean isLike(AddressLimits other) {
        return mostOpen == other.mostOpen && spacingNanos == other.spacingNanos;
    }

    /** How many addresses are known at most. */
    int places() {
        return STRIPES * sets * WAYS;
    }

    /**
     * Counts a connection in.
     *
     * @param address 4 or 16 bytes
     * @return what to give to {@link #closed}, {@link #UNCOUNTED}, or why it must not be let in
     */
    int open(byte[] address, long nowNanos) {
        long key = key(address);
        long hash = mix(key ^ seed);
        int index = (int) (hash >>> 56);
        int set = (int) ((hash & 0xFF_FFFF) % sets) * WAYS;
        Stripe stripe = stripes[index];
        synchronized (stripe) {
            int place = place(stripe, set, key, nowNanos);
            if (place < 0) {
                return UNCOUNTED;
            }
            if (stripe.open[place] >= mostOpen) {
                return TOO_MANY;
            }
            long due = Math.max(stripe.due[place] - nowNanos, 0) + spacingNanos;
            if (due > burstNanos) {
                return TOO_FAST;
            }
            stripe.due[place] = nowNanos + due;
            stripe.open[place]++;
            return index * sets * WAYS + place;
        }
    }

    /** The address's place, or the one it takes; negative if there is none. */
    @GuardedBy("stripe")
    private static int place(Stripe stripe, int set, long key, long nowNanos) {
        int free = -1;
        for (int i = set; i < set + WAYS; i++) {
            if (stripe.keys[i] == key) {
                return i;
            }
            if (stripe.open[i] == 0 && (free < 0 || stripe.due[i] - stripe.due[free] < 0)) {
                free = i;
            }
        }
        if (free >= 0) {
            stripe.keys[free] = key;
            stripe.due[free] = nowNanos;
        }
        return free;
    }

    /** Counts a connection out that {@link #open} gave this number. */
    void closed(int number) {
        if (number == UNCOUNTED) {
            return;
        }
        Stripe stripe = stripes[number / (sets * WAYS)];
        synchronized (stripe) {
            stripe.open[number % (sets * WAYS)]--;
        }
    }

    private static long key(byte[] address) {
        long key = 0;
        for (int i = 0; i < Math.min(address.length, Long.BYTES); i++) {
            key = key << 8 | (address[i] & 0xFF);
        }
        return address.length == 4 ? V4 | key : key;
    }

    /** The finalizer of MurmurHash3: every bit of the key decides every bit of the hash. */
    private static long mix(long key) {
        long hash = (key ^ key >>> 33) * 0xFF51_AFD7_ED55_8CCDL;
        hash = (hash ^ hash >>> 33) * 0xC4CE_B9FE_1A85_EC53L;
        return hash ^ hash >>> 33;
    }
}
