package io.veza.edge.tls;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Which clients' certificates are asked for and believed.
 *
 * @param authorities a PEM file of those who issue them; must be given unless none is asked for
 * @param revocations a PEM file of lists of revoked ones, one of each authority in a chain; empty for not looking
 */
public record ClientTrust(Mode mode, Optional<Path> authorities, Optional<Path> revocations) {

    /** Nobody is asked. */
    public static final ClientTrust NONE = new ClientTrust(Mode.NONE, Optional.empty(), Optional.empty());

    /** Whether clients are asked for a certificate; one that is shown must be good. */
    public enum Mode {
        NONE,
        OPTIONAL,
        REQUIRED
    }

    /**
     * 32 bytes that differ where the rules do: a session made by others is not to be resumed, whoever has sealed it.
     *
     * @throws PemException if a file cannot be used
     */
    byte[] fingerprint() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(mode.name().getBytes(StandardCharsets.US_ASCII));
            authorities.ifPresent(file -> digest.update(Pem.read(file).getBytes(StandardCharsets.UTF_8)));
            revocations.ifPresent(file -> digest.update(Pem.read(file).getBytes(StandardCharsets.UTF_8)));
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws PemException if a file cannot be used */
    TrustManager verifier() {
        Path file = authorities.orElseThrow(() -> new PemException("there are no authorities for client certificates"));
        try {
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(
                    Pem.certificates(file).stream()
                            .map(authority -> new TrustAnchor(authority, null))
                            .collect(Collectors.toSet()),
                    new X509CertSelector());
            parameters.setRevocationEnabled(revocations.isPresent());
            if (revocations.isPresent()) {
                parameters.addCertStore(CertStore.getInstance(
                        "Collection", new CollectionCertStoreParameters(Pem.revocationLists(revocations.get()))));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(new CertPathTrustManagerParameters(parameters));
            return new ClientVerifier((X509ExtendedTrustManager) factory.getTrustManagers()[0]);
        } catch (GeneralSecurityException e) {
            throw new PemException(file + ": cannot be used: " + e.getMessage(), e);
        }
    }
}
