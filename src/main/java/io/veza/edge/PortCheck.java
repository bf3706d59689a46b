package io.veza.edge;

import io.veza.edge.config.EdgeSettings;
import io.veza.edge.config.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;

/** Finds out before the start whether the ports can be had, so that this too is said together with everything else. */
final class PortCheck {

    private PortCheck() {}

    /** A problem for each listener that could not be bound now, or not beside the other. */
    static List<Problem> problems(EdgeSettings.Listen listen) {
        List<Problem> problems = new ArrayList<>();
        try (ServerSocket traffic = new ServerSocket();
                ServerSocket management = new ServerSocket()) {
            bind(traffic, "edge.listen.host", listen.host(), "edge.listen.http", listen.http(), problems);
            bindManagement(management, problems);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return problems;
    }

    /** The management address is given by Quarkus' own keys. */
    private static void bindManagement(ServerSocket socket, List<Problem> problems) {
        Config config = ConfigProvider.getConfig();
        String host = config.getOptionalValue("quarkus.http.host", String.class).orElse("127.0.0.1");
        String port = config.getOptionalValue("quarkus.http.port", String.class).orElse("9100");
        if (port.matches("[0-9]{1,5}") && Integer.parseInt(port) <= 65_535) {
            bind(socket, "quarkus.http.host", host, "quarkus.http.port", Integer.parseInt(port), problems);
        } else {
            problems.add(new Problem("quarkus.http.port", port, "must be a number in 0..65535"));
        }
    }

    private static void bind(
            ServerSocket socket, String hostKey, String host, String portKey, int port, List<Problem> problems) {
        if (port == 0) {
            return;
        }
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            problems.add(new Problem(hostKey, host, "this name has no address"));
            return;
        }
        try {
            socket.setReuseAddress(true);
            socket.bind(address);
        } catch (IOException e) {
            problems.add(
                    new Problem(portKey, String.valueOf(port), "cannot be bound on " + host + ": " + e.getMessage()));
        }
    }
}
