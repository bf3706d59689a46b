package io.veza.edge.probe;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.CheckResult.Outcome;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.pool.ServerAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One active check of one server: a GET over a connection of its own, closed with the verdict, since an old connection
 * does not show whether the server still accepts new ones. Belongs to the context it was started on.
 */
final class Check {

    /** How much of a body is searched: a health page is small, and a stray download must not fill the memory. */
    private static final int BODY_LIMIT = 64 * 1024;

    private static final String USER_AGENT = "veza-edge-check";

    /** As an InetSocketAddress is written: {@code : /127.0.0.1:80}, {@code : api/[0:0:0:0:0:0:0:1]:80}. */
    private static final Pattern SYSTEM_CALL =
            Pattern.compile("^[a-zA-Z]+\\(\\.\\.\\) failed with error\\(-?[0-9]+\\): ");

    private static final Pattern PEER = Pattern.compile(": [^ /]*/[^ /]+:[0-9]+$");

    private final HealthPolicy policy;
    private final Promise<CheckResult> verdict = Promise.promise();
    private final Buffer body = Buffer.buffer();
    private final long begin = System.nanoTime();
    private OptionalInt status = OptionalInt.empty();
    private @Nullable HttpClientRequest request;

    private Check(HealthPolicy policy) {
        this.policy = policy;
    }

    /** A client for {@link #run}: it keeps no connection. */
    static HttpClient client(Vertx vertx) {
        return vertx.createHttpClient(new HttpClientOptions().setKeepAlive(false));
    }

    /**
     * Checks the server at this address, whatever it turns out to be: the future does not fail, and completes within
     * the policy's timeout. To be called on a Vert.x context.
     *
     * @param address where to connect, resolved; its port gives way to the policy's
     * @param configured what the Host field names
     */
    static Future<CheckResult> run(
            Vertx vertx, HttpClient client, InetSocketAddress address, ServerAddress configured, HealthPolicy policy) {
        Check check = new Check(policy);
        long timeout = Math.max(1, policy.timeout().toMillis());
        long timer =
                vertx.setTimer(timeout, expired -> check.end(Outcome.TIMEOUT, "no answer within " + timeout + " ms"));
        int port = policy.port().orElse(address.getPort());
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setServer(SocketAddress.inetSocketAddress(new InetSocketAddress(address.getAddress(), port)))
                .setHost(authority(configured.host()))
                .setPort(port)
                .setURI(policy.path())
                .setConnectTimeout(timeout)
                .putHeader(HttpHeaders.USER_AGENT, USER_AGENT);
        client.request(options).onSuccess(check::send).onFailure(check::notConnected);
        return check.verdict.future().onComplete(done -> vertx.cancelTimer(timer));
    }

    /** Vert.x puts a port behind it as it is. */
    private static String authority(String host) {
        return host.indexOf(':') < 0 ? host : "[" + host + "]";
    }

    private void send(HttpClientRequest connected) {
        request = connected;
        if (verdict.future().isComplete()) {
            hangUp(connected);
            return;
        }
        connected.response().onSuccess(this::head).onFailure(this::broken);
        // Without a handler of ours Vert.x would log every failed check as an error.
        connected.connection().exceptionHandler(this::broken);
        connected.end();
    }

    private void head(HttpClientResponse response) {
        status = OptionalInt.of(response.statusCode());
        if (policy.expectStatus().stream().noneMatch(range -> range.contains(response.statusCode()))) {
            end(Outcome.STATUS, "status " + response.statusCode());
        } else if (policy.expectBody().isEmpty()) {
            end(Outcome.PASSED, "");
        } else {
            Pattern expected = policy.expectBody().get();
            response.exceptionHandler(this::broken);
            response.endHandler(ended -> search(expected));
            response.handler(part -> {
                body.appendBuffer(part, 0, Math.min(part.length(), BODY_LIMIT - body.length()));
                if (body.length() == BODY_LIMIT) {
                    search(expected);
                }
            });
        }
    }

    private void search(Pattern expected) {
        if (expected.matcher(body.toString(StandardCharsets.UTF_8)).find()) {
            end(Outcome.PASSED, "");
        } else {
            end(Outcome.BODY, "body without \"" + expected + "\"");
        }
    }

    private void notConnected(Throwable cause) {
        end(Outcome.CONNECT, "no connection: " + reason(cause));
    }

    private void broken(Throwable cause) {
        end(Outcome.PROTOCOL, "no valid answer: " + reason(cause));
    }

    /** The first verdict counts; what the end of the connection makes of the rest comes after it. */
    private void end(Outcome outcome, String detail) {
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        if (verdict.tryComplete(new CheckResult(outcome, status, took, detail)) && request != null) {
            hangUp(request);
        }
    }

    private static void hangUp(HttpClientRequest connected) {
        connected.connection().close();
    }

    /** The message without the system call that Netty's native transport puts before it, and the peer's address behind. */
    private static String reason(Throwable cause) {
        String message = cause.getMessage();
        return message == null
                ? cause.getClass().getSimpleName()
                : PEER.matcher(SYSTEM_CALL.matcher(message).replaceFirst("")).replaceFirst("");
    }
}
