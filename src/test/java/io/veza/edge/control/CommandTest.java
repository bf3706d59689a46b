package io.veza.edge.control;

import static io.veza.edge.control.Definitions.FAILED;
import static io.veza.edge.control.Definitions.PASSED;
import static io.veza.edge.control.Definitions.address;
import static io.veza.edge.control.Definitions.pool;
import static io.veza.edge.control.Definitions.server;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.veza.edge.health.AdminState;
import io.veza.edge.health.Admission;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.HealthState;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.OnMarkedDown;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What operators have done to a server beyond its state and weight. */
class CommandTest {

    private final ManualClock clock = new ManualClock();
    private final List<String> lines = new ArrayList<>();

    private PoolController controller(Server... servers) {
        PoolController controller = Definitions.controller(pool(Balance.ROUNDROBIN, servers), clock);
        controller.addListener((ServerTransition transition) -> lines.add(transition.line()));
        return controller;
    }

    private static ServerEntry entry(PoolController controller, String name) {
        return requireNonNull(controller.snapshot().entry(name));
    }

    @Test
    void another_address_takes_effect_at_once_and_leaves_state_id_and_load_alone() {
        PoolController controller = controller(server("b1"), server("b2"));
        ServerEntry before = entry(controller, "b1");

        controller.apply(new Command.SetAddress("b1", address(77)));

        ServerEntry after = entry(controller, "b1");
        assertThat(after.address()).isEqualTo(address(77));
        assertThat(after.server().address()).isEqualTo(new ServerAddress("127.0.0.77", 8080));
        assertThat(after.id()).isEqualTo(before.id());
        assertThat(after.load()).isSameAs(before.load());
        assertThat(after.state()).isEqualTo(before.state());
        assertThat(controller.snapshot().definition().pool().servers()).contains(after.server());
    }

