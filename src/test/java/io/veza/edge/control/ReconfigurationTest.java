package io.veza.edge.control;

import static io.veza.edge.control.Definitions.FAILED;
import static io.veza.edge.control.Definitions.PASSED;
import static io.veza.edge.control.Definitions.address;
import static io.veza.edge.control.Definitions.controller;
import static io.veza.edge.control.Definitions.pool;
import static io.veza.edge.control.Definitions.server;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.Command.AddServer;
import io.veza.edge.control.Command.RemoveServer;
import io.veza.edge.control.Command.SetAddress;
import io.veza.edge.control.Command.SetAdmin;
import io.veza.edge.control.Command.SetMaxConnections;
import io.veza.edge.control.Command.SetWeight;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.HealthState;
import io.veza.edge.persistence.SameSite;
import io.veza.edge.persistence.StickyCookie;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.HashKey;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a changed configuration makes of a pool that runs. */
class ReconfigurationTest {

    private static final Balance HASH = new Balance(Algorithm.URI, new HashKey.Uri(), OptionalDouble.empty());

    private final ManualClock clock = new ManualClock();

    private static ServerEntry entry(PoolController controller, String name) {
        return requireNonNull(controller.snapshot().entry(name), name);
    }

    private static List<String> names(PoolController controller) {
        return controller.snapshot().entries().stream()
                .map(entry -> entry.server().name())
                .toList();
    }

    /** As a reload does it: every address that is new was looked up before. */
    private static List<ServerEntry> reconfigure(PoolController controller, PoolDefinition next) {
        Map<ServerAddress, InetSocketAddress> found = new HashMap<>();
        next.pool().servers().forEach(server -> found.put(server.address(), address(9)));
        return controller.reconfigure(next, found);
    }

    private static Server at(String name, String host) {
        return server(name).at(new ServerAddress(host, 8080));
    }

    @Test
    void the_same_configuration_changes_nothing() {
        PoolController controller = controller(pool(Balance.ROUNDROBIN, server("b1"), server("b2")), clock);
        PoolSnapshot before = controller.snapshot();

        List<ServerEntry> gone = reconfigure(controller, pool(Balance.ROUNDROBIN, server("b1"), server("b2")));

        assertThat(controller.snapshot()).isSameAs(before);
        assertThat(gone).isEmpty();
    }

    @Test
    void a_server_that_stays_keeps_its_number_state_and_load() {
        PoolController controller = controller(pool(Balance.ROUNDROBIN, server("b1"), server("b2")), clock);
        controller.checked("b1", FAILED);
        controller.apply(new SetAdmin("b2", AdminState.DRAIN));
        entry(controller, "b2").tryAcquire();
        ServerEntry b1 = entry(controller, "b1");
        ServerEntry b2 = entry(controller, "b2");

        reconfigure(controller, pool(Balance.ROUNDROBIN, server("b1", 7), server("b2"), server("b3")));

        assertThat(entry(controller, "b1").id()).isEqualTo(b1.id());
        assertThat(entry(controller, "b1").state()).isSameAs(b1.state());
        assertThat(entry(controller, "b1").weight()).isEqualTo(new Weight(7));
        assertThat(entry(controller, "b2").state().admin()).isEqualTo(AdminState.DRAIN);
        assertThat(entry(controller, "b2").load()).isSameAs(b2.load());
        assertThat(entry(controller, "b2").inFlight()).isEqualTo(1);
    }

    @Test
    void a_new_server_takes_traffic_after_its_first_check() {
        PoolController controller = controller(pool(Balance.ROUNDROBIN, server("b1")), clock);

        reconfigure(controller, pool(Balance.ROUNDROBIN, server("b1"), server("b2")));

        assertThat(entry(controller, "b2").state().health()).isEqualTo(HealthState.DOWN);
        assertThat(entry(controller, "b2").address()).isEqualTo(address(9));
        controller.checked("b2", PASSED);
        assertThat(entry(controller, "b2").state().health()).isEqualTo(HealthState.UP);
    }

    /** A pool whose servers all got other names would have been down until their checks. */
    @Test
    void new_servers_serve_at_once_where_no_other_is_left() {
        PoolController controller = controller(pool(Balance.ROUNDROBIN, server("b1"), server("b2")), clock);

        List<ServerEntry> gone = reconfigure(controller, pool(Balance.ROUNDROBIN, server("c1"), server("c2")));

        assertThat(names(controller)).containsExactly("c1", "c2");
        assertThat(gone).extracting(entry -> entry.server().name()).containsExactly("b1", "b2");
        assertThat(requireNonNull(controller.snapshot().pick(0, Set.of()))
                        .server()
                        .name())
                .startsWith("c");
        controller.checked("c1", FAILED);
        assertThat(entry(controller, "c1").state().health()).isEqualTo(HealthState.DOWN);
    }

