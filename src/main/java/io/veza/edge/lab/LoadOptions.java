package io.veza.edge.lab;

import java.net.URI;
import java.time.Duration;
import java.util.OptionalInt;

/**
 * What the load generator is to do.
 *
 * @param target the origin all requests go to
 * @param connections how many users there are, each with at most one request or WebSocket at a time
 * @param rate steps of users per second, divided evenly among them; empty for as fast as answers come
 * @param maxErrors how many errors still count as success; empty for any number
 */
record LoadOptions(URI target, Duration duration, int connections, OptionalInt rate, OptionalInt maxErrors) {

    int port() {
        return target.getPort() < 0 ? 80 : target.getPort();
    }
}
