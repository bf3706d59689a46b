package io.veza.edge.simulation;

import static io.veza.edge.control.Definitions.pool;
import static io.veza.edge.control.Definitions.server;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.health.AdminState;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.Balance;
import io.veza.edge.simulation.Script.Behaviour;
import io.veza.edge.simulation.Script.Mode;
import io.veza.edge.simulation.Simulation.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Three servers, 200 requests a second, 60 seconds of virtual time, each algorithm in each situation. The results are
 * committed: what changes how traffic is shared shows as a diff of that file. {@code -Dsimulation.rewrite=true} writes
 * it anew.
 */
class SimulationTest {

    private static final Path RESULTS = Path.of("src/test/resources/simulation/results.txt");
    private static final long END = 60_000;
    private static final Script STEADY = Script.answersIn(20);

    /** Checks are 5 s apart, 1 s while in transition; fall 3, rise 2; slow start 10 s. */
    private enum Situation {
        STEADY_SERVERS,
        /** b1 answers in 400 ms, the others in 20. */
        ONE_SLOW,
        /** b1 is there for one second and away for the next, all the time. */
        FLAPPING,
        /** b1 is killed at 10 s and back at 30 s. */
        KILLED,
        /** b1's packets vanish from 10 s to 30 s. */
        BLACK_HOLE,
        /** Each in turn is drained, two seconds later put into maintenance, restarted, and five seconds later ready. */
        ROLLING_DEPLOY;

        Simulation with(Algorithm algorithm) {
            Script b1 =
                    switch (this) {
                        case STEADY_SERVERS, ROLLING_DEPLOY -> STEADY;
                        case ONE_SLOW -> Script.answersIn(400);
                        case FLAPPING ->
                            millis -> new Behaviour(millis / 1000 % 2 == 0 ? Mode.ANSWERS : Mode.REFUSES, 20);
                        case KILLED -> STEADY.but(Mode.REFUSES, 10_000, 30_000);
                        case BLACK_HOLE -> STEADY.but(Mode.SWALLOWS, 10_000, 30_000);
                    };
            Map<String, Script> scripts = Map.of("b1", b1, "b2", STEADY, "b3", STEADY);
            Simulation simulation =
                    new Simulation(pool(Balance.of(algorithm), server("b1"), server("b2"), server("b3")), scripts);
            if (this == ROLLING_DEPLOY) {
                for (int i = 1; i <= 3; i++) {
                    simulation.command(i * 15_000L - 10_000, "b" + i, AdminState.DRAIN);
                    simulation.command(i * 15_000L - 8_000, "b" + i, AdminState.MAINT);
                    simulation.command(i * 15_000L - 3_000, "b" + i, AdminState.READY);
                }
            }
            return simulation;
        }
    }

    @Test
    void what_each_algorithm_makes_of_each_situation_is_as_committed() throws IOException {
        StringBuilder table = new StringBuilder();
        line(
                table,
                "situation",
                "algorithm",
                "requests",
                "failed",
                "redispatched",
                "transitions",
                "p50",
                "p99",
                "b1/b2/b3 %");
        for (Situation situation : Situation.values()) {
            for (Algorithm algorithm : Algorithm.values()) {
                Result r = situation.with(algorithm).runTo(END);
                line(
                        table,
                        situation.name().toLowerCase(Locale.ROOT),
                        algorithm.name().toLowerCase(Locale.ROOT),
                        r.requests(),
                        r.failed(),
                        r.redispatched(),
                        r.transitions(),
                        r.median(),
                        r.p99(),
                        shares(r));
            }
        }
        table.append("\nkilled, second by second from the recovery on: b1/b2/b3 %\n");
        for (Algorithm algorithm : Algorithm.values()) {
            Simulation simulation = Situation.KILLED.with(algorithm);
            simulation.runTo(30_000);
            table.append("%-11s".formatted(algorithm.name().toLowerCase(Locale.ROOT)));
            for (long second = 31; second <= 48; second++) {
                table.append(' ').append(shares(simulation.runTo(second * 1000)));
            }
            table.append('\n');
        }

        if (Boolean.getBoolean("simulation.rewrite")) {
            Files.writeString(RESULTS, table);
        }
        assertThat(table).hasToString(Files.readString(RESULTS, UTF_8));
    }

    private static void line(StringBuilder table, Object... cells) {
        table.append("%-15s %-11s %8s %7s %12s %11s %5s %5s  %s\n".formatted(cells));
    }

    private static String shares(Result result) {
        int all =
                result.answered().values().stream().mapToInt(Integer::intValue).sum();
        return "%d/%d/%d".formatted(percent(result, "b1", all), percent(result, "b2", all), percent(result, "b3", all));
    }

    private static long percent(Result result, String server, int all) {
        return Math.round(100.0 * result.answered().getOrDefault(server, 0) / Math.max(1, all));
    }
}
