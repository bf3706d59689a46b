package io.veza.edge.tls;

import io.netty.handler.ssl.OpenSslCertificateException;
import java.net.Socket;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateRevokedException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Verifies clients' certificates as another does, and says of a bad one what a client can be told. By itself BoringSSL tells
 * all but a few {@code internal_error}, as if the edge were at fault: it goes by the code of the exception. The JDK's TLS
 * asks nobody and tells every client {@code certificate_unknown}. Stateless.
 */
final class ClientVerifier extends X509ExtendedTrustManager {

    /** Why a certificate is not taken: an {@code X509_V_ERR} of OpenSSL's x509_vfy.h, and where the JDK names it its reason. */
    private enum Verdict {
        EXPIRED(10, BasicReason.EXPIRED),
        NOT_YET_VALID(9, BasicReason.NOT_YET_VALID),
        REVOKED(23, BasicReason.REVOKED),
        /** A list is missing or out of date. It is not the certificate's fault, so it is told {@code certificate_unknown}. */
        REVOCATION_UNKNOWN(44, BasicReason.UNDETERMINED_REVOCATION_STATUS),
        UNKNOWN_AUTHORITY(2, null),
        /** Such as one for servers only. */
        BAD(27, BasicReason.INVALID_SIGNATURE);

        private final int code;
        private final @Nullable BasicReason reason;

        Verdict(int code, @Nullable BasicReason reason) {
            this.code = code;
            this.reason = reason;
        }
    }

    private final X509ExtendedTrustManager trust;

    ClientVerifier(X509ExtendedTrustManager trust) {
        this.trust = trust;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        try {
            trust.checkClientTrusted(chain, authType);
        } catch (CertificateException e) {
            throw explained(e, chain);
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        try {
            trust.checkClientTrusted(chain, authType, socket);
        } catch (CertificateException e) {
            throw explained(e, chain);
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        try {
            trust.checkClientTrusted(chain, authType, engine);
        } catch (CertificateException e) {
            throw explained(e, chain);
        }
    }

    private static CertificateException explained(CertificateException e, X509Certificate[] chain) {
        Verdict verdict = verdict(e, chain);
        return new OpenSslCertificateException(e.getMessage(), e, verdict.code);
    }

    private static Verdict verdict(CertificateException e, X509Certificate[] chain) {
        boolean unknown = false;
        for (Throwable each = e; each != null; each = each.getCause()) {
            if (each instanceof CertificateRevokedException) {
                return Verdict.REVOKED;
            }
            if (each instanceof CertPathValidatorException invalid) {
                for (Verdict verdict : Verdict.values()) {
                    if (verdict.reason != null && verdict.reason.equals(invalid.getReason())) {
                        return verdict;
                    }
                }
            }
            unknown |= each instanceof CertPathBuilderException;
        }
        // A path that was searched for in vain does not always say why.
        return Arrays.stream(chain)
                .map(ClientVerifier::outOfDate)
                .filter(verdict -> verdict != Verdict.BAD)
                .findFirst()
                .orElse(unknown ? Verdict.UNKNOWN_AUTHORITY : Verdict.BAD);
    }

    /** {@link Verdict#BAD} if its dates are in order. */
    private static Verdict outOfDate(X509Certificate certificate) {
        try {
            certificate.checkValidity();
            return Verdict.BAD;
        } catch (CertificateExpiredException e) {
            return Verdict.EXPIRED;
        } catch (CertificateNotYetValidException e) {
            return Verdict.NOT_YET_VALID;
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        trust.checkServerTrusted(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        trust.checkServerTrusted(chain, authType, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        trust.checkServerTrusted(chain, authType, engine);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return trust.getAcceptedIssuers();
    }
}
