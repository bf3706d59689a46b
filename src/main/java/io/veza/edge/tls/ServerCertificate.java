package io.veza.edge.tls;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * A certificate that clients are shown, with its key.
 *
 * @param file it was read from; its name among the others
 */
public record ServerCertificate(String file, KeyAndChain keyAndChain) {

    /** {@code dNSName} and {@code iPAddress} of RFC 5280 section 4.2.1.6. */
    private static final int DNS_NAME = 2;

    private static final int IP_ADDRESS = 7;

    public X509Certificate leaf() {
        return keyAndChain.leaf();
    }

    /** The names it is for, in lower case and in its order; wildcards as {@code *.example.com}. */
    public List<String> names() {
        return alternatives(DNS_NAME);
    }

    /** The names and addresses it is for. */
    public List<String> subjects() {
        List<String> all = new ArrayList<>(names());
        all.addAll(alternatives(IP_ADDRESS));
        return all;
    }

    private List<String> alternatives(int type) {
        try {
            Collection<List<?>> all =
                    Objects.requireNonNullElse(leaf().getSubjectAlternativeNames(), List.<List<?>>of());
            return all.stream()
                    .filter(alternative -> alternative.get(0).equals(type))
                    .map(alternative -> String.valueOf(alternative.get(1)).toLowerCase(Locale.ROOT))
                    .toList();
        } catch (CertificateParsingException e) {
            throw new PemException(file + ": the names of the certificate cannot be read", e);
        }
    }

    public Instant notBefore() {
        return leaf().getNotBefore().toInstant();
    }

    public Instant notAfter() {
        return leaf().getNotAfter().toInstant();
    }

    /** What is wrong with its dates now; empty if nothing is. */
    public Optional<String> outOfDate(Instant now) {
        if (now.isAfter(notAfter())) {
            return Optional.of("has expired at " + notAfter());
        }
        return now.isBefore(notBefore()) ? Optional.of("is not valid before " + notBefore()) : Optional.empty();
    }

    /** Such as {@code RSA2048} or {@code EC256}. */
    public String algorithm() {
        if (leaf().getPublicKey() instanceof RSAPublicKey rsa) {
            return "RSA" + rsa.getModulus().bitLength();
        }
        return leaf().getPublicKey() instanceof ECPublicKey ec
                ? "EC" + ec.getParams().getOrder().bitLength()
                : leaf().getPublicKey().getAlgorithm();
    }

    /** The hash of the whole certificate, such as {@code SHA-256}, in upper case. */
    public String fingerprint(String hash) {
        try {
            return HexFormat.of()
                    .withUpperCase()
                    .formatHex(MessageDigest.getInstance(hash).digest(leaf().getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
