package io.veza.edge;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * What SIGTERM and SIGINT do: the first stops in good order on a thread of its own, a second one ends the process at once.
 * By itself the JVM would end with status 143 and could not be told to hurry.
 *
 * <p>The JDK's own way to a signal, {@code sun.misc.Signal}, is kept for such uses (JEP 260) but cannot be compiled against
 * without a warning, hence the reflection.
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
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            for (String name : NUMBERS.keySet()) {
                InvocationHandler received = (proxy, method, arguments) -> {
                    if (method.getName().equals("handle")) {
                        signals.received(name);
                        return null;
                    }
                    // What every object has; nobody asks, but a proxy must answer.
                    return method.getReturnType() == int.class
                            ? Integer.valueOf(System.identityHashCode(proxy))
                            : method.getReturnType() == boolean.class
                                    ? Boolean.valueOf(proxy == arguments[0])
                                    : "StopSignals";
                };
                signal.getMethod("handle", signal, handler)
                        .invoke(
                                null,
                                signal.getConstructor(String.class).newInstance(name),
                                Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, received));
            }
        } catch (ReflectiveOperationException e) {
            LOG.warn("this JDK has no jdk.unsupported module: SIGTERM ends the process at once", e);
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
