package io.veza.edge.health;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * What is known of one server at one moment: what the operator wants, what was observed, and why. Every event yields
 * the next state, which is this same object if the event changed nothing.
 *
 * <p>The rules are HAProxy's. {@code fall} failures in a row take a server down, {@code rise} successes in a row bring
 * it back, and one opposite result starts the count over. With {@code fall} 3 and {@code rise} 2, {@code +} a success
 * and {@code -} a failure, a settled server that is up goes:
 *
 * <pre>
 * --+--    still UP, two of three failures counted
 * ---      DOWN
 * ---+-+   still DOWN, one of two successes counted
 * ---++    UP, and its slow start begins
 * </pre>
 *
 * @param reason what brought the server into its health
 * @param detail a short text for the operator that completes the reason
 * @param streak how many results in a row spoke against the current health; 0 for a settled server
 * @param since when administration or health last changed, or the reason of being down
 * @param rampStart when slow start began; empty for a server that does not ramp
 * @param drain how the drain ends, if the server is drained and a deadline was set
 */
public record ServerState(
        AdminState admin,
        HealthState health,
        Reason reason,
        String detail,
        int streak,
        Instant since,
        Optional<Instant> rampStart,
        Optional<Drain> drain) {

    private static final String UNCHECKED = "not checked";
    private static final String PASSED = "passed";
    private static final String NO_ADDRESS = "the name has no address";

    /**
     * The state of a server when the process starts: up, but so that one failure takes it down. A restart of the edge
     * must not take the pool away, and a dead server must not wait for {@code fall} failures.
     */
    public static ServerState atStart(HealthPolicy policy, Instant now) {
        return new ServerState(
                AdminState.READY,
                HealthState.UP,
                Reason.INITIAL,
                UNCHECKED,
                almostDown(policy),
                now,
                Optional.empty(),
                Optional.empty());
    }

    /** The state of a server added later: down until one check passes, or ramping up at once without checks. */
    public static ServerState added(HealthPolicy policy, Instant now) {
        return new ServerState(
                        AdminState.READY,
                        HealthState.DOWN,
                        Reason.INITIAL,
                        UNCHECKED,
                        0,
                        now,
                        Optional.empty(),
                        Optional.empty())
                .unobserved(policy, now);
    }

    /** By {@link Admission#of}; a drain that no longer keeps the holders of the server's cookie admits nobody. */
    public Admission admission() {
        Admission admission = Admission.of(admin, health);
        boolean refused = admission == Admission.PERSISTENT
                && drain.filter(end -> !end.holdersStay()).isPresent();
        return refused ? Admission.NONE : admission;
    }

    /** Whether no result speaks against the current health; others are checked at the fast interval. */
    public boolean settled() {
        return streak == 0;
    }

    /** The state after a check. Ignored in maintenance, without an address, and where the policy has checks off. */
    public ServerState checked(CheckResult result, HealthPolicy policy, Instant now) {
        if (!policy.enabled() || admin == AdminState.MAINT || reason == Reason.DNS) {
            return this;
        }
        return switch (health) {
            case UP -> result.passed() ? confirmed(PASSED) : failed(result, policy, now);
            case STOPPING -> result.passed() ? observed(HealthState.UP, PASSED, now) : failed(result, policy, now);
            case DOWN -> result.passed() ? passed(policy, now) : confirmed(result.detail());
        };
    }

    /**
     * The state after its name was resolved. Without an address the server is down at once. With one again it goes by
     * its checks, and the first that passes brings it back; without checks it is back at once.
     */
    public ServerState resolved(boolean hasAddress, HealthPolicy policy, Instant now) {
        if (hasAddress == (reason != Reason.DNS)) {
            return this;
        }
        return hasAddress
                ? unobserved(policy, now)
                : became(HealthState.DOWN, Reason.DNS, NO_ADDRESS, 0, now, Optional.empty());
    }

    /**
     * The state after an operator's command. A server that leaves maintenance is taken as up, ramps, and goes down with
     * the first failure; its old results say nothing about what came back. (HAProxy 2.6, {@code srv_update_status}:
     * "start OK but check immediately".)
     */
    public ServerState administered(AdminState wanted, HealthPolicy policy, Instant now) {
        if (wanted == admin) {
            return with(Optional.empty());
        }
        boolean returns = admin == AdminState.MAINT && reason != Reason.DNS;
        if (returns) {
            return new ServerState(
                    wanted,
                    HealthState.UP,
                    Reason.INITIAL,
                    UNCHECKED,
                    almostDown(policy),
                    now,
                    Optional.of(now),
                    Optional.empty());
        }
        Optional<Instant> ramp = wanted == AdminState.MAINT ? Optional.empty() : rampStart;
        return new ServerState(wanted, health, reason, detail, streak, now, ramp, Optional.empty());
    }

    /** The state after an operator's drain with a deadline; one set before is replaced. */
    public ServerState drained(Drain end, HealthPolicy policy, Instant now) {
        return administered(AdminState.DRAIN, policy, now).with(Optional.of(end));
    }

    /** The state as the passing of time alone makes it: a drain whose deadline came takes the step meant for it. */
    public ServerState at(Instant now, HealthPolicy policy) {
        Optional<Drain> due = drain.filter(end -> end.isDue(now));
        if (due.isEmpty()) {
            return this;
        }
        return due.get().thenMaintenance()
                ? administered(AdminState.MAINT, policy, now)
                : with(due.map(Drain::withoutHolders));
    }

    /**
     * The state an operator has the server taken for, until checks find otherwise: {@code rise} that pass bring it back
     * from down, the first that passes ends stopping. (HAProxy: {@code set server … health}.)
     */
    public ServerState forced(HealthState wanted, Instant now) {
        return wanted == health && settled()
                ? this
                : observed(wanted, "forced " + wanted.name().toLowerCase(Locale.ROOT), now, Reason.ADMIN);
    }

    /**
     * The state once the pool's checks are configured otherwise. Where there are none any more, a server that they took down
     * is back at once, and results that were counted so far mean nothing.
     */
    public ServerState under(HealthPolicy policy, HealthPolicy before, Instant now) {
        if (policy.enabled() || !before.enabled() || reason == Reason.DNS) {
            return this;
        }
        return health == HealthState.UP
                ? new ServerState(admin, health, reason, detail, 0, since, rampStart, drain)
                : unobserved(policy, now);
    }

    /** The same at full weight: slow start is over or not wanted. */
    public ServerState withoutRamp() {
        return rampStart.isEmpty()
                ? this
                : new ServerState(admin, health, reason, detail, streak, since, Optional.empty(), drain);
    }

    private ServerState with(Optional<Drain> end) {
        return end.equals(drain) ? this : new ServerState(admin, health, reason, detail, streak, since, rampStart, end);
    }

    /** Whether the other differs in what an operator is told of: administration with its deadline, health, why it is down. */
    public boolean differs(ServerState other) {
        return admin != other.admin
                || health != other.health
                || !drain.equals(other.drain)
                || (health == HealthState.DOWN && reason != other.reason);
    }

    /** Reason and detail in one text, such as {@code check: status 503}. */
    public String cause() {
        return reason.word() + ": " + detail;
    }

    /** {@code UP}, {@code STOPPING} or {@code DOWN}, followed by {@code /DRAIN} or {@code /MAINT} if an operator set that. */
    public String label() {
        return admin == AdminState.READY ? health.name() : health + "/" + admin;
    }

    private ServerState failed(CheckResult result, HealthPolicy policy, Instant now) {
        return streak + 1 < policy.fall() ? counted() : observed(HealthState.DOWN, result.detail(), now);
    }

    private ServerState passed(HealthPolicy policy, Instant now) {
        return streak + 1 < policy.rise() ? counted() : observed(HealthState.UP, PASSED, now);
    }

    /** One more result against the current health. */
    private ServerState counted() {
        return new ServerState(admin, health, reason, detail, streak + 1, since, rampStart, drain);
    }

    private ServerState observed(HealthState found, String said, Instant now) {
        return observed(found, said, now, Reason.CHECK);
    }

    private ServerState observed(HealthState found, String said, Instant now, Reason why) {
        boolean ramps = found == HealthState.UP && health != HealthState.UP;
        Optional<Instant> kept = found == HealthState.UP ? rampStart : Optional.empty();
        return became(found, why, said, 0, found == health ? since : now, ramps ? Optional.of(now) : kept);
    }

    /** With an address, but without a result: one success short of up, or up if nobody checks. */
    private ServerState unobserved(HealthPolicy policy, Instant now) {
        if (policy.enabled()) {
            return became(HealthState.DOWN, Reason.INITIAL, UNCHECKED, policy.rise() - 1, now, Optional.empty());
        }
        Optional<Instant> ramp = admin == AdminState.MAINT ? Optional.empty() : Optional.of(now);
        return became(HealthState.UP, Reason.INITIAL, UNCHECKED, 0, now, ramp);
    }

    private ServerState became(
            HealthState found, Reason why, String said, int against, Instant from, Optional<Instant> ramp) {
        return new ServerState(admin, found, why, said, against, from, ramp, drain);
    }

    /** A result that agrees with the health: from now on it is the reason. */
    private ServerState confirmed(String said) {
        return settled() && reason == Reason.CHECK && said.equals(detail)
                ? this
                : new ServerState(admin, health, Reason.CHECK, said, 0, since, rampStart, drain);
    }

    private static int almostDown(HealthPolicy policy) {
        return policy.enabled() ? policy.fall() - 1 : 0;
    }
}
