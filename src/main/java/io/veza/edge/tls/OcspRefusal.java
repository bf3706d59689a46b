package io.veza.edge.tls;

/** There is no answer of an OCSP responder that a client could be shown; the message says why, for people. */
final class OcspRefusal extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean certain;

    private OcspRefusal(String message, boolean certain) {
        super(message);
        this.certain = certain;
    }

    /** Nothing is known that was not known before. */
    static OcspRefusal unusable(String message) {
        return new OcspRefusal(message, false);
    }

    /** The responder itself, by its signature, says that the certificate is not good: older answers are wrong now. */
    static OcspRefusal notGood(String message) {
        return new OcspRefusal(message, true);
    }

    boolean isCertain() {
        return certain;
    }
}
