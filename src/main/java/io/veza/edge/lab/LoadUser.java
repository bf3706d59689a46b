package io.veza.edge.lab;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.WebSocket;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One simulated user: a sequence of steps, one at a time, that goes on for ever. */
interface LoadUser {

    /** Does the next thing; a failure has been counted and the user may be asked to go on. */
    Future<?> step();

    /** Asks for one page after the other and keeps no cookie, so that every request is balanced anew. */
    final class Visitor implements LoadUser {
        private final LoadClient client;

        Visitor(LoadClient client) {
            this.client = client;
        }

        @Override
        public Future<?> step() {
            return client.request(HttpMethod.GET, "/api/v1/whoami", new CookieJar(), Buffer.buffer());
        }
    }

    /** Logs in, then stays with the server that the cookie names; counts being moved. */
    final class Member implements LoadUser {
        private static final int REQUESTS_PER_SESSION = 50;

        private final LoadClient client;
        private final LoadStats stats;
        private final String name;
        private CookieJar cookies = new CookieJar();
        private int left;
        private @Nullable String server;

        Member(LoadClient client, LoadStats stats, String name) {
            this.client = client;
            this.stats = stats;
            this.name = name;
        }

        @Override
        public Future<?> step() {
            if (left == 0) {
                cookies = new CookieJar();
                Buffer body = new JsonObject().put("user", name).toBuffer();
                return client.request(HttpMethod.POST, "/api/v1/login", cookies, body)
                        .onSuccess(answer -> {
                            left = REQUESTS_PER_SESSION;
                            server = answer.server();
                        });
            }
            left--;
            return client.request(HttpMethod.GET, "/api/v1/me", cookies, Buffer.buffer())
                    .onSuccess(answer -> {
                        if (!answer.server().equals(server)) {
                            stats.moved();
                        }
                        server = answer.server();
                    });
        }
    }

    /** Holds a chat WebSocket open, says something and waits for it to come back; reconnects when it is closed. */
    final class Chatter implements LoadUser {
        private final LoadClient client;
        private final LoadStats stats;
        private final CookieJar cookies = new CookieJar();
        private @Nullable WebSocket socket;
        private @Nullable Promise<Void> awaited;
        private boolean connectedBefore;

        Chatter(LoadClient client, LoadStats stats) {
            this.client = client;
            this.stats = stats;
        }

        @Override
        public Future<?> step() {
            WebSocket open = socket;
            return open == null ? connect() : say(open);
        }

        private Future<?> connect() {
            if (connectedBefore) {
                stats.reconnected();
            }
            return client.webSocket("/api/v1/ws/chat", cookies).onSuccess(opened -> {
                connectedBefore = true;
                socket = opened;
                opened.binaryMessageHandler(echo -> settle());
                opened.closeHandler(closed -> {
                    socket = null;
                    settle();
                });
            });
        }

        private Future<?> say(WebSocket open) {
            Promise<Void> answer = Promise.promise();
            awaited = answer;
            long started = System.nanoTime();
            open.writeBinaryMessage(Buffer.buffer("hello, is anybody here?"));
            return answer.future().onSuccess(back -> {
                if (socket == open) {
                    stats.echoed(Duration.ofNanos(System.nanoTime() - started));
                }
            });
        }

        private void settle() {
            Promise<Void> waiting = awaited;
            if (waiting != null) {
                awaited = null;
                waiting.complete();
            }
        }
    }

    /**
     * Plays one track after the other: its playlist, then every segment in order. The tracks together, 75 MiB as a streamer
     * makes them by default, are more than one streamer caches and less than two do: hits are many if every track has
     * its own streamer, and none if tracks go to any.
     */
    final class Player implements LoadUser {
        private static final int TRACKS = 20;

        private final LoadClient client;
        private final LoadStats stats;
        private final List<String> playlist = new ArrayList<>();
        private final CookieJar noCookies = new CookieJar();
        private int track;

        Player(LoadClient client, LoadStats stats, int firstTrack) {
            this.client = client;
            this.stats = stats;
            this.track = firstTrack % TRACKS;
        }

        @Override
        public Future<?> step() {
            String folder = "/hls/track-" + track + "/";
            if (playlist.isEmpty()) {
                return client.request(HttpMethod.GET, folder + "playlist.m3u8", noCookies, Buffer.buffer())
                        .onSuccess(answer -> answer.body()
                                .toString()
                                .lines()
                                .filter(line -> !line.startsWith("#"))
                                .forEach(playlist::add));
            }
            String segment = playlist.remove(0);
            if (playlist.isEmpty()) {
                track = (track + 1) % TRACKS;
            }
            return client.request(HttpMethod.GET, folder + segment, noCookies, Buffer.buffer())
                    .onSuccess(
                            answer -> stats.cache("hit".equals(answer.headers().get("X-Cache"))));
        }
    }
}
