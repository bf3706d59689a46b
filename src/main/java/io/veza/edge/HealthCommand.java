package io.veza.edge;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Asks a running edge on this machine whether it is ready, or any other URL whether it answers 200: a process of its own for
 * a container's health check, with nothing but the JDK, so that it is over in a fraction of a second.
 */
public final class HealthCommand {

    private static final int TIMEOUT_MILLIS = 3_000;
    private static final int USAGE = 2;

    private HealthCommand() {}

    public static void main(String[] args) {
        System.exit(run(List.of(args)));
    }

    /**
     * Asks the URL that is given, else the management port of the environment ({@code QUARKUS_HTTP_PORT}, else 9100). The
     * status is that of {@link #ask}, or 2 if this is no URL.
     */
    static int run(List<String> arguments) {
        if (arguments.isEmpty()) {
            String port = System.getenv("QUARKUS_HTTP_PORT");
            return ask(URI.create("http://127.0.0.1:" + (port == null ? "9100" : port) + "/q/health/ready"));
        }
        if (arguments.size() > 1 || !arguments.get(0).matches("http://[^/ ]+/[!-~]*")) {
            System.err.println("health takes one URL, such as http://127.0.0.1:8080/health, or none");
            return USAGE;
        }
        return ask(URI.create(arguments.get(0)));
    }

    /** Prints what is answered; the status is 0 if that is 200, else 1. */
    static int ask(URI url) {
        try {
            HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            boolean ready = connection.getResponseCode() == 200;
            try (var body = ready ? connection.getInputStream() : connection.getErrorStream()) {
                System.out.println(body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
            }
            return ready ? 0 : 1;
        } catch (IOException e) {
            System.out.println("no answer from " + url + ": " + e.getMessage());
            return 1;
        }
    }
}
