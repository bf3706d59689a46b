package io.veza.edge;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * Asks a running edge on this machine whether it is ready: a process of its own for a container's health check, with
 * nothing but the JDK, so that it is over in a fraction of a second.
 */
public final class HealthCommand {

    private static final int TIMEOUT_MILLIS = 3_000;

    private HealthCommand() {}

    public static void main(String[] args) {
        System.exit(run());
    }

    /** Asks at the management port of the environment ({@code QUARKUS_HTTP_PORT}, else 9100). */
    static int run() {
        String port = System.getenv("QUARKUS_HTTP_PORT");
        return ask(URI.create("http://127.0.0.1:" + (port == null ? "9100" : port) + "/q/health/ready"));
    }

    /** Prints what is answered; the status is 0 if that is 200, else 1. */
    static int ask(URI readiness) {
        try {
            HttpURLConnection connection = (HttpURLConnection) readiness.toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            boolean ready = connection.getResponseCode() == 200;
            try (var body = ready ? connection.getInputStream() : connection.getErrorStream()) {
                System.out.println(body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
            }
            return ready ? 0 : 1;
        } catch (IOException e) {
            System.out.println("no answer from " + readiness + ": " + e.getMessage());
            return 1;
        }
    }
}