    @Test
    void the_address_of_another_server_is_refused() {
        PoolController controller = controller(server("b1"), server("b2"));
        controller.apply(new Command.SetAddress("b2", address(77)));
        PoolSnapshot before = controller.snapshot();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> controller.apply(new Command.SetAddress("b1", address(77))))
                .withMessageContaining("is used twice");
        assertThat(controller.snapshot()).isSameAs(before);
    }

    @Test
    void a_bound_on_connections_holds_from_now_on() {
        PoolController controller = controller(server("b1"));
        assertThat(entry(controller, "b1").tryAcquire()).isTrue();

        controller.apply(new Command.SetMaxConnections("b1", OptionalInt.of(1)));
        assertThat(entry(controller, "b1").full()).isTrue();
        assertThat(entry(controller, "b1").tryAcquire()).isFalse();
        controller.apply(new Command.SetMaxConnections("b1", OptionalInt.empty()));

        assertThat(entry(controller, "b1").tryAcquire()).isTrue();
    }

    @Test
    void a_server_whose_checks_are_off_keeps_its_health() {
        PoolController controller = controller(server("b1"), server("b2"));
        List<CheckResult> heard = new ArrayList<>();
        controller.addListener((pool, entry, result) -> heard.add(result));

        controller.apply(new Command.SetChecked("b1", false));
        for (int i = 0; i < 5; i++) {
            controller.checked("b1", FAILED);
        }
        assertThat(entry(controller, "b1").admission()).isEqualTo(Admission.ALL);
        assertThat(heard).isEmpty();

        controller.apply(new Command.SetChecked("b1", true));
        controller.checked("b1", PASSED);
        assertThat(heard).containsExactly(PASSED);
    }

    @Test
    void checks_can_be_turned_neither_on_nor_off_where_there_are_none() {
        PoolController controller = Definitions.controller(
                pool(Balance.ROUNDROBIN, Duration.ZERO, OnMarkedDown.NONE, false, server("b1")), clock);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> controller.apply(new Command.SetChecked("b1", true)))
                .withMessage("pool api has no checks");
    }

    @Test
    void forced_health_is_a_transition_with_its_cause() {
        PoolController controller = controller(server("b1"), server("b2"));

        controller.apply(new Command.SetHealth("b1", HealthState.DOWN));
        controller.apply(new Command.SetHealth("b1", HealthState.STOPPING));
        controller.apply(new Command.SetHealth("b1", HealthState.STOPPING));
        controller.apply(new Command.SetHealth("b1", HealthState.UP));

        assertThat(lines)
                .containsExactly(
                        "pool=api server=b1 from=UP to=DOWN cause=\"admin: forced down\"",
                        "pool=api server=b1 from=DOWN to=STOPPING cause=\"admin: forced stopping\"",
                        "pool=api server=b1 from=STOPPING to=UP cause=\"admin: forced up\"");
    }

    @Test
    void a_server_without_an_address_cannot_be_forced_up() {
        PoolController controller = controller(server("b1"));
        controller.resolved("b1", null);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> controller.apply(new Command.SetHealth("b1", HealthState.UP)))
                .withMessage("server b1 has no address, it cannot be UP");
    }

    @Test
    void a_drain_tells_its_deadline_and_when_that_has_come() {
        PoolController controller = controller(server("b1"), server("b2"));

        controller.apply(new Command.DrainWithin("b1", Duration.ofSeconds(30), true, true));
        clock.advance(Duration.ofSeconds(29));
        controller.tick();
        clock.advance(Duration.ofSeconds(1));
        controller.tick();
        controller.tick();

        assertThat(lines)
                .containsExactly(
                        "pool=api server=b1 from=UP to=UP/DRAIN cause=\"admin: DRAIN, deadline in 30s\"",
                        "pool=api server=b1 from=UP/DRAIN to=UP/MAINT cause=\"admin: MAINT\"");
    }

    @Test
    void another_deadline_is_a_transition_too_and_a_negative_one_is_refused() {
        PoolController controller = controller(server("b1"), server("b2"));
        List<Optional<?>> deadlines = new ArrayList<>();
        controller.addListener((ServerTransition transition) -> deadlines.add(transition.drainDeadline()));

        controller.apply(new Command.DrainWithin("b1", Duration.ofSeconds(30), true, false));
        controller.apply(new Command.DrainWithin("b1", Duration.ofSeconds(5), true, false));
        clock.advance(Duration.ofSeconds(5));
        controller.tick();

        assertThat(deadlines)
                .containsExactly(
                        Optional.of(clock.instant().plusSeconds(25)), Optional.of(clock.instant()), Optional.empty());
        assertThat(lines.get(2)).endsWith("cause=\"admin: DRAIN, the deadline has come\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> controller.apply(new Command.DrainWithin("b1", Duration.ofSeconds(-1), true, false)))
                .withMessageContaining("is negative");
    }

    @Test
    void a_server_may_be_added_in_maintenance_and_unchecked() {
        PoolController controller = controller(server("b1"));

        controller.apply(new Command.AddServer(server("b2"), AdminState.MAINT, false));
        controller.resolved("b2", address(2));
        controller.checked("b2", PASSED);
        assertThat(entry(controller, "b2").state().admin()).isEqualTo(AdminState.MAINT);
        controller.apply(new Command.SetAdmin("b2", AdminState.READY));

        assertThat(entry(controller, "b2").checked()).isFalse();
        assertThat(entry(controller, "b2").admission()).isEqualTo(Admission.ALL);
    }

    @Test
    void a_server_that_still_carries_something_is_not_removed() {
        PoolController controller = controller(server("b1"), server("b2"));
        assertThat(entry(controller, "b1").tryAcquire()).isTrue();
        controller.apply(new Command.SetAdmin("b1", AdminState.MAINT));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> controller.apply(new Command.RemoveServer("b1")))
                .withMessage("server b1 still carries 1 sessions");
        entry(controller, "b1").load().release();
        controller.apply(new Command.RemoveServer("b1"));

        assertThat(controller.snapshot().entry("b1")).isNull();
    }

    @Test
    void the_most_in_flight_is_remembered_until_it_is_forgotten() {
        PoolController controller = controller(server("b1"));
        ServerEntry entry = entry(controller, "b1");
        assertThat(entry.tryAcquire()).isTrue();
        assertThat(entry.tryAcquire()).isTrue();
        entry.load().release();

        assertThat(entry.load().most()).isEqualTo(2);
        entry.load().forgetMost();
        assertThat(entry.load().most()).isEqualTo(1);
    }
}
