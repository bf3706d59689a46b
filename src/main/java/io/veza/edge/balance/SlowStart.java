package io.veza.edge.balance;

import io.veza.edge.pool.Weight;
import java.time.Duration;

/**
 * The arithmetic of slow start: the effective weight grows linearly with time, in whole per cents of the weight, from 1
 * to exactly 100 at the end of the window. With a window of 30 s a server of weight 2 has 2 of 200 hundredths at 0 s,
 * 100 at 15 s and 200 at 30 s. (HAProxy manual 5.2, {@code slowstart}.)
 */
public final class SlowStart {

    /** Hundredths of the configured unit in one unit of weight. */
    public static final int UNIT = 100;

    private SlowStart() {}

    /** The weight in hundredths, {@code elapsed} after the ramp began; a clock that went back counts as no time. */
    public static int effectiveWeight(Weight weight, Duration elapsed, Duration window) {
        return weight.value() * percent(elapsed, window);
    }

    private static int percent(Duration elapsed, Duration window) {
        if (elapsed.compareTo(window) >= 0) {
            return 100;
        }
        // In milliseconds: nanoseconds times 100 would overflow for a window of three years, these never do.
        return (int) Math.max(1, elapsed.toMillis() * 100 / Math.max(1, window.toMillis()));
    }
}
