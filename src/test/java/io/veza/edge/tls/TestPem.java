package io.veza.edge.tls;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.stream.Collectors;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcePEMEncryptorBuilder;

/** Keys and certificates as the text of PEM files. */
public final class TestPem {

    private TestPem() {}

    /** Chain first, then the key as PKCS#8. */
    public static String of(KeyAndChain both) throws IOException {
        return certificates(both) + pkcs8(both);
    }

    public static Path write(Path file, KeyAndChain both) throws IOException {
        return Files.writeString(file, of(both));
    }

    public static String certificates(KeyAndChain both) throws IOException {
        return of(both.chain().toArray());
    }

    public static String certificate(X509Certificate certificate) throws IOException {
        return of(certificate);
    }

    public static String pkcs8(KeyAndChain both) {
        return block("PRIVATE KEY", both.key().getEncoded());
    }

    /** PKCS#1 of an RSA key, SEC1 of an EC key. */
    public static String traditional(KeyAndChain both) throws IOException {
        return of(both.key());
    }

    /** As openssl encrypted keys before it used PKCS#8. */
    public static String encrypted(KeyAndChain both) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(
                    both.key(),
                    new JcePEMEncryptorBuilder("AES-256-CBC")
                            .setProvider(new org.bouncycastle.jce.provider.BouncyCastleProvider())
                            .build("secret".toCharArray()));
        }
        return text.toString();
    }

    /** Whatever there is a form for: a certificate, a key, a list of revoked certificates. */
    public static String of(Object... all) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            for (Object one : all) {
                writer.writeObject(one);
            }
        }
        return text.toString();
    }

    public static String block(String label, byte[] content) {
        return "-----BEGIN " + label + "-----\n"
                + new String(Base64.getMimeEncoder(64, new byte[] {'\n'}).encode(content), StandardCharsets.US_ASCII)
                + "\n-----END " + label + "-----\n";
    }

    static String subjects(KeyAndChain both) {
        return both.chain().stream().map(CertificateChain::subject).collect(Collectors.joining(" < "));
    }
}
