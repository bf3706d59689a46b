package io.veza.edge.probe;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.CheckResult.Outcome;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.pool.ServerAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One active check of one server: a GET over a connection of its own, closed with the verdict, since an old connection
 * does not show whether the server still accepts new ones. Belongs to the context it was started on.
 */
final class Check extends SimpleChannelInboundHandler<HttpObject> implements CheckLink.Course {

    /** Bytes of the answer's head. */
    static final int HEAD_LIMIT = 32 * 1024;

    /** How much of a body is searched: a health page is small, and a stray download must not fill the memory. */
    private static final int BODY_LIMIT = 64 * 1024;

    private static final String NO_TLS = "no TLS: ";

    private static final String USER_AGENT = "veza-edge-check";

    private static final Pattern SYSTEM_CALL =
            Pattern.compile("^[a-zA-Z]+\\(\\.\\.\\) failed with error\\(-?[0-9]+\\): ");

    /** Whose words follow says enough to those who know the JDK's classes, and to nobody else. */
    private static final Pattern CERTIFICATE_PATH = Pattern.compile("^PKIX path [a-z]+ failed: [a-zA-Z.]+: ");

    /** As an InetSocketAddress is written: {@code : /127.0.0.1:80}, {@code : api/[0:0:0:0:0:0:0:1]:80}. */
    private static final Pattern PEER = Pattern.compile(": [^ /]*/[^ /]+:[0-9]+$");

    private final HealthPolicy policy;
    private final String authority;
    private final Promise<CheckResult> verdict;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final long begin = System.nanoTime();
    private OptionalInt status = OptionalInt.empty();
    private @Nullable ChannelHandlerContext connection;
    private @Nullable String grpcStatus;
    private boolean securing;

    private Check(HealthPolicy policy, String authority, Promise<CheckResult> verdict) {
        this.policy = policy;
        this.authority = authority;
        this.verdict = verdict;
    }

    /**
     * Checks the server at this address, whatever it turns out to be: the future does not fail, and completes within
     * the policy's timeout. To be called on a Vert.x context.
     *
     * @param address where to connect, resolved; its port gives way to the policy's
     * @param configured what the Host field names
     */
    static Future<CheckResult> run(
            Vertx vertx, CheckLink link, InetSocketAddress address, ServerAddress configured, HealthPolicy policy) {
        ContextInternal context = (ContextInternal) vertx.getOrCreateContext();
        int port = policy.port().orElse(address.getPort());
        Check check = new Check(policy, authority(configured.host(), port, link.isSecure()), context.promise());
        int timeout = (int) Math.max(1, policy.timeout().toMillis());
        long timer = vertx.setTimer(timeout, expired -> check.late(timeout));
        link.connect(
                context.nettyEventLoop(),
                new InetSocketAddress(address.getAddress(), port),
                configured,
                timeout,
                check,
                check);
        return check.verdict.future().onComplete(done -> vertx.cancelTimer(timer));
    }

