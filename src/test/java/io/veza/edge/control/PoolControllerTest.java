package io.veza.edge.control;

import static io.veza.edge.control.Definitions.FAILED;
import static io.veza.edge.control.Definitions.PASSED;
import static io.veza.edge.control.Definitions.address;
import static io.veza.edge.control.Definitions.backup;
import static io.veza.edge.control.Definitions.pool;
import static io.veza.edge.control.Definitions.server;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.veza.edge.control.Command.AddServer;
import io.veza.edge.control.Command.RemoveServer;
import io.veza.edge.control.Command.SetAdmin;
import io.veza.edge.control.Command.SetWeight;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.Admission;
import io.veza.edge.health.CheckResult;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.OnMarkedDown;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.Weight;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PoolControllerTest {

    private final ManualClock clock = new ManualClock();
    private final List<String> lines = new ArrayList<>();

    @Test
    void a_pool_starts_with_all_servers_at_full_weight_as_soon_as_they_have_an_address() {
        PoolController controller = new PoolController(
                pool(Balance.ROUNDROBIN, server("b1", 3), server("b2")), clock, () -> 0, new ServerIds());
        listen(controller);

        assertThat(controller.name()).isEqualTo("api");
        assertThat(controller.snapshot().version()).isEqualTo(1);
        assertThat(entry(controller, "b1").admission()).isEqualTo(Admission.NONE);
        assertThat(entry(controller, "b1").effectiveWeight()).isZero();

        controller.resolved("b1", address(1));

        assertThat(entry(controller, "b1").admission()).isEqualTo(Admission.ALL);
        assertThat(entry(controller, "b1").effectiveWeight()).isEqualTo(300);
        assertThat(entry(controller, "b1").address()).isEqualTo(address(1));
        assertThat(controller.snapshot().version()).isEqualTo(2);
        assertThat(lines).isEmpty();
    }

    /** A hash pool of a thousand made a thousand rings at the start, and its checks began seconds later. */
    @Test
    void many_addresses_at_once_are_one_snapshot() {
        PoolController controller = new PoolController(
                pool(Balance.ROUNDROBIN, server("b1"), server("b2"), server("b3")), clock, () -> 0, new ServerIds());
        controller.resolved("b2", null);
        listen(controller);
        long version = controller.snapshot().version();

        controller.resolved(Map.of("b1", address(1), "b2", address(2), "gone", address(4)));

        assertThat(controller.snapshot().version()).isEqualTo(version + 1);
        assertThat(entry(controller, "b1").admission()).isEqualTo(Admission.ALL);
        assertThat(entry(controller, "b2").address()).isEqualTo(address(2));
        assertThat(entry(controller, "b3").address()).isNull();
        assertThat(lines).hasSize(1).first().asString().contains("server=b2 from=DOWN");
    }

    @Test
    void a_server_goes_down_and_comes_back_with_one_transition_each() {
        PoolController controller = controller(server("b1"), server("b2"));

        check(controller, "b1", PASSED, FAILED, FAILED, FAILED, FAILED);
        assertThat(entry(controller, "b1").effectiveWeight()).isZero();
        check(controller, "b1", PASSED, PASSED, PASSED);

        assertThat(lines)
                .containsExactly(
                        "pool=api server=b1 from=UP to=DOWN cause=\"check: status 503\"",
                        "pool=api server=b1 from=DOWN to=UP cause=\"check: passed\"");
        assertThat(entry(controller, "b1").effectiveWeight()).isEqualTo(1);
    }

    @Test
    void slow_start_raises_the_weight_tick_by_tick_and_ends_exactly_at_the_window() {
        PoolController controller = controller(server("b1", 2), server("b2"));
        check(controller, "b1", FAILED, PASSED, PASSED);

        List<Integer> weights = new ArrayList<>();
        for (int second = 0; second <= 11; second++) {
            weights.add(entry(controller, "b1").effectiveWeight());
            clock.advance(Duration.ofSeconds(1));
            controller.tick();
        }

        assertThat(weights).containsExactly(2, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 200);
        assertThat(entry(controller, "b1").state().rampStart()).isEmpty();
        assertThat(lines).hasSize(2);
    }

    @Test
    void ticks_change_nothing_when_nothing_ramps_or_no_whole_per_cent_has_passed() {
        PoolController controller = controller(server("b1"), server("b2"));
        PoolSnapshot settled = controller.snapshot();
        clock.advance(Duration.ofSeconds(1));
        controller.tick();
        assertThat(controller.snapshot()).isSameAs(settled);

        check(controller, "b1", FAILED, PASSED, PASSED);
        PoolSnapshot ramping = controller.snapshot();
        clock.advance(Duration.ofMillis(99));
        controller.tick();
        assertThat(controller.snapshot()).isSameAs(ramping);
    }

    @Test
    void slow_start_is_skipped_where_there_is_no_other_server_to_take_the_traffic() {
        PoolController controller = controller(server("b1"), server("b2"), backup("b3"));
        check(controller, "b1", FAILED);
        check(controller, "b2", FAILED);

        check(controller, "b1", PASSED, PASSED);
        check(controller, "b2", PASSED, PASSED);

        assertThat(entry(controller, "b1").effectiveWeight()).isEqualTo(100);
        assertThat(entry(controller, "b2").effectiveWeight()).isEqualTo(1);
    }

    @Test
    void a_server_of_weight_zero_is_not_another_server_to_take_the_traffic() {
        PoolController controller = controller(server("b1"), server("b2", 0));
        check(controller, "b1", FAILED, PASSED, PASSED);

        assertThat(entry(controller, "b1").effectiveWeight()).isEqualTo(100);
    }

    @Test
    void without_a_slow_start_window_a_server_is_back_at_once() {
        PoolController controller = Definitions.controller(
                pool(Balance.ROUNDROBIN, Duration.ZERO, OnMarkedDown.NONE, true, server("b1"), server("b2")), clock);

        check(controller, "b1", FAILED, PASSED, PASSED);

        assertThat(entry(controller, "b1").effectiveWeight()).isEqualTo(100);
        assertThat(entry(controller, "b1").state().rampStart()).isEmpty();
    }

    @Test
    void a_ramp_goes_on_through_other_changes() {
        PoolController controller = controller(server("b1"), server("b2"));
        check(controller, "b1", FAILED, PASSED, PASSED);
        clock.advance(Duration.ofSeconds(5));

        controller.apply(new SetWeight("b1", new Weight(4)));
        assertThat(entry(controller, "b1").effectiveWeight()).isEqualTo(200);
        controller.apply(new SetAdmin("b1", AdminState.DRAIN));
        assertThat(entry(controller, "b1").effectiveWeight()).isZero();
        controller.apply(new SetAdmin("b1", AdminState.READY));
        assertThat(entry(controller, "b1").effectiveWeight()).isEqualTo(200);
        check(controller, "b2", FAILED);
        assertThat(entry(controller, "b1").effectiveWeight()).isEqualTo(200);
    }

    @Test
    void maintenance_takes_everything_away_and_its_end_begins_a_slow_start() {
        PoolController controller = controller(server("b1"), server("b2"));

        controller.apply(new SetAdmin("b1", AdminState.MAINT));
        assertThat(entry(controller, "b1").admission()).isEqualTo(Admission.NONE);
        controller.apply(new SetAdmin("b1", AdminState.MAINT));
        controller.apply(new SetAdmin("b1", AdminState.READY));

        assertThat(entry(controller, "b1").effectiveWeight()).isEqualTo(1);
        assertThat(lines)
                .containsExactly(
                        "pool=api server=b1 from=UP to=UP/MAINT cause=\"admin: MAINT\"",
                        "pool=api server=b1 from=UP/MAINT to=UP cause=\"admin: READY\"");
    }

    @Test
    void a_name_without_an_address_takes_the_server_down_and_a_changed_one_is_followed() {
        PoolController controller = controller(server("b1"), server("b2"));

        controller.resolved("b1", address(7));
        assertThat(entry(controller, "b1").address()).isEqualTo(address(7));
        assertThat(lines).isEmpty();
        controller.resolved("b1", null);
        assertThat(entry(controller, "b1").address()).isNull();
        controller.resolved("b1", address(8));

        assertThat(entry(controller, "b1").admission()).isEqualTo(Admission.NONE);
        assertThat(lines)
                .containsExactly(
                        "pool=api server=b1 from=UP to=DOWN cause=\"dns: the name has no address\"",
                        "pool=api server=b1 from=DOWN to=DOWN cause=\"initial: not checked\"");
    }

    @Test
    void a_weight_set_at_run_time_leaves_the_configured_one_alone() {
        PoolController controller = controller(server("b1", 3), server("b2"));

        controller.apply(new SetWeight("b1", new Weight(0)));

        assertThat(entry(controller, "b1").effectiveWeight()).isZero();
        assertThat(entry(controller, "b1").admission()).isEqualTo(Admission.ALL);
        assertThat(entry(controller, "b1").weight()).isEqualTo(new Weight(0));
        assertThat(entry(controller, "b1").server().weight()).isEqualTo(new Weight(3));
        assertThat(lines).isEmpty();
    }

    @Test
    void a_change_that_changes_nothing_makes_no_snapshot() {
        PoolController controller = controller(server("b1"), server("b2"));
        check(controller, "b1", PASSED);
        PoolSnapshot before = controller.snapshot();

        check(controller, "b1", PASSED);
        controller.resolved("b1", address(1));
        controller.apply(new SetAdmin("b1", AdminState.READY));
        controller.apply(new SetWeight("b1", new Weight(1)));

        assertThat(controller.snapshot()).isSameAs(before);
    }

    @Test
    void in_flight_counts_ids_and_addresses_survive_every_change() {
        PoolController controller = controller(server("b1"), server("b2"));
        ServerEntry first = entry(controller, "b1");
        assertThat(first.tryAcquire()).isTrue();

        check(controller, "b1", FAILED, PASSED, PASSED);
        controller.apply(new SetAdmin("b1", AdminState.DRAIN));
        controller.apply(new SetWeight("b1", new Weight(9)));
        controller.apply(new AddServer(server("b3")));

        ServerEntry last = entry(controller, "b1");
        assertThat(last.load()).isSameAs(first.load());
        assertThat(last.inFlight()).isEqualTo(1);
        assertThat(last.id()).isEqualTo(first.id());
        assertThat(last.address()).isEqualTo(first.address());
        assertThat(last.cookieValue()).isEqualTo(first.cookieValue());
    }

    @Test
    void a_server_added_later_takes_traffic_after_its_first_passed_check_and_ramps() {
        PoolController controller = controller(server("b1"));

        controller.apply(new AddServer(server("b2")));
        controller.resolved("b2", address(2));
        assertThat(entry(controller, "b2").effectiveWeight()).isZero();
        check(controller, "b2", PASSED);

        assertThat(entry(controller, "b2").effectiveWeight()).isEqualTo(1);
        assertThat(entry(controller, "b2").id()).isEqualTo(1);
        assertThat(controller.snapshot().definition().pool().servers()).containsExactly(server("b1"), server("b2"));
        assertThat(lines).containsExactly("pool=api server=b2 from=DOWN to=UP cause=\"check: passed\"");
    }

    @Test
    void a_server_added_to_an_unchecked_pool_ramps_only_beside_another() {
        PoolController controller = Definitions.controller(
                pool(Balance.ROUNDROBIN, Definitions.SLOW_START, OnMarkedDown.NONE, false), clock);

        controller.apply(new AddServer(server("b1")));
        controller.resolved("b1", address(1));
        controller.apply(new AddServer(server("b2")));
        controller.resolved("b2", address(2));

        assertThat(entry(controller, "b1").effectiveWeight()).isEqualTo(100);
        assertThat(entry(controller, "b2").effectiveWeight()).isEqualTo(1);
    }

    @Test
    void a_server_is_removed_from_maintenance_only_and_its_id_is_not_given_again() {
        PoolController controller = controller(server("b1"), server("b2"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> controller.apply(new RemoveServer("b1")))
                .withMessage("server b1 must be in maintenance to be removed");
        controller.apply(new SetAdmin("b1", AdminState.MAINT));
        controller.apply(new RemoveServer("b1"));
        controller.apply(new AddServer(server("b1")));

        assertThat(controller.snapshot().entries()).extracting(ServerEntry::id).containsExactly(1, 2);
        assertThat(controller.snapshot().definition().pool().servers()).containsExactly(server("b2"), server("b1"));
    }

    @Test
    void commands_for_unknown_servers_and_names_used_twice_are_refused() {
        PoolController controller = controller(server("b1"));
        PoolSnapshot before = controller.snapshot();

        for (Command command : List.of(
                new SetAdmin("b9", AdminState.DRAIN), new SetWeight("b9", new Weight(1)), new RemoveServer("b9"))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> controller.apply(command))
                    .withMessage("pool api has no server b9");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> controller.apply(new AddServer(server("b1"))))
                .withMessage("server name b1 is used twice");
        assertThat(controller.snapshot()).isSameAs(before);
    }

    @Test
    void reports_about_a_server_that_is_gone_are_passed_over() {
        PoolController controller = controller(server("b1"));
        PoolSnapshot before = controller.snapshot();

        controller.checked("b9", FAILED);
        controller.resolved("b9", null);

        assertThat(controller.snapshot()).isSameAs(before);
    }

    /** A listener that threw kept those after it from hearing, one of which cuts the sessions of a dead server. */
    @Test
    void a_listener_that_throws_keeps_no_other_from_hearing() {
        PoolController controller = controller(server("b1"), server("b2"));
        List<String> heard = new ArrayList<>();
        controller.addListener(transition -> {
            throw new IllegalStateException("broken listener");
        });
        controller.addListener(transition -> heard.add(transition.line()));

        assertThatThrownBy(() -> controller.apply(new SetAdmin("b1", AdminState.MAINT)))
                .hasMessage("broken listener");

        assertThat(heard).hasSize(1);
        assertThat(entry(controller, "b1").state().admin()).isEqualTo(AdminState.MAINT);
    }

    @Test
    void listeners_see_the_new_snapshot_and_hear_of_changes_in_order_even_of_those_they_cause() {
        PoolController controller = controller(server("b1"), server("b2"));
        List<String> heard = new ArrayList<>();
        controller.addListener(t -> {
            assertThat(controller.snapshot().entry(t.server().server().name())).isSameAs(t.server());
            if (t.server().server().name().equals("b1")) {
                controller.apply(new SetAdmin("b2", AdminState.DRAIN));
            }
        });
        controller.addListener(t -> heard.add(t.server().server().name()));

        controller.apply(new SetAdmin("b1", AdminState.MAINT));

        assertThat(heard).containsExactly("b1", "b2");
    }

    private PoolController controller(Server... servers) {
        PoolController controller = Definitions.controller(pool(Balance.ROUNDROBIN, servers), clock);
        listen(controller);
        return controller;
    }

    private void listen(PoolController controller) {
        controller.addListener(t -> lines.add(t.line()));
    }

    private static void check(PoolController controller, String server, CheckResult... results) {
        for (CheckResult result : results) {
            controller.checked(server, result);
        }
    }

    private static ServerEntry entry(PoolController controller, String server) {
        return requireNonNull(controller.snapshot().entry(server));
    }
}
