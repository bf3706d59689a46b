package io.veza.edge.tls;

/** A PEM file cannot be used; the message names it and what is wrong with it. */
public final class PemException extends IllegalArgumentException {

    PemException(String message) {
        super(message);
    }

    PemException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The message where it is clear that it is about this file. */
    String reason(String file) {
        String message = String.valueOf(getMessage());
        String name = file + ": ";
        return message.startsWith(name) ? message.substring(name.length()) : message;
    }
}
