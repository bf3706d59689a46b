package io.veza.edge.lab;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.time.Duration;

/** The connections of the load generator's users to its target; counts and times every request. */
final class LoadClient {

    /** A whole response. */
    record Answer(int status, MultiMap headers, Buffer body) {
        String server() {
            String server = headers.get(LabServer.SERVED_BY);
            return server == null ? "unnamed" : server;
        }
    }

    /** Longer than any timeout of the edge that a request of ours can meet. */
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final LoadOptions options;
    private final LoadStats stats;
    private final HttpClient http;
    private final WebSocketClient webSockets;

    LoadClient(Vertx vertx, LoadOptions options, LoadStats stats) {
        this.options = options;
        this.stats = stats;
        this.http = vertx.createHttpClient(new HttpClientOptions()
                .setMaxPoolSize(options.connections())
                .setDefaultHost(options.target().getHost())
                .setDefaultPort(options.port()));
        this.webSockets =
                vertx.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(options.connections()));
    }

    /** Fails, and is counted as an error, unless a whole response below 400 comes. */
    Future<Answer> request(HttpMethod method, String path, CookieJar cookies, Buffer body) {
        RequestOptions request =
                new RequestOptions().setMethod(method).setURI(path).setTimeout(PATIENCE.toMillis());
        if (!cookies.isEmpty()) {
            request.putHeader("Cookie", cookies.field());
        }
        long started = System.nanoTime();
        return http.request(request)
                .compose(ready -> ready.send(body))
                .compose(LoadClient::whole)
                .compose(answer -> {
                    cookies.take(answer.headers().getAll("Set-Cookie"));
                    stats.answered(answer.server(), Duration.ofNanos(System.nanoTime() - started));
                    return answer.status() < 400
                            ? Future.succeededFuture(answer)
                            : Future.failedFuture(new UnexpectedStatus(answer.status()));
                })
                .onFailure(failure -> count(method.name(), failure));
    }

    private static Future<Answer> whole(HttpClientResponse response) {
        return response.body().map(body -> new Answer(response.statusCode(), response.headers(), body));
    }

    /** Opens a WebSocket; one that can't be is counted as an error. */
    Future<WebSocket> webSocket(String path, CookieJar cookies) {
        WebSocketConnectOptions connect = new WebSocketConnectOptions()
                .setHost(options.target().getHost())
                .setPort(options.port())
                .setURI(path)
                .setTimeout(PATIENCE.toMillis());
        if (!cookies.isEmpty()) {
            connect.addHeader("Cookie", cookies.field());
        }
        return webSockets
                .connect(connect)
                .onSuccess(socket -> cookies.take(socket.headers().getAll("Set-Cookie")))
                .onFailure(failure -> count("WebSocket", failure));
    }

    /** The method belongs to the description: what became of a GET is another matter than what became of a POST. */
    private void count(String method, Throwable failure) {
        stats.failed(method
                + ' '
                + (failure instanceof UnexpectedStatus unexpected
                        ? String.valueOf(unexpected.status)
                        : failure.getClass().getSimpleName()));
    }

    /** A response that no user of ours can want. */
    private static final class UnexpectedStatus extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final int status;

        UnexpectedStatus(int status) {
            super("status " + status, null, false, false);
            this.status = status;
        }
    }
}
