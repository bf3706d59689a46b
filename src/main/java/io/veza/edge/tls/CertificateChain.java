package io.veza.edge.tls;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Puts the certificates of a file into the order in which they are sent (RFC 8446 section 4.4.2). */
final class CertificateChain {

    private static final byte[] CHALLENGE = {'v', 'e', 'z', 'a'};

    private CertificateChain() {}

    /**
     * The key's certificate, its issuer, the issuer of that and so on, as far as they are given. A second certificate of an
     * issuer, as authorities have while they change roots, is left out.
     *
     * @throws PemException if none is the key's, or one has nothing to do with it
     */
    static List<X509Certificate> of(String name, PrivateKey key, List<X509Certificate> certificates) {
        X509Certificate leaf = certificates.stream()
                .filter(certificate -> belongTogether(key, certificate.getPublicKey()))
                .findFirst()
                .orElseThrow(() -> new PemException(name + ": the private key belongs to none of its certificates ("
                        + subject(certificates.get(0)) + ")"));
        List<X509Certificate> rest = new ArrayList<>(certificates);
        rest.removeIf(leaf::equals);
        List<X509Certificate> chain = new ArrayList<>(List.of(leaf));
        Optional<X509Certificate> next = issuer(leaf, rest);
        while (next.isPresent()) {
            chain.add(next.get());
            rest.remove(next.get());
            next = issuer(next.get(), rest);
        }
        rest.removeIf(left -> chain.stream().anyMatch(link -> issued(left, link)));
        if (!rest.isEmpty()) {
            throw new PemException(name + ": " + subject(rest.get(0)) + " is none of the issuers of " + subject(leaf));
        }
        return chain;
    }

    static String subject(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName();
    }

    private static Optional<X509Certificate> issuer(X509Certificate of, List<X509Certificate> among) {
        return among.stream().filter(candidate -> issued(candidate, of)).findFirst();
    }

    private static boolean issued(X509Certificate issuer, X509Certificate certificate) {
        if (!issuer.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
            return false;
        }
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Whether what the one signs, the other verifies. */
    private static boolean belongTogether(PrivateKey key, PublicKey publicKey) {
        if (!key.getAlgorithm().equals(publicKey.getAlgorithm())) {
            return false;
        }
        String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(CHALLENGE);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(CHALLENGE);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
