package io.veza.edge.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What can be read from PEM files (RFC 7468): a key with its chain in any order, certificates to trust, lists of revoked
 * ones. What else a file has, as parameters for Diffie-Hellman, is passed over.
 */
public final class Pem {

    private static final long LARGEST = 1 << 20;
    private static final Pattern BEGIN = Pattern.compile("(?m)^-----BEGIN ([A-Z0-9 ]+)-----[ \\t]*\\r?$");
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final String OLD_ENCRYPTION = "Proc-Type: 4,ENCRYPTED";
    private static final String CRL = "X509 CRL";

    /** What stands between a line that begins and one that ends it; headers only in old encrypted keys. */
    @SuppressWarnings("ArrayRecordComponent") // read and let go of
    record Block(String label, String headers, byte[] content) {}

    private Pem() {}

    /**
     * The one private key of a file (PKCS#8, PKCS#1 or SEC1; RSA or EC) with its certificate and the issuers of that.
     *
     * @throws PemException if it cannot be read, has no key or more than one, an encrypted one, or one that belongs to none
     *     of the certificates, or has certificates that are none of the key's chain
     */
    public static KeyAndChain keyAndChain(Path file) {
        return keyAndChain(file.toString(), read(file));
    }

    /**
     * As {@link #keyAndChain(Path)}, of a text.
     *
     * @param name for messages
     */
    public static KeyAndChain keyAndChain(String name, String text) {
        List<Block> blocks = blocks(name, text);
        List<Block> keys = blocks.stream().filter(PemKey::isKey).toList();
        List<X509Certificate> certificates = certificates(name, blocks);
        if (keys.isEmpty()) {
            throw new PemException(name + ": has no private key; it must hold the key with the certificate chain");
        }
        if (keys.size() > 1) {
            throw new PemException(name + ": has " + keys.size() + " private keys; it must hold one");
        }
        if (certificates.isEmpty()) {
            throw new PemException(name + ": has no certificate; it must hold the chain with the private key");
        }
        PrivateKey key = PemKey.read(name, keys.get(0), certificates);
        return new KeyAndChain(key, CertificateChain.of(name, key, certificates));
    }

    /**
     * All certificates of a file, in its order; one at least.
     *
     * @throws PemException if it cannot be read or has none
     */
    public static List<X509Certificate> certificates(Path file) {
        List<X509Certificate> certificates = certificates(file.toString(), blocks(file.toString(), read(file)));
        if (certificates.isEmpty()) {
            throw new PemException(file + ": has no certificate");
        }
        return certificates;
    }

    /**
     * All lists of revoked certificates of a file, in its order; one at least.
     *
     * @throws PemException if it cannot be read or has none
     */
    public static List<X509CRL> revocationLists(Path file) {
        List<X509CRL> lists = new ArrayList<>();
        for (Block block : blocks(file.toString(), read(file))) {
            if (block.label.equals(CRL)) {
                try {
                    lists.add((X509CRL) CertificateFactory.getInstance("X.509")
                            .generateCRL(new ByteArrayInputStream(block.content)));
                } catch (GeneralSecurityException e) {
                    throw new PemException(file + ": revocation list " + (lists.size() + 1) + " cannot be read", e);
                }
            }
        }
        if (lists.isEmpty()) {
            throw new PemException(file + ": has no revocation list (X509 CRL)");
        }
        return lists;
    }

    static String read(Path file) {
        try {
            if (Files.isDirectory(file)) {
                throw new PemException(file + ": is a folder");
            }
            if (Files.size(file) > LARGEST) {
                throw new PemException(file + ": is larger than 1 MiB");
            }
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new PemException(file + ": there is no such file", e);
        } catch (IOException e) {
            throw new PemException(
                    file + ": cannot be read" + (Files.isReadable(file) ? "" : " by this user") + reason(e), e);
        }
    }

    private static String reason(IOException e) {
        String said = e.getMessage();
        return said == null || e instanceof java.nio.file.AccessDeniedException ? "" : ": " + said;
    }

    private static List<X509Certificate> certificates(String name, List<Block> blocks) {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks) {
            if (block.label.equals(CERTIFICATE) || block.label.equals("X509 CERTIFICATE")) {
                try {
                    certificates.add((X509Certificate) CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(block.content)));
                } catch (GeneralSecurityException e) {
                    throw new PemException(name + ": certificate " + (certificates.size() + 1) + " cannot be read", e);
                }
            }
        }
        return certificates;
    }

    private static List<Block> blocks(String name, String text) {
        List<Block> blocks = new ArrayList<>();
        Matcher begin = BEGIN.matcher(text);
        int at = 0;
        while (begin.find(at)) {
            String label = begin.group(1);
            String endLine = "-----END " + label + "-----";
            int end = text.indexOf(endLine, begin.end());
            if (end < 0) {
                if (text.indexOf(OLD_ENCRYPTION, begin.end()) >= 0) {
                    // The runtime API's payload ends with the empty line that such a key has in its middle.
                    throw PemKey.encrypted(name);
                }
                throw new PemException(name + ": has no line " + endLine);
            }
            String body = text.substring(begin.end(), end);
            int content = body.indexOf(':') < 0 ? 0 : afterHeaders(body);
            blocks.add(new Block(label, body.substring(0, content), decode(name, label, body.substring(content))));
            at = end + endLine.length();
        }
        return blocks;
    }

    /** Behind the empty line that ends the fields of RFC 1421; there is one in old encrypted keys only. */
    private static int afterHeaders(String body) {
        Matcher empty = Pattern.compile("\\r?\\n[ \\t]*\\r?\\n").matcher(body);
        return empty.find(1) ? empty.end() : body.length();
    }

    private static byte[] decode(String name, String label, String base64) {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new PemException(name + ": the content of " + label + " is not base64", e);
        }
    }
}
