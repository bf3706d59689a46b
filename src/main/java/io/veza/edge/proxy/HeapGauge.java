package io.veza.edge.proxy;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * How full the heap is of what lives: of the generation that all which stays ends up in, as a collection has left it. What is in
 * use between two collections says nothing, since most of it is dead.
 *
 * <p>A collection comes when somebody allocates, and whoever refuses requests allocates little: an edge that has become idle
 * would go on refusing for the sake of what died long ago. So while it is short and none comes one is asked for, seldom.
 */
final class HeapGauge {

    private static final double SHORT = 0.9;
    private static final double EXHAUSTED = 0.95;

    /** Until this much is free again the level stays, lest it flutter. */
    private static final double ENOUGH = 0.85;

    private static final long COLLECT_NANOS = Duration.ofSeconds(10).toNanos();

    private final DoubleSupplier share;
    private final Runnable collection;
    private MemoryWatch.Level level = MemoryWatch.Level.ENOUGH;
    private long askedNanos;
    private double askedLiving;

    /**
     * @param share how much of the generation lives, 0 to 1
     * @param collection asks for a collection, without waiting for it
     */
    HeapGauge(DoubleSupplier share, Runnable collection) {
        this.share = share;
        this.collection = collection;
    }

    /** The gauge of this JVM; one that never shows anything where the collector has no generation with a bound. */
    static HeapGauge ofThisProcess() {
        Optional<MemoryPoolMXBean> old = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                // Young generations have a threshold for what a collection leaves alone.
                .filter(pool -> pool.isUsageThresholdSupported() && pool.isCollectionUsageThresholdSupported())
                .filter(pool -> pool.getUsage().getMax() > 0)
                .findFirst();
        return new HeapGauge(old.<DoubleSupplier>map(pool -> () -> living(pool)).orElse(() -> 0), HeapGauge::collect);
    }

    private static double living(MemoryPoolMXBean pool) {
        MemoryUsage left = pool.getCollectionUsage();
        MemoryUsage now = pool.getUsage();
        // A concurrent collector frees more behind the pause that the former is as of.
        return left == null ? 0 : (double) Math.min(left.getUsed(), now.getUsed()) / now.getMax();
    }

    /** On a thread of its own: a collector that works concurrently would have an event loop wait for it. */
    private static void collect() {
        Thread collecting = new Thread(System::gc, "edge-memory");
        collecting.setDaemon(true);
        collecting.start();
    }

    /** The level as of now; to be called about once a second. */
    synchronized MemoryWatch.Level level(long nowNanos) {
        double living = share.getAsDouble();
        boolean was = level != MemoryWatch.Level.ENOUGH;
        if (living >= EXHAUSTED) {
            level = MemoryWatch.Level.EXHAUSTED;
        } else if (living >= (was ? ENOUGH : SHORT)) {
            level = MemoryWatch.Level.SHORT;
        } else {
            level = MemoryWatch.Level.ENOUGH;
        }
        if (level == MemoryWatch.Level.ENOUGH) {
            return level;
        }
        if (!was || nowNanos - askedNanos >= COLLECT_NANOS) {
            // Where one came by itself there is another figure, and a second one would stop all for nothing.
            boolean stale = was && living == askedLiving;
            askedNanos = nowNanos;
            askedLiving = living;
            if (stale) {
                collection.run();
            }
        }
        return level;
    }
}
