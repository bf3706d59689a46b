package io.veza.edge.lab;

import io.vertx.core.buffer.Buffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A streamer's hot segments: least recently used first out, bounded in bytes, with hits and misses counted. Belongs to
 * the server's event loop.
 */
final class SegmentCache {

    /** What a look-up found, and whether it was there already. */
    record Lookup(Buffer bytes, boolean hit) {}

    private final long capacityBytes;
    private final Map<String, Buffer> segments = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;
    private long hits;
    private long misses;

    SegmentCache(long capacityBytes) {
        this.capacityBytes = capacityBytes;
    }

    /** The segment of this key; made by {@code origin} and kept, unless it alone is larger than the cache, if missing. */
    Lookup get(String key, Supplier<Buffer> origin) {
        Buffer cached = segments.get(key);
        if (cached != null) {
            hits++;
            return new Lookup(cached, true);
        }
        misses++;
        Buffer made = origin.get();
        if (made.length() <= capacityBytes) {
            segments.put(key, made);
            bytes += made.length();
            evict();
        }
        return new Lookup(made, false);
    }

    private void evict() {
        Iterator<Buffer> oldest = segments.values().iterator();
        while (bytes > capacityBytes) {
            bytes -= oldest.next().length();
            oldest.remove();
        }
    }

    int entries() {
        return segments.size();
    }

    long bytes() {
        return bytes;
    }

    long capacityBytes() {
        return capacityBytes;
    }

    long hits() {
        return hits;
    }

    long misses() {
        return misses;
    }
}
