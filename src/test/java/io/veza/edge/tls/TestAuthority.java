package io.veza.edge.tls;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority of a test: itself signed, or by another one. */
public final class TestAuthority {

    /** How a key is made. */
    public enum Kind {
        RSA,
        EC
    }

    /** What a certificate is made of; changed before {@link #make}. */
    public final class Request {
        private X500Name subject = new X500Name("CN=edge.test");
        private Kind kind = Kind.EC;
        private Duration age = Duration.ofHours(1);
        private Duration validFor = Duration.ofDays(90);
        private List<String> names = List.of("edge.test");
        private Optional<String> responder = Optional.empty();
        private KeyPurposeId purpose = KeyPurposeId.id_kp_serverAuth;

        public Request subject(String name) {
            return subject(new X500Name(name));
        }

        public Request subject(X500Name name) {
            subject = name;
            return this;
        }

        public Request kind(Kind which) {
            kind = which;
            return this;
        }

        /** From now on; negative if it is over. */
        public Request validFor(Duration time) {
            validFor = time;
            age = Duration.ofDays(365);
            return this;
        }

        public Request names(String... alternatives) {
            names = List.of(alternatives);
            return this;
        }

        public Request forClients() {
            purpose = KeyPurposeId.id_kp_clientAuth;
            names = List.of();
            return this;
        }

        public Request forOcsp() {
            purpose = KeyPurposeId.id_kp_OCSPSigning;
            names = List.of();
            return this;
        }

        public Request responder(String url) {
            responder = Optional.of(url);
            return this;
        }

        public KeyAndChain make() throws Exception {
            KeyPair pair = newPair(kind);
            Instant now = Instant.now();
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    issuerName(),
                    BigInteger.valueOf(SERIALS.incrementAndGet()),
                    Date.from(now.minus(age)),
                    Date.from(now.plus(validFor)),
                    subject,
                    pair.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
            if (!names.isEmpty()) {
                builder.addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(names.stream().map(TestAuthority::name).toArray(GeneralName[]::new)));
            }
            if (responder.isPresent()) {
                builder.addExtension(
                        Extension.authorityInfoAccess,
                        false,
                        new AuthorityInformationAccess(
                                AccessDescription.id_ad_ocsp,
                                new GeneralName(GeneralName.uniformResourceIdentifier, responder.get())));
            }
            List<X509Certificate> chain = new ArrayList<>(List.of(sign(builder)));
            chain.addAll(above);
            return new KeyAndChain(pair.getPrivate(), chain);
        }
    }

    private static final AtomicLong SERIALS = new AtomicLong(System.nanoTime());

    private final KeyPair pair;
    private final X509Certificate certificate;

    /** What a certificate of this authority is sent with: this one, unless it is a root. */
    private final List<X509Certificate> above;

    private TestAuthority(KeyPair pair, X509Certificate certificate, List<X509Certificate> above) {
        this.pair = pair;
        this.certificate = certificate;
        this.above = above;
    }

    /** One that clients are told to trust. */
    public static TestAuthority root(String name) throws Exception {
        KeyPair pair = newPair(Kind.EC);
        return new TestAuthority(pair, authority(name, pair, new X500Name(name), pair.getPrivate()), List.of());
    }

    /** One whose certificate is signed by this. */
    public TestAuthority intermediate(String name) throws Exception {
        KeyPair own = newPair(Kind.EC);
        X509Certificate signed = authority(name, own, issuerName(), pair.getPrivate());
        List<X509Certificate> chain = new ArrayList<>(List.of(signed));
        chain.addAll(above);
        return new TestAuthority(own, signed, chain);
    }

    private static X509Certificate authority(String name, KeyPair pair, X500Name issuer, PrivateKey by)
            throws Exception {
        Instant now = Instant.now();
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                issuer,
                BigInteger.valueOf(SERIALS.incrementAndGet()),
                Date.from(now.minus(Duration.ofDays(400))),
                Date.from(now.plus(Duration.ofDays(3650))),
                new X500Name(name),
                pair.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        builder.addExtension(
                Extension.keyUsage,
                true,
                new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign | KeyUsage.digitalSignature));
        builder.addExtension(
                Extension.subjectKeyIdentifier,
                false,
                new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
        return signed(builder, by);
    }

    public Request request() {
        return new Request();
    }

    /** A certificate of an EC key for these names. */
    public KeyAndChain issue(String... names) throws Exception {
        return request().subject("CN=" + names[0]).names(names).make();
    }

    public X509Certificate certificate() {
        return certificate;
    }

    public PrivateKey key() {
        return pair.getPrivate();
    }

    private X500Name issuerName() {
        return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    }

    /** A list of revoked certificates that holds for this long. */
    public X509CRL revoke(Duration validFor, X509Certificate... revoked) throws Exception {
        Instant now = Instant.now();
        JcaX509v2CRLBuilder builder = new JcaX509v2CRLBuilder(certificate, Date.from(now.minus(Duration.ofHours(2))));
        builder.setNextUpdate(Date.from(now.plus(validFor)));
        for (X509Certificate one : revoked) {
            builder.addCRLEntry(one.getSerialNumber(), Date.from(now.minusSeconds(1800)), CRLReason.keyCompromise);
        }
        return new JcaX509CRLConverter().getCRL(builder.build(signer(pair.getPrivate())));
    }

    private X509Certificate sign(JcaX509v3CertificateBuilder builder) throws Exception {
        return signed(builder, pair.getPrivate());
    }

    private static X509Certificate signed(JcaX509v3CertificateBuilder builder, PrivateKey by) throws Exception {
        return new JcaX509CertificateConverter().getCertificate(builder.build(signer(by)));
    }

    private static org.bouncycastle.operator.ContentSigner signer(PrivateKey by) throws OperatorCreationException {
        return new JcaContentSignerBuilder("SHA256withECDSA").build(by);
    }

    public static KeyPair newPair(Kind kind) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(kind.name());
        if (kind == Kind.RSA) {
            generator.initialize(2048);
        } else {
            generator.initialize(new ECGenParameterSpec("secp256r1"));
        }
        return generator.generateKeyPair();
    }

    private static GeneralName name(String text) {
        return new GeneralName(text.matches("[0-9.]+") ? GeneralName.iPAddress : GeneralName.dNSName, text);
    }
}
