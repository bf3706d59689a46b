package io.veza.edge.control;

import static io.veza.edge.control.Definitions.FAILED;
import static io.veza.edge.control.Definitions.backup;
import static io.veza.edge.control.Definitions.bounded;
import static io.veza.edge.control.Definitions.pool;
import static io.veza.edge.control.Definitions.server;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.Command.SetAdmin;
import io.veza.edge.control.Command.SetWeight;
import io.veza.edge.health.AdminState;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolSnapshotTest {

    private final ManualClock clock = new ManualClock();

    @ParameterizedTest
    @EnumSource
    void every_algorithm_chooses_among_ready_servers_that_are_up(Algorithm algorithm) {
        PoolController controller = controller(
                Balance.of(algorithm), server("up"), server("down"), server("drain"), server("maint"), backup("spare"));
        controller.checked("down", FAILED);
        controller.apply(new SetAdmin("drain", AdminState.DRAIN));
        controller.apply(new SetAdmin("maint", AdminState.MAINT));

        assertThat(picked(controller.snapshot(), Set.of())).containsExactly("up");
        assertThat(requireNonNull(controller.snapshot().pickWithoutKey(Set.of()))
                        .server()
                        .name())
                .isEqualTo("up");
    }

    @ParameterizedTest
    @EnumSource
    void backups_share_the_traffic_when_no_other_server_is_usable(Algorithm algorithm) {
        PoolController controller = controller(Balance.of(algorithm), server("b1"), backup("s1"), backup("s2"));
        assertThat(picked(controller.snapshot(), Set.of())).containsExactly("b1");

        controller.checked("b1", FAILED);

        // One draw of the fake entropy always falls on the first.
        assertThat(picked(controller.snapshot(), Set.of()))
                .isEqualTo(algorithm == Algorithm.RANDOM ? Set.of("s1") : Set.of("s1", "s2"));
        assertThat(controller.snapshot().saturated(Set.of())).isFalse();
    }

    @Test
    void a_request_that_failed_on_every_other_server_goes_to_a_backup() {
        PoolController controller = controller(Balance.ROUNDROBIN, server("b1"), server("b2"), backup("s1"));

        assertThat(picked(controller.snapshot(), Set.of("b1"))).containsExactly("b2");
        assertThat(picked(controller.snapshot(), Set.of("b1", "b2"))).containsExactly("s1");
        assertThat(requireNonNull(controller.snapshot().pickWithoutKey(Set.of("b1", "b2")))
                        .server()
                        .name())
                .isEqualTo("s1");
        assertThat(picked(controller.snapshot(), Set.of("b1", "b2", "s1"))).isEmpty();
    }

    /** It was taken for the key's own, since it owns the key among the backups. */
    @Test
    void a_backup_is_home_to_a_key_only_while_no_other_server_is_usable() {
        PoolController controller = controller(Balance.of(Algorithm.URI), server("b1"), backup("s1"));
        PoolSnapshot up = controller.snapshot();
        ServerEntry spilledTo = requireNonNull(up.pick(42, Set.of("b1")));

        controller.checked("b1", FAILED);

        assertThat(up.owns(42, requireNonNull(up.pick(42, Set.of())))).isTrue();
        assertThat(up.owns(42, spilledTo)).isFalse();
        PoolSnapshot down = controller.snapshot();
        assertThat(down.owns(42, requireNonNull(down.pick(42, Set.of())))).isTrue();
    }

    @Test
    void a_pool_is_saturated_when_every_usable_server_is_full_and_backups_do_not_help_then() {
        PoolController controller =
                controller(Balance.ROUNDROBIN, bounded("b1", 1), bounded("b2", 2), server("b3"), backup("s1"));
        controller.checked("b3", FAILED);
        PoolSnapshot snapshot = controller.snapshot();

        List<String> taken = new ArrayList<>();
        for (ServerEntry entry = snapshot.pick(0, Set.of()); entry != null; entry = snapshot.pick(0, Set.of())) {
            assertThat(snapshot.saturated(Set.of())).isFalse();
            assertThat(entry.tryAcquire()).isTrue();
            taken.add(entry.server().name());
        }

        assertThat(taken).containsExactlyInAnyOrder("b1", "b2", "b2");
        assertThat(snapshot.saturated(Set.of())).isTrue();
        assertThat(snapshot.saturated(Set.of("b1"))).isTrue();
        assertThat(snapshot.saturated(Set.of("b1", "b2"))).isFalse(); // the backup is free
        assertThat(snapshot.saturated(Set.of("b1", "b2", "s1"))).isFalse(); // nobody to wait for
        assertThat(requireNonNull(snapshot.entry("b1")).tryAcquire()).isFalse();

        requireNonNull(snapshot.entry("b2")).load().release();
        assertThat(snapshot.saturated(Set.of())).isFalse();
        assertThat(picked(snapshot, Set.of())).containsExactly("b2");
    }

    @Test
    void a_pool_without_a_usable_server_is_not_saturated() {
        PoolController controller = controller(Balance.ROUNDROBIN, server("b1"));
        controller.checked("b1", FAILED);

        assertThat(controller.snapshot().pick(0, Set.of())).isNull();
        assertThat(controller.snapshot().saturated(Set.of())).isFalse();
    }

    @Test
    void a_request_without_a_key_is_balanced_round_robin_where_others_are_hashed() {
        PoolController controller = controller(Balance.of(Algorithm.URI), server("b1"), server("b2"), server("b3"));

        Set<String> same = new TreeSet<>();
        Set<String> turns = new TreeSet<>();
        for (int i = 0; i < 3; i++) {
            same.add(name(controller.snapshot().pick(42, Set.of())));
            turns.add(name(controller.snapshot().pickWithoutKey(Set.of())));
        }

        assertThat(same).hasSize(1);
        assertThat(turns).containsExactly("b1", "b2", "b3");
    }

    @ParameterizedTest(name = "[{0}] is {1}")
    @CsvSource({
        "up, up",
        "drain, drain",
        "weightless, weightless",
        "spare, spare",
        "full, full",
        "up|ZVPxA|ZVPxA, up",
        "down, ",
        "maint, ",
        "unknown, ",
        "'', ",
        "'\"up\"', ",
        "UP, ",
        "u, ",
        "up2, ",
    })
    void a_cookie_leads_to_its_server_unless_that_admits_nothing(String value, @Nullable String server) {
        PoolController controller = controller(
                Balance.ROUNDROBIN,
                server("up"),
                server("down"),
                server("drain"),
                server("maint"),
                server("weightless"),
                bounded("full", 1),
                backup("spare"));
        controller.checked("down", FAILED);
        controller.apply(new SetAdmin("drain", AdminState.DRAIN));
        controller.apply(new SetAdmin("maint", AdminState.MAINT));
        controller.apply(new SetWeight("weightless", new Weight(0)));
        assertThat(requireNonNull(controller.snapshot().entry("full")).tryAcquire())
                .isTrue();
        byte[] bytes = ("<" + value + "|").getBytes(US_ASCII);

        ServerEntry entry = controller.snapshot().persistent(bytes, 1, 1 + value.length());

        assertThat(entry == null ? null : name(entry)).isEqualTo(server);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8, 1000})
    void every_server_of_a_pool_is_found_by_its_cookie_and_nobody_elses(int count) {
        Server[] servers = new Server[count];
        for (int i = 0; i < count; i++) {
            servers[i] = server("backend-api-" + i);
        }
        PoolSnapshot snapshot = controller(Balance.ROUNDROBIN, servers).snapshot();

        for (ServerEntry entry : snapshot.entries()) {
            assertThat(snapshot.persistent(entry.cookieValue(), 0, entry.cookieValue().length))
                    .isSameAs(entry);
        }
        byte[] other = ("backend-api-" + count).getBytes(US_ASCII);
        assertThat(snapshot.persistent(other, 0, other.length)).isNull();
    }

    @Test
    void a_pool_without_servers_answers_everything_with_none() {
        PoolSnapshot snapshot = controller(Balance.ROUNDROBIN).snapshot();

        assertThat(snapshot.pick(0, Set.of())).isNull();
        assertThat(snapshot.pickWithoutKey(Set.of())).isNull();
        assertThat(snapshot.persistent(new byte[] {'a'}, 0, 1)).isNull();
        assertThat(snapshot.saturated(Set.of())).isFalse();
    }

    private PoolController controller(Balance balance, Server... servers) {
        return Definitions.controller(pool(balance, servers), clock);
    }

    private static Set<String> picked(PoolSnapshot snapshot, Set<String> excluded) {
        Set<String> names = new TreeSet<>();
        for (long i = 0; i < 64; i++) {
            ServerEntry entry = snapshot.pick(i << 58, excluded);
            if (entry != null) {
                names.add(name(entry));
            }
        }
        return names;
    }

    private static String name(@Nullable ServerEntry entry) {
        return requireNonNull(entry).server().name();
    }
}
