package io.veza.edge;

import io.veza.edge.config.Problem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;

/** Finds out before the start whether the ports can be had, so that this too is said together with everything else. */
final class PortCheck {

    private PortCheck() {}

    /** A problem for each listener that could not be bound now; values that are no addresses are not ours to report. */
    static List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        Config config = ConfigProvider.getConfig();
        check(config, "edge.listen.host", "edge.listen.http", problems);
        check(config, "quarkus.http.host", "quarkus.http.port", problems);
        return problems;
    }

    private static void check(Config config, String hostKey, String portKey, List<Problem> problems) {
        Optional<String> host = config.getOptionalValue(hostKey, String.class);
        Optional<Integer> port = number(config, portKey);
        if (host.isEmpty() || port.isEmpty() || port.get() < 1 || port.get() > 65_535) {
            return;
        }
        InetSocketAddress address = new InetSocketAddress(host.get(), port.get());
        if (address.isUnresolved()) {
            problems.add(new Problem(hostKey, host.get(), "this name has no address"));
            return;
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(address);
        } catch (IOException e) {
            problems.add(new Problem(
                    portKey, port.get().toString(), "cannot be bound on " + host.get() + ": " + e.getMessage()));
        }
    }

    private static Optional<Integer> number(Config config, String key) {
        try {
            return config.getOptionalValue(key, Integer.class);
        } catch (IllegalArgumentException notANumber) {
            return Optional.empty();
        }
    }
}
