package io.veza.edge.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.veza.edge.control.Command;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.Pools;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerIds;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.health.HealthPolicy.StatusRange;
import io.veza.edge.health.HealthState;
import io.veza.edge.health.Reason;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.OnMarkedDown;
import io.veza.edge.pool.Pool;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProberTest {

    private static final Duration SOON = Duration.ofMillis(10);
    private static final Duration NEVER = Duration.ofHours(1);

    private final Vertx vertx = Vertx.vertx();
    private final ServerIds ids = new ServerIds();
    private final Map<String, List<InetAddress>> names = new ConcurrentHashMap<>();
    private final BlockingQueue<String> lookups = new LinkedBlockingQueue<>();
    private final BlockingQueue<ServerTransition> transitions = new LinkedBlockingQueue<>();
    private @Nullable Prober prober;

    @AfterEach
    void stop() throws Exception {
        if (prober != null) {
            prober.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void takes_a_server_down_and_brings_it_back() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(ScriptedServer.BROKEN)) {
            probe(pool(policy(SOON, SOON, SOON.multipliedBy(500)), server("a", "127.0.0.1", server.port())));

            ServerTransition down = nextTransition();
            server.answer(ScriptedServer.OK);
            ServerTransition up = nextTransition();

            assertThat(down.to().health()).isEqualTo(HealthState.DOWN);
            assertThat(down.cause()).isEqualTo("check: status 500");
            assertThat(up.to().health()).isEqualTo(HealthState.UP);
        }
    }

    /** A listener that threw ended the checks of that server for good. */
    @Test
    void a_listener_that_throws_does_not_end_the_checks() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(ScriptedServer.BROKEN)) {
            PoolController pool =
                    pool(policy(SOON, SOON, SOON.multipliedBy(500)), server("a", "127.0.0.1", server.port()));
            pool.addListener(transition -> {
                throw new IllegalStateException("broken");
            });
            probe(pool);
            nextTransition();

            server.answer(ScriptedServer.OK);

            assertThat(nextTransition().to().health()).isEqualTo(HealthState.UP);
        }
    }

    @Test
    void a_silent_server_delays_nobody() throws Exception {
        try (ScriptedServer silent = ScriptedServer.silent();
                ScriptedServer server = ScriptedServer.answering(ScriptedServer.OK)) {
            probe(pool(
                    policy(SOON, SOON, NEVER),
                    server("silent", "127.0.0.1", silent.port()),
                    server("a", "127.0.0.1", server.port())));

            silent.nextHead();
            for (int i = 0; i < 20; i++) {
                server.nextHead();
            }

            assertThat(silent.requests()).as("one check at a time").isEqualTo(1);
        }
    }

    @Test
    void a_server_in_transition_is_checked_at_the_fast_interval() throws Exception {
        try (ScriptedServer settled = ScriptedServer.answering(ScriptedServer.OK);
                ScriptedServer failing = ScriptedServer.answering(ScriptedServer.OK)) {
            int fall = 20;
            HealthPolicy policy = policy(Duration.ofMillis(300), Duration.ofMillis(1), Duration.ofSeconds(5), fall, 2);
            PoolController pool = pool(
                    policy,
                    server("settled", "127.0.0.1", settled.port()),
                    server("failing", "127.0.0.1", failing.port()));
            probe(pool);

            failing.nextHead();
            failing.answer(ScriptedServer.BROKEN);
            ServerTransition down = nextTransition();

            // Without the fast interval it takes about as many checks of the one as of the other.
            assertThat(down.server().server().name()).isEqualTo("failing");
            assertThat(failing.requests()).isGreaterThan(fall);
            assertThat(settled.requests()).isLessThan(fall / 2);
        }
    }

    @Test
    void in_maintenance_a_server_is_not_checked_and_at_its_end_at_once() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(ScriptedServer.OK)) {
            PoolController pool = pool(policy(NEVER, NEVER, NEVER), server("a", "127.0.0.1", server.port()));
            pool.apply(new Command.SetAdmin("a", AdminState.MAINT));
            probe(pool);

            server.answer(ScriptedServer.BROKEN);
            pool.apply(new Command.SetAdmin("a", AdminState.READY));
            nextTransition();
            ServerTransition down = nextTransition();

            assertThat(down.to().health()).isEqualTo(HealthState.DOWN);
            assertThat(server.requests()).isEqualTo(1);
        }
    }

    /** A check that began before maintenance and failed after it took down the server that was just put back. */
    @Test
    void a_check_from_before_maintenance_does_not_count_after_it() throws Exception {
        CountDownLatch putBack = new CountDownLatch(1);
        AtomicInteger checks = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer(out -> {
            boolean first = checks.incrementAndGet() == 1;
            if (first) {
                putBack.await();
            }
            ScriptedServer.saying(first ? ScriptedServer.BROKEN : ScriptedServer.OK)
                    .answer(out);
        })) {
            PoolController pool = pool(policy(NEVER, NEVER, NEVER), server("a", "127.0.0.1", server.port()));
            probe(pool);
            server.nextHead();

            pool.apply(new Command.SetAdmin("a", AdminState.MAINT));
            pool.apply(new Command.SetAdmin("a", AdminState.READY));
            putBack.countDown();
            server.nextHead();

            nextTransition();
            nextTransition();
            assertThat(transitions).isEmpty();
        }
    }

    @Test
    void with_checks_off_a_server_is_only_resolved() throws Exception {
        try (ScriptedServer other = ScriptedServer.answering(ScriptedServer.OK);
                ScriptedServer unchecked = ScriptedServer.answering(ScriptedServer.OK)) {
            HealthPolicy on = policy(SOON, SOON, NEVER);
            HealthPolicy off = new HealthPolicy(
                    false, "/", OptionalInt.empty(), SOON, SOON, NEVER, 1, 1, on.expectStatus(), Optional.empty());
            PoolController pool = pool(off, server("a", "127.0.0.1", unchecked.port()));
            probe(pool, pool(on, server("b", "127.0.0.1", other.port())));

            for (int i = 0; i < 10; i++) {
                other.nextHead();
            }

            assertThat(addressOf(pool, "a")).isNotNull();
            assertThat(unchecked.requests()).isZero();
        }
    }

    @Test
    void the_start_waits_for_the_names() throws Exception {
        names.put("a.test", List.of(InetAddress.getLoopbackAddress()));
        PoolController pool = pool(policy(NEVER, NEVER, NEVER), server("a", "a.test", 8080));

        probe(pool);

        assertThat(addressOf(pool, "a")).isEqualTo(new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080));
    }

    @Test
    void a_name_without_an_address_takes_its_server_down_and_does_not_stop_the_start() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(ScriptedServer.OK)) {
            PoolController pool = pool(policy(SOON, SOON, NEVER), server("a", "a.invalid", server.port()));

            probe(pool);
            ServerTransition down = nextTransition();
            names.put("a.invalid", List.of(InetAddress.getLoopbackAddress()));
            ServerTransition known = nextTransition();
            ServerTransition up = nextTransition();

            assertThat(down.to().reason()).isEqualTo(Reason.DNS);
            assertThat(known.to().reason()).isNotEqualTo(Reason.DNS);
            assertThat(up.to().health()).isEqualTo(HealthState.UP);
        }
    }

    @Test
    void the_system_knows_no_name_under_invalid() throws Exception {
        PoolController pool = pool(policy(NEVER, NEVER, NEVER), server("a", "a.invalid", 1));
        pool.addListener(transitions::add);

        try (Prober ofSystem = new Prober(vertx, new Pools(List.of(pool)), new SplittableRandom(1)::nextLong)) {
            ofSystem.start().toCompletableFuture().get(10, TimeUnit.SECONDS);

            assertThat(nextTransition().to().reason()).isEqualTo(Reason.DNS);
        }
    }

    @Test
    void a_name_server_that_hangs_holds_up_neither_the_start_nor_the_others() throws Exception {
        CountDownLatch forever = new CountDownLatch(1);
        PoolController pool =
                pool(policy(NEVER, NEVER, NEVER), server("hanging", "hanging.test", 1), server("a", "127.0.0.1", 8080));
        try {
            probe(pool, host -> {
                awaitUninterruptibly(forever);
                throw new UnknownHostException(host);
            });

            assertThat(addressOf(pool, "a")).isNotNull();
            assertThat(addressOf(pool, "hanging")).isNull();
        } finally {
            forever.countDown();
        }
    }

    @Test
    void a_name_is_followed_to_its_new_address() throws Exception {
        names.put("a.test", List.of(InetAddress.getLoopbackAddress()));
        PoolController pool = pool(policy(SOON, SOON, NEVER), server("a", "a.test", 8080));
        probe(pool);

        names.put("a.test", List.of(InetAddress.getByName("127.0.0.2")));
        awaitLookups(3);

        assertThat(addressOf(pool, "a")).isEqualTo(new InetSocketAddress("127.0.0.2", 8080));
    }

    @Test
    void the_address_in_use_stays_as_long_as_the_name_has_it_or_has_none() throws Exception {
        InetAddress first = InetAddress.getLoopbackAddress();
        InetAddress second = InetAddress.getByName("127.0.0.2");
        names.put("a.test", List.of(first, second));
        PoolController pool = pool(policy(SOON, SOON, NEVER), server("a", "a.test", 8080));
        probe(pool);

        names.put("a.test", List.of(second, first));
        awaitLookups(3);
        assertThat(addressOf(pool, "a")).isEqualTo(new InetSocketAddress(first, 8080));

        names.remove("a.test");
        awaitLookups(3);
        assertThat(addressOf(pool, "a")).isEqualTo(new InetSocketAddress(first, 8080));
    }

    /** The name's next look-up took the server back to where the name leads, until the prober noticed the change. */
    @Test
    void an_address_that_an_operator_set_is_not_undone_by_the_name() throws Exception {
        names.put("a.test", List.of(InetAddress.getLoopbackAddress()));
        PoolController pool = pool(policy(SOON, SOON, NEVER), server("a", "a.test", 8080));
        probe(pool);
        InetSocketAddress wanted = new InetSocketAddress("127.0.0.3", 8081);
        BlockingQueue<InetSocketAddress> others = new LinkedBlockingQueue<>();
        pool.addChangeListener(() -> {
            InetSocketAddress now = addressOf(pool, "a");
            if (now != null && !now.equals(wanted)) {
                others.add(now);
            }
        });
        lookups.clear();

        pool.apply(new Command.SetAddress("a", wanted));

        assertThat(others.poll(1500, TimeUnit.MILLISECONDS)).isNull();
        assertThat(addressOf(pool, "a")).isEqualTo(wanted);
    }

    @Test
    void servers_that_come_and_go_are_followed() throws Exception {
        try (ScriptedServer old = ScriptedServer.answering(ScriptedServer.OK);
                ScriptedServer added = ScriptedServer.answering(ScriptedServer.OK)) {
            PoolController pool = pool(policy(SOON, SOON, NEVER), server("a", "127.0.0.1", old.port()));
            probe(pool);
            old.nextHead();

            pool.apply(new Command.AddServer(server("b", "127.0.0.1", added.port())));
            assertThat(nextTransition().to().health()).isEqualTo(HealthState.UP);

            pool.apply(new Command.SetAdmin("a", AdminState.MAINT));
            pool.apply(new Command.RemoveServer("a"));
            int before = old.requests();
            for (int i = 0; i < 10; i++) {
                added.nextHead();
            }
            assertThat(old.requests()).as("one may have been on its way").isLessThanOrEqualTo(before + 1);
        }
    }

    private Prober probe(PoolController... pools) throws Exception {
        return probe(pools, host -> {
            lookups.add(host);
            List<InetAddress> found = names.get(host);
            if (found == null) {
                throw new UnknownHostException(host);
            }
            return found;
        });
    }

    private Prober probe(PoolController pool, NameLookup lookup) throws Exception {
        return probe(new PoolController[] {pool}, lookup);
    }

    private Prober probe(PoolController[] pools, NameLookup lookup) throws Exception {
        for (PoolController pool : pools) {
            pool.addListener(transitions::add);
        }
        Prober started = new Prober(vertx, new Pools(List.of(pools)), new SplittableRandom(1)::nextLong, lookup, SOON);
        prober = started;
        started.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
        return started;
    }

    private ServerTransition nextTransition() throws InterruptedException {
        return Objects.requireNonNull(transitions.poll(20, TimeUnit.SECONDS), "no transition came");
    }

    /** So many look-ups that began after this call; the last but one has been taken in by then. */
    private void awaitLookups(int count) throws InterruptedException {
        lookups.clear();
        for (int i = 0; i < count; i++) {
            assertThat(lookups.poll(10, TimeUnit.SECONDS)).isNotNull();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static @Nullable InetSocketAddress addressOf(PoolController pool, String server) {
        ServerEntry entry = pool.snapshot().entry(server);
        return entry == null ? null : entry.address();
    }

    private static Server server(String name, String host, int port) {
        return new Server(name, new ServerAddress(host, port), Weight.DEFAULT, OptionalInt.empty(), false);
    }

    private static HealthPolicy policy(Duration interval, Duration fast, Duration timeout) {
        return policy(interval, fast, timeout, 3, 2);
    }

    private static HealthPolicy policy(Duration interval, Duration fast, Duration timeout, int fall, int rise) {
        return new HealthPolicy(
                true,
                "/health",
                OptionalInt.empty(),
                interval,
                fast,
                timeout,
                fall,
                rise,
                List.of(new StatusRange(200, 399)),
                Optional.empty());
    }

    private PoolController pool(HealthPolicy policy, Server... servers) {
        Pool pool = new Pool(
                "api",
                Balance.of(Algorithm.ROUNDROBIN),
                Duration.ZERO,
                OnMarkedDown.SHUTDOWN_SESSIONS,
                PoolTimeouts.DEFAULT,
                10,
                List.of(servers));
        PoolDefinition definition = new PoolDefinition(pool, policy, Optional.empty());
        return new PoolController(definition, InstantSource.system(), () -> 0L, ids);
    }
}
