package io.veza.edge.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamServerTest {

    private static final StreamServer.Shape SMALL = new StreamServer.Shape(3, 1_000, 2_000);

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void stop() {
        LabClient.await(vertx.close());
    }

    private int start(String name) {
        return LabClient.started(vertx, new StreamServer(LabClient.named(name), SMALL))
                .port();
    }

    @Test
    void the_playlist_lists_every_segment_and_each_can_be_fetched() throws Exception {
        int port = start("stream-a");

        HttpResponse<String> playlist = LabClient.get(port, "/hls/song-1/playlist.m3u8");

        assertThat(playlist.headers().firstValue("Content-Type")).hasValue("application/vnd.apple.mpegurl");
        assertThat(playlist.body().lines().filter(line -> !line.startsWith("#")))
                .containsExactly("seg000.ts", "seg001.ts", "seg002.ts");
        for (String segment : new String[] {"seg000.ts", "seg001.ts", "seg002.ts"}) {
            assertThat(LabClient.getBytes(port, "/hls/song-1/" + segment).body())
                    .hasSize(1_000);
        }
    }

    @Test
    void two_streamers_serve_the_same_bytes_and_other_tracks_and_segments_differ() throws Exception {
        int one = start("stream-a");
        int two = start("stream-b");

        byte[] segment = LabClient.getBytes(one, "/hls/song-1/seg001.ts").body();

        assertThat(LabClient.getBytes(two, "/hls/song-1/seg001.ts").body()).isEqualTo(segment);
        assertThat(LabClient.getBytes(two, "/hls/song-1/seg002.ts").body()).isNotEqualTo(segment);
        assertThat(LabClient.getBytes(two, "/hls/song-2/seg001.ts").body()).isNotEqualTo(segment);
    }

    @Test
    void the_cache_is_bounded_and_forgets_the_least_recently_used() throws Exception {
        int port = start("stream-a");

        assertThat(cache(port, 0)).isEqualTo("miss");
        assertThat(cache(port, 1)).isEqualTo("miss");
        assertThat(cache(port, 0)).isEqualTo("hit");
        assertThat(cache(port, 2)).isEqualTo("miss");
        assertThat(cache(port, 0)).isEqualTo("hit");
        assertThat(cache(port, 1)).isEqualTo("miss");

        JsonObject state = new JsonObject(LabClient.get(port, "/cache").body());
        assertThat(state.getInteger("entries")).isEqualTo(2);
        assertThat(state.getInteger("bytes")).isEqualTo(2_000);
        assertThat(state.getInteger("hits")).isEqualTo(2);
        assertThat(state.getInteger("misses")).isEqualTo(4);
        assertThat(state.getDouble("hitRate")).isEqualTo(2.0 / 6);
    }

    private static String cache(int port, int segment) throws Exception {
        return LabClient.get(port, "/hls/song-1/seg00" + segment + ".ts")
                .headers()
                .firstValue("X-Cache")
                .orElseThrow();
    }

    @Test
    void metrics_export_the_cache_counters() throws Exception {
        int port = start("stream-a");
        cache(port, 0);
        cache(port, 0);

        HttpResponse<String> metrics = LabClient.get(port, "/metrics");

        assertThat(metrics.headers().firstValue("Content-Type")).hasValue("text/plain; version=0.0.4");
        assertThat(metrics.body().lines())
                .contains(
                        "# TYPE lab_cache_hits_total counter",
                        "lab_cache_hits_total{server=\"stream-a\"} 1",
                        "lab_cache_misses_total{server=\"stream-a\"} 1",
                        "lab_cache_bytes{server=\"stream-a\"} 1000",
                        "lab_requests_total{server=\"stream-a\"} 3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/hls/song-1",
                "/hls/song-1/seg003.ts",
                "/hls/song-1/seg1.ts",
                "/hls/a%2Fb/seg000.ts",
                "/hls//seg000.ts"
            })
    void what_is_no_resource_is_404(String path) throws Exception {
        assertThat(LabClient.get(start("stream-a"), path).statusCode()).isEqualTo(404);
    }

    @Test
    void a_segment_larger_than_the_cache_is_served_and_not_kept() {
        SegmentCache cache = new SegmentCache(10);

        cache.get("a", () -> StreamServer.make("a", 0, 11));

        assertThat(cache.get("a", () -> StreamServer.make("a", 0, 11)).hit()).isFalse();
        assertThat(cache.bytes()).isZero();
    }
}
