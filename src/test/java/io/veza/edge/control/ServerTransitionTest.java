package io.veza.edge.control;

import static io.veza.edge.control.Definitions.FAILED;
import static io.veza.edge.control.Definitions.PASSED;
import static io.veza.edge.control.Definitions.address;
import static io.veza.edge.control.Definitions.pool;
import static io.veza.edge.control.Definitions.server;
import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.control.Command.SetAdmin;
import io.veza.edge.health.AdminState;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.OnMarkedDown;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerTransitionTest {

    /** Events: + and - results, r m d commands, x no address, a an address again; one answer for each transition. */
    @ParameterizedTest(name = "{1} under {0}: {2}")
    @CsvSource({
        "SHUTDOWN_SESSIONS, -,    cut",
        "NONE,              -,    kept",
        "SHUTDOWN_SESSIONS, x,    cut",
        "NONE,              x,    kept",
        "SHUTDOWN_SESSIONS, m,    cut",
        "NONE,              m,    cut",
        "SHUTDOWN_SESSIONS, d,    kept",
        "SHUTDOWN_SESSIONS, d-,   kept cut",
        "NONE,              d-,   kept kept",
        "SHUTDOWN_SESSIONS, dm,   kept cut",
        "SHUTDOWN_SESSIONS, -++,  cut kept",
        "SHUTDOWN_SESSIONS, -x,   cut kept",
        "SHUTDOWN_SESSIONS, -m,   cut cut",
        "SHUTDOWN_SESSIONS, mr,   cut kept",
        "NONE,              mx,   cut kept",
    })
    void sessions_are_cut_on_the_way_down_and_into_maintenance(OnMarkedDown onMarkedDown, String events, String cuts) {
        ManualClock clock = new ManualClock();
        PoolController controller = Definitions.controller(
                pool(Balance.ROUNDROBIN, Duration.ZERO, onMarkedDown, true, server("b1"), server("b2")), clock);
        List<String> seen = new ArrayList<>();
        controller.addListener(t -> {
            assertThat(t.at()).isEqualTo(clock.instant());
            seen.add(t.cutsSessions() ? "cut" : "kept");
        });

        for (int i = 0; i < events.length(); i++) {
            clock.advance(Duration.ofSeconds(1));
            switch (events.charAt(i)) {
                case '+' -> controller.checked("b1", PASSED);
                case '-' -> controller.checked("b1", FAILED);
                case 'r' -> controller.apply(new SetAdmin("b1", AdminState.READY));
                case 'd' -> controller.apply(new SetAdmin("b1", AdminState.DRAIN));
                case 'm' -> controller.apply(new SetAdmin("b1", AdminState.MAINT));
                case 'x' -> controller.resolved("b1", null);
                case 'a' -> controller.resolved("b1", address(1));
                default -> throw new IllegalArgumentException(events);
            }
        }

        assertThat(String.join(" ", seen)).isEqualTo(cuts);
    }
}
