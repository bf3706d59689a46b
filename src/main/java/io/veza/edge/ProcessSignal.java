package io.veza.edge;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * A POSIX signal by its name without {@code SIG}. The JDK's own way to it, {@code sun.misc.Signal}, is kept for such uses (JEP
 * 260) but the compiler warns wherever it is named, hence the reflection.
 */
final class ProcessSignal {

    private ProcessSignal() {}

    /** Runs this on each such signal from now on, in place of what it did; false if this JVM does not let it. */
    static boolean handle(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler handling = (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                    action.run();
                }
                return null;
            };
            Object received =
                    Proxy.newProxyInstance(ProcessSignal.class.getClassLoader(), new Class<?>[] {handler}, handling);
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), received);
            return true;
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            return false;
        }
    }
}