    private static String authority(String host, int port, boolean secure) {
        String bracketed = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return port == (secure ? 443 : 80) ? bracketed : bracketed + ":" + port;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        connection = ctx;
        if (verdict.future().isComplete()) {
            hangUp(ctx);
            return;
        }
        FullHttpRequest request = policy.grpcService()
                .map(GrpcHealth::request)
                .orElseGet(() -> new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, policy.path()));
        request.headers()
                .set(HttpHeaderNames.HOST, authority)
                .set(HttpHeaderNames.USER_AGENT, USER_AGENT)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        ctx.writeAndFlush(request);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject part) {
        if (part.decoderResult().isFailure()) {
            broken(part.decoderResult().cause());
            return;
        }
        if (part instanceof HttpResponse response) {
            head(response.status().code());
            grpcStatus = response.headers().get(GrpcHealth.STATUS);
        }
        if (part instanceof HttpContent content && status.isPresent()) {
            body(content.content());
            if (part instanceof LastHttpContent last) {
                policy.expectBody().ifPresent(this::search);
                if (policy.grpcService().isPresent()) {
                    grpcAnswered(last.trailingHeaders().get(GrpcHealth.STATUS, grpcStatus));
                }
            }
        }
    }

    private void grpcAnswered(@Nullable String code) {
        if (code == null) {
            end(Outcome.PROTOCOL, "no valid answer: no grpc-status");
        } else if (!code.equals(GrpcHealth.OK)) {
            end(Outcome.STATUS, "grpc-status " + (code.matches("[0-9]{1,3}") ? code : "that is no number"));
        } else {
            String said = GrpcHealth.servingStatus(body.toByteArray());
            end(
                    said.equals(GrpcHealth.SERVING) ? Outcome.PASSED : Outcome.BODY,
                    said.equals(GrpcHealth.SERVING) ? "" : said);
        }
    }

    private void head(int code) {
        if (code < 200) {
            return;
        }
        status = OptionalInt.of(code);
        if (policy.grpcService().isPresent()) {
            if (code != 200) {
                end(Outcome.STATUS, "status " + code);
            }
        } else if (policy.expectStatus().stream().noneMatch(range -> range.contains(code))) {
            end(Outcome.STATUS, "status " + code);
        } else if (policy.expectBody().isEmpty()) {
            end(Outcome.PASSED, "");
        }
    }

    private void body(ByteBuf part) {
        byte[] bytes = new byte[Math.min(part.readableBytes(), BODY_LIMIT - body.size())];
        part.readBytes(bytes);
        body.writeBytes(bytes);
        if (body.size() == BODY_LIMIT) {
            policy.expectBody().ifPresent(this::search);
        }
    }

    private void search(Pattern expected) {
        if (expected.matcher(body.toString(StandardCharsets.UTF_8)).find()) {
            end(Outcome.PASSED, "");
        } else {
            end(Outcome.BODY, "body without \"" + expected + "\"");
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        broken(cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        broken(new IOException("connection closed"));
    }

    @Override
    public void notConnected(Throwable cause) {
        // A handshake that fails is told as such, and its exception comes this way, too.
        end(securing ? Outcome.TLS : Outcome.CONNECT, (securing ? NO_TLS : "no connection: ") + reason(cause));
    }

    @Override
    public void securing() {
        securing = true;
    }

    /** The handshake's own timeout is the check's, and may be over first. */
    @Override
    public void notSecured(Throwable cause) {
        end(cause instanceof SslHandshakeTimeoutException ? Outcome.TLS_TIMEOUT : Outcome.TLS, NO_TLS + reason(cause));
    }

    @Override
    public void secured() {
        securing = false;
    }

    private void late(int timeoutMillis) {
        end(
                securing ? Outcome.TLS_TIMEOUT : Outcome.TIMEOUT,
                (securing ? "no end of the TLS handshake within " : "no answer within ") + timeoutMillis + " ms");
    }

    private void broken(Throwable cause) {
        end(Outcome.PROTOCOL, "no valid answer: " + reason(cause));
    }

    /** The first verdict counts; what the end of the connection makes of the rest comes after it. */
    private void end(Outcome outcome, String detail) {
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        verdict.tryComplete(new CheckResult(outcome, status, took, detail));
        ChannelHandlerContext open = connection;
        if (open != null) {
            hangUp(open);
        }
    }

    /** A stream of HTTP/2 goes with its whole connection. */
    private static void hangUp(ChannelHandlerContext ctx) {
        Channel connection = ctx.channel().parent();
        (connection == null ? ctx.channel() : connection).close();
    }

    /**
     * The message without the system call that Netty's native transport puts before it, or the JDK's classes, and without the
     * peer's address behind.
     */
    private static String reason(Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null && (root instanceof DecoderException || root instanceof IOException)) {
            root = root.getCause();
        }
        Throwable path = root.getCause();
        if (path instanceof CertPathBuilderException) {
            return "its certificate does not lead to a trusted authority (tls.ca)";
        }
        if (path != null && path.getCause() instanceof CertificateExpiredException expired) {
            return "its certificate, or one it leads to, has expired: " + expired.getMessage();
        }
        String message = root.getMessage();
        return message == null
                ? root.getClass().getSimpleName()
                : PEER.matcher(plain(message)).replaceFirst("");
    }

    private static String plain(String message) {
        return CERTIFICATE_PATH
                .matcher(SYSTEM_CALL.matcher(message).replaceFirst(""))
                .replaceFirst("");
    }
}
