package io.veza.edge;

import io.veza.edge.config.EdgeSettings;
import io.veza.edge.config.Problem;
import io.veza.edge.config.TlsSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;

/** Finds out before the start whether the ports can be had, so that this too is said together with everything else. */
final class PortCheck {

    private PortCheck() {}

    /**
     * A problem for each listener that could not be bound now, or not beside the other. Binds without listening: a client
     * that connected in this moment would take the edge for ready and be cut off.
     */
    static List<Problem> problems(EdgeSettings.Listen listen, Optional<TlsSettings> tls) {
        List<Problem> problems = new ArrayList<>();
        try (Socket http = new Socket();
                Socket https = new Socket();
                Socket management = new Socket()) {
            listen.http()
                    .ifPresent(
                            port -> bind(http, "edge.listen.host", listen.host(), "edge.listen.http", port, problems));
            tls.ifPresent(secured ->
                    bind(https, "edge.listen.host", listen.host(), "edge.listen.https", secured.port(), problems));
            bindManagement(management, problems);
            if (problems.isEmpty()) {
                overlap("edge.listen.https", https, "edge.listen.http", http, problems);
                overlap("quarkus.http.port", management, "edge.listen.http", http, problems);
                overlap("quarkus.http.port", management, "edge.listen.https", https, problems);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return problems;
    }

    private static void overlap(String key, Socket socket, String otherKey, Socket other, List<Problem> problems) {
        if (overlap(socket, other)) {
            problems.add(new Problem(
                    key,
                    String.valueOf(socket.getLocalPort()),
                    "cannot be bound on " + socket.getLocalAddress().getHostAddress() + ": it is the port of "
                            + otherKey));
        }
    }

    /** Sockets that do not listen may share a port (socket(7), SO_REUSEADDR), so this has to be looked at. */
    private static boolean overlap(Socket one, Socket other) {
        return one.isBound()
                && other.isBound()
                && one.getLocalPort() == other.getLocalPort()
                && (one.getLocalAddress().isAnyLocalAddress()
                        || other.getLocalAddress().isAnyLocalAddress()
                        || one.getLocalAddress().equals(other.getLocalAddress()));
    }

    /** The management address is given by Quarkus' own keys. */
    private static void bindManagement(Socket socket, List<Problem> problems) {
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
            Socket socket, String hostKey, String host, String portKey, int port, List<Problem> problems) {
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
