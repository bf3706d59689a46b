package io.veza.edge.lab;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The lab's HLS streamer: {@code GET /health}, {@code /hls/<track>/playlist.m3u8} and {@code /hls/<track>/seg<NNN>.ts}.
 * Every track exists; its segments are made from its name, so all streamers serve the same bytes and only the cache
 * ({@code X-Cache: hit|miss}, {@code GET /cache}) tells which of them was warm.
 */
final class StreamServer extends LabServer {

    /**
     * What a streamer's tracks look like.
     *
     * @param segments per track, 1..1000
     * @param segmentBytes per segment
     * @param cacheBytes how much of them stays in memory
     */
    record Shape(int segments, int segmentBytes, long cacheBytes) {
        static final Shape DEFAULT = new Shape(60, 64 * 1024, 64L * 1024 * 1024);
    }

    private static final Pattern RESOURCE =
            Pattern.compile("/hls/([A-Za-z0-9_-]{1,64})/(?:playlist\\.m3u8|seg([0-9]{3})\\.ts)");
    private static final int SEGMENT_SECONDS = 4;

    private final Shape shape;
    private final SegmentCache cache;

    StreamServer(Identity identity, Shape shape) {
        super(identity);
        this.shape = shape;
        this.cache = new SegmentCache(shape.cacheBytes());
    }

    @Override
    String healthPath() {
        return "/health";
    }

    @Override
    List<Sample> samples() {
        return List.of(
                new Sample("lab_cache_hits_total", "counter", "Segments served from the cache.", cache.hits()),
                new Sample("lab_cache_misses_total", "counter", "Segments that had to be made.", cache.misses()),
                new Sample("lab_cache_entries", "gauge", "Segments in the cache.", cache.entries()),
                new Sample("lab_cache_bytes", "gauge", "Bytes in the cache.", cache.bytes()));
    }

    @Override
    void serve(HttpServerRequest request, String path) {
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            refuse(request, 405);
            return;
        }
        if (path.equals("/cache")) {
            describeCache(request);
            return;
        }
        Matcher resource = RESOURCE.matcher(path);
        if (!resource.matches()) {
            refuse(request, 404);
        } else if (resource.group(2) == null) {
            bytes(request, "application/vnd.apple.mpegurl", Buffer.buffer(playlist()));
        } else {
            segment(request, resource.group(1), Integer.parseInt(resource.group(2)));
        }
    }

    private void segment(HttpServerRequest request, String track, int number) {
        if (number >= shape.segments()) {
            refuse(request, 404);
            return;
        }
        SegmentCache.Lookup found = cache.get(track + '/' + number, () -> make(track, number, shape.segmentBytes()));
        request.response().putHeader("X-Cache", found.hit() ? "hit" : "miss");
        bytes(request, "video/mp2t", found.bytes());
    }

    private String playlist() {
        StringBuilder text = new StringBuilder(64 + shape.segments() * 22);
        text.append("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-TARGETDURATION:")
                .append(SEGMENT_SECONDS)
                .append('\n');
        for (int number = 0; number < shape.segments(); number++) {
            text.append(String.format(Locale.ROOT, "#EXTINF:%d,\nseg%03d.ts\n", SEGMENT_SECONDS, number));
        }
        return text.append("#EXT-X-ENDLIST\n").toString();
    }

    private void describeCache(HttpServerRequest request) {
        long lookups = cache.hits() + cache.misses();
        json(
                request,
                200,
                new JsonObject()
                        .put("entries", cache.entries())
                        .put("bytes", cache.bytes())
                        .put("capacityBytes", cache.capacityBytes())
                        .put("hits", cache.hits())
                        .put("misses", cache.misses())
                        .put("hitRate", lookups == 0 ? 0.0 : (double) cache.hits() / lookups));
    }

    /**
     * The bytes of one segment: SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014)
     * seeded with track and number, so that a mixed-up or cut segment cannot go unnoticed.
     */
    static Buffer make(String track, int number, int size) {
        byte[] bytes = new byte[size];
        long state = track.hashCode() * 1_000_003L + number;
        for (int at = 0; at < size; at += Long.BYTES) {
            state += 0x9E3779B97F4A7C15L;
            long word = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
            word = (word ^ (word >>> 27)) * 0x94D049BB133111EBL;
            word ^= word >>> 31;
            for (int i = at; i < Math.min(at + Long.BYTES, size); i++) {
                bytes[i] = (byte) word;
                word >>>= 8;
            }
        }
        return Buffer.buffer(bytes);
    }
}
