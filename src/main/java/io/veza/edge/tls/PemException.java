package io.veza.edge.tls;

/** A PEM file cannot be used; the message names it and what is wrong with it. */
public final class PemException extends IllegalArgumentException {

    PemException(String message) {
        super(message);
    }

    PemException(String message, Throwable cause) {
        super(message, cause);
    }
}
