package io.veza.edge.tls;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * A private key and the certificates that vouch for it.
 *
 * @param key RSA or EC
 * @param chain the key's own certificate first, then each one's issuer as far as there is one
 */
public record KeyAndChain(PrivateKey key, List<X509Certificate> chain) {

    public KeyAndChain {
        chain = List.copyOf(chain);
    }

    /** The certificate of the key. */
    public X509Certificate leaf() {
        return chain.get(0);
    }
}
