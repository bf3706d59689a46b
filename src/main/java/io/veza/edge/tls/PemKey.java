package io.veza.edge.tls;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;

/**
 * The private keys of PEM files. The JDK reads PKCS#8 (RFC 5958) alone; what openssl and certificate authorities write
 * besides, PKCS#1 (RFC 8017) and SEC1 (RFC 5915), is the content of that and is put into it here.
 */
final class PemKey {

    private static final String PKCS8 = "PRIVATE KEY";
    private static final String PKCS1 = "RSA PRIVATE KEY";
    private static final String SEC1 = "EC PRIVATE KEY";

    private static final Der RSA = Der.oid("1.2.840.113549.1.1.1");
    private static final Der EC = Der.oid("1.2.840.10045.2.1");
    private static final Der ZERO = new Der(Der.INTEGER, new byte[1]);

    private PemKey() {}

    static boolean isKey(Pem.Block block) {
        return block.label().endsWith("PRIVATE KEY");
    }

    /** @param certificates of the same file */
    static PrivateKey read(String name, Pem.Block block, List<X509Certificate> certificates) {
        if (block.label().startsWith("ENCRYPTED") || block.headers().contains("ENCRYPTED")) {
            throw encrypted(name);
        }
        try {
            return switch (block.label()) {
                case PKCS8 -> pkcs8(name, block.content());
                case PKCS1 ->
                    decoded("RSA", wrapped(Der.of(Der.SEQUENCE, RSA, new Der(Der.NULL, new byte[0])), block.content()));
                case SEC1 ->
                    decoded(
                            "EC",
                            wrapped(Der.of(Der.SEQUENCE, EC, curve(block.content(), certificates)), block.content()));
                default ->
                    throw new PemException(name + ": a key of the kind " + block.label() + " is not supported;"
                            + " it must be RSA or EC");
            };
        } catch (PemException e) {
            throw e;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new PemException(name + ": the private key cannot be read: " + e.getMessage(), e);
        }
    }

    /** In ASCII, since the runtime API says it, too. */
    static PemException encrypted(String name) {
        return new PemException(name + ": the private key is encrypted, and nobody could type the password at a"
                + " restart; decrypt it (openssl pkey -in old.pem -out new.pem) and protect the file by its mode");
    }

    private static PrivateKey pkcs8(String name, byte[] encoded) throws GeneralSecurityException {
        Der algorithm = Der.read(encoded).at(1, Der.SEQUENCE).at(0, Der.OID);
        if (algorithm.is(RSA)) {
            return decoded("RSA", encoded);
        }
        if (algorithm.is(EC)) {
            return decoded("EC", encoded);
        }
        throw new PemException(name + ": the private key must be RSA or EC");
    }

    private static byte[] wrapped(Der algorithm, byte[] key) {
        return Der.of(Der.SEQUENCE, ZERO, algorithm, new Der(Der.OCTETS, key)).encoded();
    }

    private static PrivateKey decoded(String algorithm, byte[] pkcs8) throws GeneralSecurityException {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    /**
     * SEC1 names the curve in the key's {@code [0]}. Some leave that out; then it is the one of the certificate whose public
     * key has numbers as long as this.
     */
    private static Der curve(byte[] sec1, List<X509Certificate> certificates) {
        List<Der> values = Der.read(sec1).values();
        for (Der value : values) {
            if (value.tag() == Der.explicit(0)) {
                return value.at(0, Der.OID);
            }
        }
        int length = Der.read(sec1).at(1, Der.OCTETS).content().length;
        for (X509Certificate certificate : certificates) {
            if (certificate.getPublicKey() instanceof ECPublicKey key
                    && (key.getParams().getCurve().getField().getFieldSize() + 7) / 8 == length) {
                return Der.read(key.getEncoded()).at(0, Der.SEQUENCE).at(1, Der.OID);
            }
        }
        throw new IllegalArgumentException("it names no curve");
    }
}
