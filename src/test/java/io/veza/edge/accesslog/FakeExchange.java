package io.veza.edge.accesslog;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerIds;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.OnMarkedDown;
import io.veza.edge.pool.Pool;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import io.veza.edge.proxy.EndedExchange;
import io.veza.edge.proxy.ExchangeFailure;
import io.veza.edge.proxy.Persistence;
import io.veza.edge.proxy.Protocol;
import io.veza.edge.proxy.TunnelEnd;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** An exchange that ended in good order, of which a test changes what it is about. */
final class FakeExchange implements EndedExchange {

    static final ServerEntry SERVER = server("s1");

    /** 2026-11-22T14:15:03.454Z. */
    static final long BEGAN = 1_795_356_903_454L;

    InetSocketAddress client = new InetSocketAddress("192.0.2.7", 60738);

    @Nullable
    String pool = "api";

    @Nullable
    ServerEntry server = SERVER;

    @Nullable
    ByteBuf head = bytes("GET /api/x HTTP/1.1\r\nHost: edge.example\r\n\r\n");

    Protocol protocol = Protocol.HTTP_1_1;
    int status = 200;
    long beganEpochMillis = BEGAN;
    long headNanos;
    long queueNanos;
    long connectNanos = 1_900_000;
    long responseNanos = 2_345_678;
    long totalNanos = 5_000_999;
    int retries;
    boolean redispatched;
    String termination = "----";

    @Nullable
    ExchangeFailure failure;

    @Nullable
    TunnelEnd tunnelEnd;

    /** An exchange with this head. */
    static FakeExchange of(String head) {
        FakeExchange exchange = new FakeExchange();
        exchange.head = bytes(head);
        return exchange;
    }

    /** A request that was not understood. */
    static FakeExchange malformed() {
        FakeExchange exchange = new FakeExchange();
        exchange.pool = null;
        exchange.server = null;
        exchange.head = null;
        exchange.status = 400;
        exchange.termination = "PR--";
        exchange.failure = ExchangeFailure.Cause.HEAD_TIMEOUT;
        exchange.headNanos = exchange.queueNanos = exchange.connectNanos = exchange.responseNanos = -1;
        return exchange;
    }

    /** One byte for each character, up to 0xff. */
    private static ByteBuf bytes(String latin1) {
        byte[] bytes = latin1.getBytes(StandardCharsets.ISO_8859_1);
        return Unpooled.wrappedBuffer(
                ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());
    }

    private static ServerEntry server(String name) {
        Duration second = Duration.ofSeconds(1);
        Pool pool = new Pool(
                "api",
                Balance.ROUNDROBIN,
                Duration.ZERO,
                OnMarkedDown.NONE,
                new PoolTimeouts(second, second, second, second),
                0,
                List.of(new Server(
                        name, new ServerAddress("127.0.0.1", 1), Weight.DEFAULT, OptionalInt.empty(), false)));
        HealthPolicy unchecked = new HealthPolicy(
                false,
                "/",
                OptionalInt.empty(),
                second,
                second,
                second,
                1,
                1,
                List.of(new HealthPolicy.StatusRange(200, 399)),
                Optional.empty());
        PoolController controller = new PoolController(
                new PoolDefinition(pool, unchecked, Optional.empty()),
                InstantSource.system(),
                () -> 0,
                new ServerIds());
        return Objects.requireNonNull(controller.snapshot().entry(name));
    }

    @Override
    public String listener() {
        return "http";
    }

    @Override
    public int listenerId() {
        return 0;
    }

    @Override
    public InetSocketAddress client() {
        return client;
    }

    @Override
    public @Nullable String pool() {
        return pool;
    }

    @Override
    public int poolId() {
        return 0;
    }

    @Override
    public @Nullable ServerEntry server() {
        return server;
    }

    @Override
    public @Nullable ByteBuf requestHead() {
        return head;
    }

    @Override
    public Protocol protocol() {
        return protocol;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public long bytesIn() {
        return 78;
    }

    @Override
    public long bytesOut() {
        return 119;
    }

    @Override
    public long headBytesOut() {
        return 100;
    }

    @Override
    public long beganEpochMillis() {
        return beganEpochMillis;
    }

    @Override
    public long headNanos() {
        return headNanos;
    }

    @Override
    public long queueNanos() {
        return queueNanos;
    }

    @Override
    public long connectNanos() {
        return connectNanos;
    }

    @Override
    public long responseNanos() {
        return responseNanos;
    }

    @Override
    public long totalNanos() {
        return totalNanos;
    }

    @Override
    public int retries() {
        return retries;
    }

    @Override
    public boolean redispatched() {
        return redispatched;
    }

    @Override
    public String termination() {
        return termination;
    }

    @Override
    public @Nullable ExchangeFailure failure() {
        return failure;
    }

    @Override
    public Persistence persistence() {
        return Persistence.UNUSED;
    }

    @Override
    public @Nullable TunnelEnd tunnelEnd() {
        return tunnelEnd;
    }

    @Override
    public int connections() {
        return 4;
    }

    @Override
    public int poolInFlight() {
        return 3;
    }

    @Override
    public int serverInFlight() {
        return 2;
    }

    @Override
    public int queuePosition() {
        return 6;
    }
}
