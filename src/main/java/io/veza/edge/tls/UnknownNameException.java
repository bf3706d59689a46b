package io.veza.edge.tls;

import javax.net.ssl.SSLException;

/** A client asked for a name that no certificate is for, or for none. */
final class UnknownNameException extends SSLException {

    UnknownNameException() {
        super("no certificate for this name");
    }
}