    @Test
    void what_operators_have_changed_stays_where_the_configuration_says_nothing_new() {
        PoolController controller = controller(pool(Balance.ROUNDROBIN, server("b1", 10), server("b2")), clock);
        controller.apply(new SetWeight("b1", new Weight(5)));
        controller.apply(new SetAddress("b1", address(77)));
        controller.apply(new SetMaxConnections("b1", OptionalInt.of(3)));
        controller.apply(new AddServer(server("added")));
        controller.apply(new SetAdmin("b2", AdminState.MAINT));

        reconfigure(controller, pool(Balance.ROUNDROBIN, server("b1", 10), server("b2"), server("b3")));

        assertThat(names(controller)).containsExactly("b1", "b2", "b3", "added");
        assertThat(entry(controller, "b1").weight()).isEqualTo(new Weight(5));
        assertThat(entry(controller, "b1").address()).isEqualTo(address(77));
        assertThat(entry(controller, "b1").server().maxConnections()).hasValue(3);
        assertThat(entry(controller, "b2").state().admin()).isEqualTo(AdminState.MAINT);
    }

    @Test
    void what_the_configuration_changes_counts_and_nothing_beside_it() {
        PoolController controller = controller(pool(Balance.ROUNDROBIN, server("b1", 10), server("b2")), clock);
        controller.apply(new SetWeight("b1", new Weight(5)));
        controller.apply(new SetAddress("b1", address(77)));
        controller.apply(new SetAddress("b2", address(78)));

        reconfigure(controller, pool(Balance.ROUNDROBIN, server("b1", 20), at("b2", "elsewhere")));

        assertThat(entry(controller, "b1").weight()).isEqualTo(new Weight(20));
        assertThat(entry(controller, "b1").address()).isEqualTo(address(77));
        assertThat(entry(controller, "b2").server().address().host()).isEqualTo("elsewhere");
        assertThat(entry(controller, "b2").address()).isEqualTo(address(9));
    }

    @Test
    void a_server_that_an_operator_removed_stays_away_until_the_configuration_changes_it() {
        PoolController controller = controller(pool(Balance.ROUNDROBIN, server("b1"), server("b2")), clock);
        controller.apply(new SetAdmin("b2", AdminState.MAINT));
        controller.apply(new RemoveServer("b2"));

        reconfigure(controller, pool(Balance.ROUNDROBIN, server("b1", 3), server("b2")));
        assertThat(names(controller)).containsExactly("b1");

        reconfigure(controller, pool(Balance.ROUNDROBIN, server("b1", 3), server("b2", 2)));
        assertThat(names(controller)).containsExactly("b1", "b2");
    }

    @Test
    void an_address_is_never_used_twice() {
        PoolController controller = controller(pool(Balance.ROUNDROBIN, server("b1"), server("b2")), clock);
        controller.apply(new SetAddress("b1", address(77)));
        controller.apply(new AddServer(at("added", "new")));

        reconfigure(
                controller,
                pool(Balance.ROUNDROBIN, server("b1"), server("b2"), at("b3", "127.0.0.77"), at("b4", "new")));

        assertThat(names(controller)).containsExactly("b1", "b2", "b3", "b4");
        assertThat(entry(controller, "b1").server().address().host()).isEqualTo("b1");
    }

    @Test
    void an_address_that_is_not_known_yet_takes_the_server_down_until_it_is() {
        PoolController controller = controller(pool(Balance.ROUNDROBIN, server("b1"), server("b2")), clock);

        controller.reconfigure(pool(Balance.ROUNDROBIN, server("b1"), at("b2", "unknown")), Map.of());

        assertThat(entry(controller, "b2").address()).isNull();
        assertThat(entry(controller, "b2").state().health()).isEqualTo(HealthState.DOWN);
    }

    @Test
    void one_more_server_moves_its_share_of_the_keys_and_a_change_beside_the_servers_none() {
        PoolController controller =
                controller(pool(HASH, server("b1"), server("b2"), server("b3"), server("b4")), clock);
        Map<Long, String> owners = owners(controller);

        PoolDefinition next = pool(HASH, server("b1"), server("b2"), server("b3"), server("b4"));
        StickyCookie sticky = new StickyCookie("NEW", false, false, SameSite.LAX, Optional.empty(), Optional.empty());
        PoolDefinition cookie = new PoolDefinition(next.pool(), next.health(), Optional.of(sticky), next.link());
        reconfigure(controller, cookie);
        assertThat(controller.snapshot().definition().stickyCookie()).contains(sticky);
        assertThat(owners(controller)).isEqualTo(owners);

        reconfigure(controller, pool(HASH, server("b1"), server("b2"), server("b3"), server("b4"), server("b5")));
        controller.checked("b5", PASSED);
        clock.advance(Definitions.SLOW_START);
        controller.tick();
        Map<Long, String> after = owners(controller);
        long moved = owners.keySet().stream()
                .filter(key -> !requireNonNull(after.get(key)).equals(owners.get(key)))
                .count();
        assertThat(moved).isBetween(1_000L, 3_000L);
        assertThat(after).allSatisfy((key, owner) -> assertThat(owner).isIn(owners.get(key), "b5"));
    }

