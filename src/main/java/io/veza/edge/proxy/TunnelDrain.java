package io.veza.edge.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Closes tunnels evenly over a time, so that their clients do not all come back at once. Belongs to one event loop.
 *
 * <p>Each step closes what is due of those open then: with 6 open and 4 steps left 1.5 are, so 1 is closed and a half is
 * carried over to the next step. Tunnels in the middle of a frame are passed over, as they could not be told why; the last
 * step takes them too, and what comes later is closed as it comes.
 */
final class TunnelDrain {

    private static final Duration STEP = Duration.ofMillis(100);

    private final Supplier<? extends Collection<Tunnel>> open;
    private final ScheduledFuture<?> stepping;
    private long stepsLeft;
    private double due;

    TunnelDrain(EventLoop loop, Supplier<? extends Collection<Tunnel>> open, Duration within) {
        this.open = open;
        this.stepsLeft = Math.max(1, within.toMillis() / STEP.toMillis());
        this.stepping = loop.scheduleAtFixedRate(this::step, 0, STEP.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void step() {
        List<Tunnel> tunnels = List.copyOf(open.get());
        boolean last = stepsLeft <= 1;
        due = last ? tunnels.size() : due + (double) tunnels.size() / stepsLeft;
        Iterator<Tunnel> next = tunnels.iterator();
        while (due >= 1 && next.hasNext()) {
            Tunnel tunnel = next.next();
            if (last || tunnel.atBoundary()) {
                tunnel.drain();
                due--;
            }
        }
        stepsLeft = Math.max(1, stepsLeft - 1);
    }

    void stop() {
        stepping.cancel(false);
    }
}
