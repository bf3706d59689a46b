package io.veza.edge.tls;

import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.CertException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPException;
import org.bouncycastle.cert.ocsp.OCSPReqBuilder;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/** What a certificate's responder is asked, and which of its answers count (RFC 6960). Immutable. */
final class OcspQuestion {

    /** By how much a responder's clock may be ahead of ours. */
    private static final Duration SKEW = Duration.ofMinutes(1);

    /** Of {@code OCSPResponseStatus}, by its numbers. */
    private static final List<String> STATUS = List.of(
            "successful",
            "malformed request",
            "internal error",
            "try later",
            "(4)",
            "signature required",
            "unauthorized");

    private final URI responder;
    private final X509CertificateHolder issuer;
    private final BigInteger serial;
    private final DigestCalculatorProvider digests;

    private OcspQuestion(
            URI responder, X509CertificateHolder issuer, BigInteger serial, DigestCalculatorProvider digests) {
        this.responder = responder;
        this.issuer = issuer;
        this.serial = serial;
        this.digests = digests;
    }

    /** Empty if the certificate names no responder that is reached by HTTP, or its issuer is not known. */
    static Optional<OcspQuestion> about(List<X509Certificate> chain) {
        if (chain.size() < 2) {
            return Optional.empty();
        }
        try {
            Optional<URI> responder = responder(new JcaX509CertificateHolder(chain.get(0)));
            if (responder.isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(new OcspQuestion(
                    responder.get(),
                    new JcaX509CertificateHolder(chain.get(1)),
                    chain.get(0).getSerialNumber(),
                    new JcaDigestCalculatorProviderBuilder().build()));
        } catch (CertificateEncodingException | OperatorCreationException | IllegalArgumentException e) {
            // A certificate whose extension cannot be read serves as well as one without.
            return Optional.empty();
        }
    }

    private static Optional<URI> responder(X509CertificateHolder leaf) {
        AuthorityInformationAccess access = AuthorityInformationAccess.fromExtensions(leaf.getExtensions());
        if (access == null) {
            return Optional.empty();
        }
        return Arrays.stream(access.getAccessDescriptions())
                .filter(each -> each.getAccessMethod().equals(AccessDescription.id_ad_ocsp))
                .map(AccessDescription::getAccessLocation)
                .filter(location -> location.getTagNo() == GeneralName.uniformResourceIdentifier)
                .map(location -> URI.create(location.getName().toString()))
                .filter(uri -> "http".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null)
                .findFirst();
    }

    URI responder() {
        return responder;
    }

    /** The request, without a nonce: responders answer many with the same response. */
    byte[] encoded() {
        try {
            CertificateID id = new CertificateID(digests.get(CertificateID.HASH_SHA1), issuer, serial);
            return new OCSPReqBuilder().addRequest(id).build().getEncoded();
        } catch (OCSPException | OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws OcspRefusal if it does not say, in a way that clients believe now, that the certificate is good */
    OcspAnswer verified(byte[] response, Instant now) throws OcspRefusal {
        try {
            OCSPResp outer = new OCSPResp(response);
            if (outer.getStatus() != OCSPResp.SUCCESSFUL) {
                int status = outer.getStatus();
                throw OcspRefusal.unusable(
                        "it answers " + (status < STATUS.size() ? STATUS.get(status) : "status " + status));
            }
            if (!(outer.getResponseObject() instanceof BasicOCSPResp basic)) {
                throw OcspRefusal.unusable("it answers in a form that is not known");
            }
            SingleResp single = mine(basic);
            if (!isSigned(basic, now)) {
                throw OcspRefusal.unusable("its answer is not signed by the issuer, or by whom that has named for it");
            }
            OcspAnswer answer = fresh(response, single, now);
            CertificateStatus status = single.getCertStatus();
            if (status != CertificateStatus.GOOD) {
                throw OcspRefusal.notGood(
                        status instanceof RevokedStatus
                                ? "it says that the certificate is revoked"
                                : "it does not know the certificate");
            }
            return answer;
        } catch (IOException | OCSPException | OperatorCreationException | CertException | RuntimeException e) {
            // Whatever a parser throws at what strangers send.
            throw OcspRefusal.unusable("its answer cannot be read");
        }
    }

    private SingleResp mine(BasicOCSPResp basic) throws OcspRefusal, OCSPException {
        for (SingleResp single : basic.getResponses()) {
            CertificateID id = single.getCertID();
            if (id.getSerialNumber().equals(serial) && id.matchesIssuer(issuer, digests)) {
                return single;
            }
        }
        throw OcspRefusal.unusable("its answer is about another certificate");
    }

    /** By the issuer, or by one to whom the issuer has given a certificate for just that (section 4.2.2.2). */
    private boolean isSigned(BasicOCSPResp basic, Instant now)
            throws OCSPException, OperatorCreationException, CertException {
        if (isSignedBy(basic, issuer)) {
            return true;
        }
        for (X509CertificateHolder delegate : basic.getCerts()) {
            ExtendedKeyUsage usage = ExtendedKeyUsage.fromExtensions(delegate.getExtensions());
            if (usage != null
                    && usage.hasKeyPurposeId(KeyPurposeId.id_kp_OCSPSigning)
                    && delegate.getIssuer().equals(issuer.getSubject())
                    && delegate.isValidOn(Date.from(now))
                    && isIssued(delegate)
                    && isSignedBy(basic, delegate)) {
                return true;
            }
        }
        return false;
    }

    private boolean isIssued(X509CertificateHolder delegate) throws OperatorCreationException, CertException {
        try {
            return delegate.isSignatureValid(new JcaContentVerifierProviderBuilder().build(issuer));
        } catch (java.security.cert.CertificateException e) {
            return false;
        }
    }

    private static boolean isSignedBy(BasicOCSPResp basic, X509CertificateHolder signer)
            throws OCSPException, OperatorCreationException {
        try {
            return basic.isSignatureValid(new JcaContentVerifierProviderBuilder().build(signer));
        } catch (java.security.cert.CertificateException | OCSPException e) {
            // Also where the algorithm is none of this signer's key.
            return false;
        }
    }

    private static OcspAnswer fresh(byte[] response, SingleResp single, Instant now) throws OcspRefusal {
        Instant from = single.getThisUpdate().toInstant();
        if (from.isAfter(now.plus(SKEW))) {
            throw OcspRefusal.unusable("its answer is of the future; is the clock right?");
        }
        if (single.getNextUpdate() == null) {
            throw OcspRefusal.unusable("its answer has no end");
        }
        Instant until = single.getNextUpdate().toInstant();
        if (!until.isAfter(now)) {
            throw OcspRefusal.unusable("its answer is too old");
        }
        return new OcspAnswer(response, from, until);
    }
}
