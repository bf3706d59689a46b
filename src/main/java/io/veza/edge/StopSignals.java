package io.veza.edge;

import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * What SIGTERM and SIGINT do: the first stops in good order on a thread of its own, a second one ends the process at once.
 * By itself the JVM would end with status 143 and could not be told to hurry.
 */
final class StopSignals {

    private static final Logger LOG = Logger.getLogger("io.veza.edge");

    /** POSIX; what a shell shows of a process that one of them ended is 128 more. */
    private static final Map<String, Integer> NUMBERS = Map.of("INT", 2, "TERM", 15);

    private static final int KILLED_BY = 128;

    private final Consumer<String> stop;
    private final AtomicBoolean stopping = new AtomicBoolean();

    private StopSignals(Consumer<String> stop) {
        this.stop = stop;
    }

    /** From now on the first signal runs this, with the signal's name, once. */
    static void handle(Consumer<String> stop) {
        StopSignals signals = new StopSignals(stop);
        for (String name : NUMBERS.keySet()) {
            if (!ProcessSignal.handle(name, () -> signals.received(name))) {
                LOG.warnf("this JVM lets nobody handle SIG%s: it will end the process at once", name);
            }
        }
    }

    private void received(String name) {
        if (stopping.compareAndSet(false, true)) {
            new Thread(() -> stop.accept("SIG" + name), "edge-stop").start();
        } else {
            LOG.warnf("SIG%s again: stopping at once", name);
            Runtime.getRuntime().halt(KILLED_BY + NUMBERS.getOrDefault(name, 0));
        }
    }
}
