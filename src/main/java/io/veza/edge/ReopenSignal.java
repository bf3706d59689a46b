package io.veza.edge;

import java.lang.reflect.Proxy;

/**
 * The signal USR1: opens the access log's file anew, as operators of NGINX and Apache expect. Without a handler it would end
 * the process. By reflection, since the compiler warns of {@code sun.misc.Signal} wherever it is named, and on a JVM without
 * it the log goes on without: the file is followed by its name anyhow.
 */
final class ReopenSignal {

    private ReopenSignal() {}

    /** Runs this on each USR1 from now on; false if this JVM does not let it. */
    static boolean handle(Runnable reopen) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object handling = Proxy.newProxyInstance(
                    ReopenSignal.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            reopen.run();
                        }
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("USR1"), handling);
            return true;
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            return false;
        }
    }
}
