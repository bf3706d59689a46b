package io.veza.edge.control;

import static io.veza.edge.control.Definitions.FAILED;
import static io.veza.edge.control.Definitions.PASSED;
import static io.veza.edge.control.Definitions.address;
import static io.veza.edge.control.Definitions.bounded;
import static io.veza.edge.control.Definitions.pool;
import static io.veza.edge.control.Definitions.server;
import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.Command.AddServer;
import io.veza.edge.control.Command.RemoveServer;
import io.veza.edge.control.Command.SetAdmin;
import io.veza.edge.control.Command.SetWeight;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.Admission;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.Weight;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Writers and readers at once: what no interleaving may show. */
class PoolControllerConcurrencyTest {

    private static final List<AdminState> ADMIN_STATES = List.of(AdminState.values());
    private static final int BOUND = 3;
    private static final int CHANGES = 2_000;

    private final ManualClock clock = new ManualClock();

    @ParameterizedTest
    @EnumSource
    void readers_see_whole_snapshots_and_counts_stay_within_their_bounds(Algorithm algorithm) throws Exception {
        PoolController controller = Definitions.controller(
                pool(Balance.of(algorithm), bounded("b0", BOUND), bounded("b1", BOUND), bounded("b2", BOUND)), clock);
        List<ServerTransition> transitions = new ArrayList<>();
        controller.addListener(transitions::add);
        AtomicBoolean writing = new AtomicBoolean(true);

        ExecutorService threads = Executors.newFixedThreadPool(5);
        try {
            List<Future<?>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                SplittableRandom random = new SplittableRandom(i);
                readers.add(threads.submit(() -> read(controller, random, writing)));
            }
            List<Callable<Object>> writers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                SplittableRandom random = new SplittableRandom(100 + i);
                String own = "extra" + i;
                writers.add(Executors.callable(() -> write(controller, random, own)));
            }
            for (Future<Object> writer : threads.invokeAll(writers)) {
                writer.get();
            }
            writing.set(false);
            for (Future<?> reader : readers) {
                reader.get();
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(controller.snapshot().entries())
                .allSatisfy(e -> assertThat(e.inFlight()).isZero());
        assertUnbroken(transitions);
    }

    private void write(PoolController controller, SplittableRandom random, String own) {
        for (int i = 0; i < CHANGES; i++) {
            String name = "b" + random.nextInt(3);
            switch (random.nextInt(8)) {
                case 0 -> controller.checked(name, FAILED);
                case 1, 2 -> controller.checked(name, PASSED);
                case 3 -> controller.apply(new SetAdmin(name, ADMIN_STATES.get(random.nextInt(ADMIN_STATES.size()))));
                case 4 -> controller.apply(new SetWeight(name, new Weight(random.nextInt(4))));
                case 5 -> controller.resolved(name, random.nextInt(4) == 0 ? null : address(random.nextInt(100)));
                case 6 -> controller.tick();
                default -> {
                    clock.advance(Duration.ofMillis(200));
                    if (controller.snapshot().entry(own) == null) {
                        controller.apply(new AddServer(server(own)));
                    } else {
                        controller.apply(new SetAdmin(own, AdminState.MAINT));
                        controller.apply(new RemoveServer(own));
                    }
                }
            }
        }
    }

    private static void read(PoolController controller, SplittableRandom random, AtomicBoolean writing) {
        long version = 0;
        while (writing.get()) {
            PoolSnapshot snapshot = controller.snapshot();
            assertThat(snapshot.version()).isGreaterThanOrEqualTo(version);
            version = snapshot.version();
            assertThat(snapshot.entries())
                    .extracting(ServerEntry::server)
                    .isEqualTo(snapshot.definition().pool().servers());
            for (ServerEntry entry : snapshot.entries()) {
                assertThat(snapshot.entry(entry.server().name())).isSameAs(entry);
                assertThat(entry.effectiveWeight() > 0)
                        .isEqualTo(entry.admission() == Admission.ALL
                                && entry.weight().value() > 0);
                assertThat(entry.inFlight()).isBetween(0, BOUND);
            }
            ServerEntry picked = snapshot.pick(random.nextLong(), Set.of());
            if (picked != null) {
                assertThat(snapshot.entry(picked.server().name())).isSameAs(picked);
                assertThat(picked.admission()).isEqualTo(Admission.ALL);
                assertThat(picked.address()).isNotNull();
                if (picked.tryAcquire()) {
                    picked.load().release();
                }
            }
        }
    }

    /** Each server's transitions, as they were heard, lead from where the one before led to. */
    private static void assertUnbroken(List<ServerTransition> transitions) {
        assertThat(transitions).isNotEmpty();
        Map<Integer, ServerTransition> last = new HashMap<>();
        for (ServerTransition transition : transitions) {
            ServerTransition before = last.put(transition.server().id(), transition);
            if (before != null) {
                assertThat(transition.from().differs(before.to()))
                        .as("%s after %s", transition.line(), before.line())
                        .isFalse();
            }
            assertThat(transition.to().differs(transition.from())).isTrue();
        }
    }
}
