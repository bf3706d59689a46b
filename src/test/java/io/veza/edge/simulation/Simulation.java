package io.veza.edge.simulation;

import io.veza.edge.control.Command;
import io.veza.edge.control.Definitions;
import io.veza.edge.control.ManualClock;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.control.ServerIds;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.CheckResult;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.pool.Server;
import io.veza.edge.simulation.Script.Behaviour;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * One pool under load in virtual time: the production controller, balancers and state machine between scripted servers
 * and clients that come at a fixed rate. Events run one after the other in the order of their times, and all randomness
 * is seeded, so that a run is the same everywhere.
 */
final class Simulation {

    private static final long REQUEST_EVERY = 5;
    private static final long CONNECT_TIMEOUT = 2_000;
    private static final long CHECK_TIMEOUT = 1_000;
    private static final int KEYS = 5_000;

    private final ManualClock clock = new ManualClock();
    private final SplittableRandom random = new SplittableRandom(20_260_101);
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
    private final Map<String, Script> scripts;
    private final PoolController controller;
    private final Map<String, Set<Exchange>> running = new HashMap<>();
    private long millis;
    private long scheduled;

    // What is counted.
    private final List<Long> latencies = new ArrayList<>();
    private final Map<String, Integer> answered = new LinkedHashMap<>();
    private int requests;
    private int failed;
    private int redispatched;
    private int transitions;

    private record Event(long at, long order, Runnable action) {}

    /** One request on its way; identity counts. */
    private static final class Exchange {
        private final long key;
        private final long began;
        private final Set<String> excluded = new HashSet<>();

        Exchange(long key, long began) {
            this.key = key;
            this.began = began;
        }
    }

    /** What came of a run; times in milliseconds, shares in the order of the servers. */
    record Result(
            int requests,
            int failed,
            int redispatched,
            int transitions,
            long median,
            long p99,
            Map<String, Integer> answered) {}

    Simulation(PoolDefinition definition, Map<String, Script> scripts) {
        this.scripts = scripts;
        SplittableRandom draws = random.split();
        this.controller = new PoolController(definition, clock, draws::nextLong, new ServerIds());
        int index = 0;
        for (Server server : definition.pool().servers()) {
            String name = server.name();
            answered.put(name, 0);
            running.put(name, new HashSet<>());
            controller.resolved(name, Definitions.address(++index));
            at(index * 100L, () -> check(name));
        }
        controller.addListener(this::heard);
        at(0, this::request);
        at(0, this::tick);
    }

    /** Has an operator set a server's state at a time. */
    Simulation command(long when, String server, AdminState state) {
        at(when, () -> controller.apply(new Command.SetAdmin(server, state)));
        return this;
    }

    /** Runs up to a time and tells what came of the requests since the last call. */
    Result runTo(long end) {
        while (!events.isEmpty() && events.peek().at < end) {
            Event event = events.remove();
            clock.advance(Duration.ofMillis(event.at - millis));
            millis = event.at;
            event.action.run();
        }
        latencies.sort(Comparator.naturalOrder());
        Result result = new Result(
                requests, failed, redispatched, transitions, quantile(0.5), quantile(0.99), Map.copyOf(answered));
        latencies.clear();
        answered.replaceAll((name, count) -> 0);
        requests = 0;
        failed = 0;
        redispatched = 0;
        transitions = 0;
        return result;
    }

    private long quantile(double q) {
        return latencies.isEmpty() ? 0 : latencies.get((int) (q * (latencies.size() - 1)));
    }

    private void at(long when, Runnable action) {
        events.add(new Event(when, scheduled++, action));
    }

    private void request() {
        requests++;
        at(millis + REQUEST_EVERY, this::request);
        dispatch(new Exchange(random.nextInt(KEYS) * 0x9E3779B97F4A7C15L, millis));
    }

    private void dispatch(Exchange exchange) {
        PoolSnapshot snapshot = controller.snapshot();
        ServerEntry entry = snapshot.pick(exchange.key, exchange.excluded);
        if (entry == null || !entry.tryAcquire()) {
            failed++;
            return;
        }
        Behaviour behaviour = behaviour(entry);
        switch (behaviour.mode()) {
            case REFUSES -> redispatch(exchange, entry);
            case SWALLOWS -> at(millis + CONNECT_TIMEOUT, () -> redispatch(exchange, entry));
            case ANSWERS -> {
                running(entry).add(exchange);
                at(millis + behaviour.latency(), () -> answer(exchange, entry));
            }
        }
    }

    private void redispatch(Exchange exchange, ServerEntry entry) {
        entry.load().release();
        redispatched++;
        exchange.excluded.add(entry.server().name());
        dispatch(exchange);
    }

    private void answer(Exchange exchange, ServerEntry entry) {
        // An exchange that was cut is gone; one whose server hangs stays until it is cut.
        if (behaviour(entry).mode() == Script.Mode.SWALLOWS || !running(entry).remove(exchange)) {
            return;
        }
        entry.load().release();
        if (behaviour(entry).mode() == Script.Mode.REFUSES) {
            failed++;
            return;
        }
        latencies.add(millis - exchange.began);
        answered.merge(entry.server().name(), 1, Integer::sum);
    }

    private void heard(ServerTransition transition) {
        transitions++;
        if (transition.cutsSessions()) {
            Set<Exchange> cut = running(transition.server());
            failed += cut.size();
            cut.forEach(exchange -> transition.server().load().release());
            cut.clear();
        }
    }

    private void tick() {
        controller.tick();
        at(millis + 1_000, this::tick);
    }

    private void check(String server) {
        ServerEntry entry = entry(server);
        if (entry.state().admin() == AdminState.MAINT) {
            checkAgain(server);
            return;
        }
        Behaviour behaviour = behaviour(entry);
        switch (behaviour.mode()) {
            case ANSWERS -> at(millis + behaviour.latency(), () -> checked(server, Definitions.PASSED));
            case REFUSES -> checked(server, Definitions.FAILED);
            case SWALLOWS -> at(millis + CHECK_TIMEOUT, () -> checked(server, Definitions.FAILED));
        }
    }

    private void checked(String server, CheckResult result) {
        controller.checked(server, result);
        checkAgain(server);
    }

    private void checkAgain(String server) {
        HealthPolicy policy = controller.snapshot().definition().health();
        Duration pause = entry(server).state().settled() ? policy.interval() : policy.fastInterval();
        at(millis + pause.toMillis(), () -> check(server));
    }

    private ServerEntry entry(String server) {
        return Objects.requireNonNull(controller.snapshot().entry(server));
    }

    private Behaviour behaviour(ServerEntry entry) {
        return script(entry).at(millis);
    }

    private Script script(ServerEntry entry) {
        return Objects.requireNonNull(scripts.get(entry.server().name()));
    }

    private Set<Exchange> running(ServerEntry entry) {
        return Objects.requireNonNull(running.get(entry.server().name()));
    }
}