    private Map<Long, String> owners(PoolController controller) {
        Map<Long, String> owners = new HashMap<>();
        for (long i = 0; i < 10_000; i++) {
            long key = i * 0x9E37_79B9_7F4A_7C15L;
            owners.put(
                    key,
                    requireNonNull(controller.snapshot().pick(key, Set.of()))
                            .server()
                            .name());
        }
        return owners;
    }

    @Test
    void another_balance_is_used_at_once() {
        PoolController controller = controller(pool(HASH, server("b1"), server("b2")), clock);

        reconfigure(controller, pool(Balance.ROUNDROBIN, server("b1"), server("b2")));

        String first =
                requireNonNull(controller.snapshot().pick(5, Set.of())).server().name();
        String second =
                requireNonNull(controller.snapshot().pick(5, Set.of())).server().name();
        assertThat(first).isNotEqualTo(second);
    }

    @Test
    void a_cookie_names_the_same_server_after_it() {
        PoolController controller = controller(pool(Balance.ROUNDROBIN, server("b1"), server("b2")), clock);
        byte[] cookie = "b2".getBytes(StandardCharsets.US_ASCII);

        reconfigure(controller, pool(Balance.ROUNDROBIN, server("a0"), server("b1"), at("b2", "moved")));

        ServerEntry named = requireNonNull(controller.snapshot().persistent(cookie, 0, cookie.length));
        assertThat(named.server().name()).isEqualTo("b2");
    }

    @Test
    void followers_meet_every_pool_once_and_before_others_see_it() {
        PoolController first = controller(pool(Balance.ROUNDROBIN, server("b1")), clock);
        PoolController second = controller(pool(Balance.ROUNDROBIN, server("b1")), clock);
        Pools pools = new Pools(List.of(first));
        Map<PoolController, Integer> met = new HashMap<>();
        pools.follow(pool -> {
            met.merge(pool, 1, Integer::sum);
            assertThat(pools.all()).doesNotContain(second);
        });

        pools.replace(List.of(first, second));
        first.apply(new SetWeight("b1", new Weight(2)));
        pools.replace(List.of(second));

        assertThat(met).containsOnly(Map.entry(first, 1), Map.entry(second, 1));
        assertThat(pools.all()).containsExactly(second);
        assertThat(pools.configurations()).isEqualTo(1);
    }

    private static List<String> places(PoolController pool) {
        return pool.snapshot().entries().stream()
                .map(entry -> entry.server().name() + " at "
                        + entry.server().address().host())
                .toList();
    }

    @Test
    void a_server_that_an_operator_added_in_place_of_a_configured_one_stays_if_nothing_is_said_of_them() {
        PoolController pool = controller(pool(Balance.ROUNDROBIN, server("b1"), server("b2")), new ManualClock());
        pool.apply(new SetAdmin("b2", AdminState.MAINT));
        pool.apply(new RemoveServer("b2"));
        pool.apply(new AddServer(at("new", "b2")));

        pool.reconfigure(pool(Balance.ROUNDROBIN, server("b1", 3), server("b2")), Map.of());

        assertThat(places(pool)).containsExactly("b1 at b1", "new at b2");
    }

    @Test
    void a_server_stays_where_an_operator_moved_it_and_the_one_he_put_in_its_place_stays() {
        PoolController pool = controller(pool(Balance.ROUNDROBIN, server("b1"), server("b2")), new ManualClock());
        pool.apply(new SetAddress("b1", address(77)));
        pool.apply(new AddServer(at("old", "b1")));

        pool.reconfigure(pool(Balance.ROUNDROBIN, server("b1"), server("b2", 3)), Map.of());

        assertThat(places(pool)).containsExactly("b1 at 127.0.0.77", "b2 at b2", "old at b1");
    }

    @Test
    void a_server_whose_place_is_given_to_another_comes_back_and_takes_its_own_from_whoever_has_it() {
        PoolController pool = controller(pool(Balance.ROUNDROBIN, server("b1"), server("b2")), new ManualClock());
        pool.apply(new SetAddress("b1", address(77)));
        pool.apply(new AddServer(at("old", "b1")));

        pool.reconfigure(pool(Balance.ROUNDROBIN, server("b1"), server("b2"), at("b3", "127.0.0.77")), Map.of());

        assertThat(places(pool)).containsExactly("b1 at b1", "b2 at b2", "b3 at 127.0.0.77");
    }
}
