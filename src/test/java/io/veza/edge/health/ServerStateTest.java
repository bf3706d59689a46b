package io.veza.edge.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.health.CheckResult.Outcome;
import io.veza.edge.health.HealthPolicy.StatusRange;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ServerStateTest {

    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final HealthPolicy POLICY = policy(true);
    private static final HealthPolicy UNCHECKED = policy(false);

    /** One event a second after the last: + and - are results, r m d commands, U S D health forced, x no address, a an
     * address again. */
    private static ServerState after(ServerState start, String events, HealthPolicy policy) {
        ServerState state = start;
        for (int i = 0; i < events.length(); i++) {
            Instant now = T0.plusSeconds(i + 1);
            state = switch (events.charAt(i)) {
                case '+' -> state.checked(result(Outcome.PASSED, ""), policy, now);
                case '-' -> state.checked(result(Outcome.STATUS, "status 503"), policy, now);
                case 'r' -> state.administered(AdminState.READY, policy, now);
                case 'd' -> state.administered(AdminState.DRAIN, policy, now);
                case 'm' -> state.administered(AdminState.MAINT, policy, now);
                case 'U' -> state.forced(HealthState.UP, now);
                case 'S' -> state.forced(HealthState.STOPPING, now);
                case 'D' -> state.forced(HealthState.DOWN, now);
                case 'x' -> state.resolved(false, policy, now);
                case 'a' -> state.resolved(true, policy, now);
                default -> throw new IllegalArgumentException(events);
            };
        }
        return state;
    }

    @ParameterizedTest(name = "{0} ends {1} {2} after {3}")
    @CsvSource({
        // events, label, reason, streak, since, ramp: seconds after the start, or none
        "'',        UP,         INITIAL, 2, 0, ",
        "+,         UP,         CHECK,   0, 0, ",
        "-,         DOWN,       CHECK,   0, 1, ",
        "+-,        UP,         CHECK,   1, 0, ",
        "+--,       UP,         CHECK,   2, 0, ",
        "+---,      DOWN,       CHECK,   0, 4, ",
        "+--+--,    UP,         CHECK,   2, 0, ",
        "+--+---,   DOWN,       CHECK,   0, 7, ",
        "-+,        DOWN,       CHECK,   1, 1, ",
        "-+-+,      DOWN,       CHECK,   1, 1, ",
        "-+-++,     UP,         CHECK,   0, 5, 5",
        "-++++,     UP,         CHECK,   0, 3, 3",
        "-++--,     UP,         CHECK,   2, 3, 3",
        "-++---,    DOWN,       CHECK,   0, 6, ",
        // health that an operator forces lasts until checks find otherwise
        "+D,        DOWN,       ADMIN,   0, 2, ",
        "+D+,       DOWN,       ADMIN,   1, 2, ",
        "+D++,      UP,         CHECK,   0, 4, 4",
        "+D-++,     UP,         CHECK,   0, 5, 5",
        "+S,        STOPPING,   ADMIN,   0, 2, ",
        "+S+,       UP,         CHECK,   0, 3, 3",
        "+S--,      STOPPING,   ADMIN,   2, 2, ",
        "+S---,     DOWN,       CHECK,   0, 5, ",
        "-U,        UP,         ADMIN,   0, 2, 2",
        "-U--,      UP,         ADMIN,   2, 2, 2",
        "-U---,     DOWN,       CHECK,   0, 5, ",
        "+-U,       UP,         ADMIN,   0, 0, ",
        "+U,        UP,         CHECK,   0, 0, ",
        "+Sd,       STOPPING/DRAIN, ADMIN, 0, 3, ",
        // an operator's commands leave health alone, except at the end of maintenance
        "+d,        UP/DRAIN,   CHECK,   0, 2, ",
        "+dr,       UP,         CHECK,   0, 3, ",
        "+-d,       UP/DRAIN,   CHECK,   1, 3, ",
        "-++d,      UP/DRAIN,   CHECK,   0, 4, 3",
        "-d,        DOWN/DRAIN, CHECK,   0, 2, ",
        "-d++,      UP/DRAIN,   CHECK,   0, 4, 4",
        "+d---,     DOWN/DRAIN, CHECK,   0, 5, ",
        "+m,        UP/MAINT,   CHECK,   0, 2, ",
        "+m---,     UP/MAINT,   CHECK,   0, 2, ",
        "-m++,      DOWN/MAINT, CHECK,   0, 2, ",
        "-++m,      UP/MAINT,   CHECK,   0, 4, ",
        "+mr,       UP,         INITIAL, 2, 3, 3",
        "+mr-,      DOWN,       CHECK,   0, 4, ",
        "+mr+-,     UP,         CHECK,   1, 3, 3",
        "-mr,       UP,         INITIAL, 2, 3, 3",
        "+md,       UP/DRAIN,   INITIAL, 2, 3, 3",
        "+rr,       UP,         CHECK,   0, 0, ",
        // a name without an address is down at once, whatever the checks say
        "+x,        DOWN,       DNS,     0, 2, ",
        "+x++,      DOWN,       DNS,     0, 2, ",
        "+x-,       DOWN,       DNS,     0, 2, ",
        "+xx,       DOWN,       DNS,     0, 2, ",
        "-x,        DOWN,       DNS,     0, 2, ",
        "-++x,      DOWN,       DNS,     0, 4, ",
        "+a,        UP,         CHECK,   0, 0, ",
        "+xa,       DOWN,       INITIAL, 1, 3, ",
        "+xa+,      UP,         CHECK,   0, 4, 4",
        "+xa-,      DOWN,       CHECK,   0, 3, ",
        "+xa-+,     DOWN,       CHECK,   1, 3, ",
        "+xm,       DOWN/MAINT, DNS,     0, 3, ",
        "+xmr,      DOWN,       DNS,     0, 4, ",
        "+xma,      DOWN/MAINT, INITIAL, 1, 4, ",
        "+mxa,      DOWN/MAINT, INITIAL, 1, 4, ",
        "+mxar,     UP,         INITIAL, 2, 5, 5",
    })
    void a_server_that_was_there_at_the_start(
            String events, String label, Reason reason, int streak, long since, @Nullable Long ramp) {
        ServerState state = after(ServerState.atStart(POLICY, T0), events, POLICY);

        assertState(state, label, reason, streak, since, ramp);
    }

    @ParameterizedTest(name = "{0} ends {1}")
    @CsvSource({
        "'',  DOWN,     INITIAL, 1, 0, ",
        "+,   UP,       CHECK,   0, 1, 1",
        "-,   DOWN,     CHECK,   0, 0, ",
        "-+,  DOWN,     CHECK,   1, 0, ",
        "-++, UP,       CHECK,   0, 3, 3",
    })
    void a_server_added_later(String events, String label, Reason reason, int streak, long since, @Nullable Long ramp) {
        ServerState state = after(ServerState.added(POLICY, T0), events, POLICY);

        assertState(state, label, reason, streak, since, ramp);
    }

    @ParameterizedTest(name = "{0} ends {1}")
    @CsvSource({
        "'',  UP,         INITIAL, 0, 0, ",
        "--,  UP,         INITIAL, 0, 0, ",
        "x,   DOWN,       DNS,     0, 1, ",
        "xa,  UP,         INITIAL, 0, 2, 2",
        "mr,  UP,         INITIAL, 0, 2, 2",
        "mxa, UP/MAINT,   INITIAL, 0, 3, ",
        "xd,  DOWN/DRAIN, DNS,     0, 2, ",
    })
    void a_server_that_is_not_checked(
            String events, String label, Reason reason, int streak, long since, @Nullable Long ramp) {
        ServerState state = after(ServerState.atStart(UNCHECKED, T0), events, UNCHECKED);

        assertState(state, label, reason, streak, since, ramp);
    }

    @Test
    void a_server_added_later_that_is_not_checked_ramps_up_at_once() {
        assertState(ServerState.added(UNCHECKED, T0), "UP", Reason.INITIAL, 0, 0, 0L);
    }

    private static void assertState(
            ServerState state, String label, Reason reason, int streak, long since, @Nullable Long ramp) {
        assertThat(state.label()).isEqualTo(label);
        assertThat(state.reason()).isEqualTo(reason);
        assertThat(state.streak()).isEqualTo(streak);
        assertThat(state.settled()).isEqualTo(streak == 0);
        assertThat(state.since()).isEqualTo(T0.plusSeconds(since));
        assertThat(state.rampStart()).isEqualTo(Optional.ofNullable(ramp).map(T0::plusSeconds));
    }

    @ParameterizedTest
    @CsvSource({
        "READY, UP,   ALL",
        "READY, STOPPING, PERSISTENT",
        "DRAIN, STOPPING, PERSISTENT",
        "MAINT, STOPPING, NONE",
        "DRAIN, UP,   PERSISTENT",
        "MAINT, UP,   NONE",
        "READY, DOWN, NONE",
        "DRAIN, DOWN, NONE",
        "MAINT, DOWN, NONE",
    })
    void administration_and_health_together_decide_what_is_admitted(
            AdminState admin, HealthState health, Admission admission) {
        ServerState state = new ServerState(admin, health, Reason.CHECK, "", 0, T0, Optional.empty(), Optional.empty());

        assertThat(state.admission()).isEqualTo(admission);
    }

    @ParameterizedTest
    @CsvSource({
        // holders stay, then maintenance, seconds from the command, admission, label
        "true,  false, 9,  PERSISTENT, UP/DRAIN",
        "true,  false, 10, NONE,       UP/DRAIN",
        "false, false, 1,  NONE,       UP/DRAIN",
        "false, false, 20, NONE,       UP/DRAIN",
        "true,  true,  9,  PERSISTENT, UP/DRAIN",
        "true,  true,  10, NONE,       UP/MAINT",
        "false, true,  9,  NONE,       UP/DRAIN",
        "false, true,  10, NONE,       UP/MAINT",
    })
    void a_drain_with_a_deadline_takes_its_step_when_that_has_come(
            boolean holdersStay, boolean thenMaintenance, long seconds, Admission admission, String label) {
        Drain drain = new Drain(T0.plusSeconds(10), holdersStay, thenMaintenance);
        ServerState drained =
                after(ServerState.atStart(POLICY, T0), "+", POLICY).drained(drain, POLICY, T0);

        ServerState state = drained.at(T0.plusSeconds(seconds), POLICY);

        assertThat(state.admission()).isEqualTo(admission);
        assertThat(state.label()).isEqualTo(label);
        assertThat(state.at(T0.plusSeconds(seconds), POLICY)).isSameAs(state);
        assertThat(state.administered(AdminState.READY, POLICY, T0.plusSeconds(seconds))
                        .drain())
                .isEmpty();
    }

    @Test
    void a_drain_without_an_end_replaces_one_with_a_deadline() {
        Drain drain = new Drain(T0.plusSeconds(10), true, true);
        ServerState drained = ServerState.atStart(POLICY, T0).drained(drain, POLICY, T0);

        ServerState state = drained.administered(AdminState.DRAIN, POLICY, T0.plusSeconds(1));

        assertThat(state.drain()).isEmpty();
        assertThat(state.admin()).isEqualTo(AdminState.DRAIN);
        assertThat(state.differs(drained)).isTrue();
        assertThat(drain.remaining(T0.plusSeconds(4))).isEqualTo(Duration.ofSeconds(6));
        assertThat(drain.remaining(T0.plusSeconds(40))).isZero();
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void every_outcome_but_one_is_a_failure(Outcome outcome) {
        ServerState state = ServerState.atStart(POLICY, T0).checked(result(outcome, "why"), POLICY, T0);

        assertThat(state.health()).isEqualTo(outcome == Outcome.PASSED ? HealthState.UP : HealthState.DOWN);
    }

    @Test
    void an_event_that_changes_nothing_gives_the_same_object_back() {
        ServerState up = after(ServerState.atStart(POLICY, T0), "+", POLICY);
        ServerState down = after(ServerState.atStart(POLICY, T0), "-", POLICY);

        assertThat(after(up, "+", POLICY)).isSameAs(up);
        assertThat(after(up, "r", POLICY)).isSameAs(up);
        assertThat(after(up, "a", POLICY)).isSameAs(up);
        assertThat(up.withoutRamp()).isSameAs(up);
        assertThat(after(down, "-", POLICY)).isSameAs(down);
    }

    @Test
    void a_server_that_is_down_shows_what_the_last_check_found() {
        ServerState down = after(ServerState.atStart(POLICY, T0), "-", POLICY);

        ServerState next = down.checked(result(Outcome.TIMEOUT, "no answer in 2s"), POLICY, T0);

        assertThat(down.cause()).isEqualTo("check: status 503");
        assertThat(next.cause()).isEqualTo("check: no answer in 2s");
        assertThat(next.differs(down)).isFalse();
    }

    @ParameterizedTest(name = "{0} then {1}: {2}")
    @CsvSource({
        "'', +,   false", // the first success is no news
        "+,  -,   false", // one failure of three neither
        "+,  ---, true",
        "-,  ++,  true",
        "+,  d,   true",
        "+,  x,   true",
        "-,  x,   true", // down before, but for another reason
        "+x, a,   true",
    })
    void an_operator_is_told_of_administration_health_and_why_it_is_down(String before, String event, boolean told) {
        ServerState from = after(ServerState.atStart(POLICY, T0), before, POLICY);

        assertThat(after(from, event, POLICY).differs(from)).isEqualTo(told);
    }

    @Test
    void a_ramp_ends_without_any_other_change() {
        ServerState ramping = after(ServerState.atStart(POLICY, T0), "-++", POLICY);

        ServerState full = ramping.withoutRamp();

        assertThat(full.rampStart()).isEmpty();
        assertThat(full.since()).isEqualTo(ramping.since());
        assertThat(full.differs(ramping)).isFalse();
    }

    private static CheckResult result(Outcome outcome, String detail) {
        return new CheckResult(outcome, OptionalInt.empty(), Duration.ofMillis(3), detail);
    }

    private static HealthPolicy policy(boolean enabled) {
        Duration second = Duration.ofSeconds(1);
        return new HealthPolicy(
                enabled,
                "/health",
                OptionalInt.empty(),
                second,
                second,
                second,
                3,
                2,
                List.of(new StatusRange(200, 399)),
                Optional.empty());
    }
}
