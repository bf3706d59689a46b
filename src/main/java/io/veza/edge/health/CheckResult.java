package io.veza.edge.health;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * What one active check of one server found.
 *
 * @param status the HTTP status code, if a response came
 * @param took from the start of the connect to the verdict
 * @param detail a short text for the operator: the reason of a failure, never from the server's body
 */
public record CheckResult(Outcome outcome, OptionalInt status, Duration took, String detail) {

    /** Why a check passed or failed, in the order in which a check meets these. */
    public enum Outcome {
        PASSED,
        /** The server's name has no address. */
        DNS,
        /** The TCP connection was refused or failed. */
        CONNECT,
        /** The TLS handshake failed, such as for a certificate that is not trusted. */
        TLS,
        /** The TLS handshake did not end within the check's timeout. */
        TLS_TIMEOUT,
        /** No verdict within the check's timeout. */
        TIMEOUT,
        /** The connection broke, or what came was not HTTP. */
        PROTOCOL,
        /** A status outside the expected ones. */
        STATUS,
        /** A body in which the expected text was not found. */
        BODY
    }

    public boolean passed() {
        return outcome == Outcome.PASSED;
    }
}
