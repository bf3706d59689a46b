package io.veza.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import io.veza.edge.tls.ClientTrust;
import io.veza.edge.tls.KeyAndChain;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers as HAProxy 2.6 gave them to the same lines, but for the SHA-256 fingerprint, which it does not show. */
class CertificateCommandsTest {

    private static final String NO_KEY = "has no private key; it must hold the key with the certificate chain";

    @TempDir
    Path folder;

    private final RuntimeFixture edge = new RuntimeFixture();
    private TestAuthority root;
    private KeyAndChain second;
    private Path file;

    @BeforeEach
    void listen() throws Exception {
        root = TestAuthority.root("CN=Root,O=Veza");
        file = TestPem.write(folder.resolve("edge.pem"), root.issue("edge.test", "*.edge.test"));
        second = root.issue("edge.test");
        edge.listenSecured(file);
    }

    @AfterEach
    void close() {
        edge.close();
    }

    private String set(String name, String pem) {
        edge.session.bring(pem);
        try {
            return edge.ask("set ssl cert " + name + " <<");
        } finally {
            edge.session.bring("");
        }
    }

    @Test
    void certificates_are_listed_and_shown() {
        assertThat(edge.ask("show ssl cert")).isEqualTo("# filename\n" + file + "\n");
        assertThat(edge.ask("show ssl cert " + file))
                .matches("Filename: " + file + "\nStatus: Used\nSerial: [0-9A-F]+\n"
                        + "notBefore: [A-Z][a-z]{2} [ 123][0-9] [0-9:]{8} 20[0-9]{2} GMT\n"
                        + "notAfter: [A-Z][a-z]{2} [ 123][0-9] [0-9:]{8} 20[0-9]{2} GMT\n"
                        + "Subject Alternative Name: DNS:edge.test, DNS:\\*.edge.test\nAlgorithm: EC256\n"
                        + "SHA1 FingerPrint: [0-9A-F]{40}\nSHA256 FingerPrint: [0-9A-F]{64}\n"
                        + "Subject: /CN=edge.test\nIssuer: /CN=Root/O=Veza\n");
        assertThat(edge.ask("show ssl cert nope"))
                .isEqualTo("Can't display the certificate: Not found or the certificate is a bundle!\n");
    }

    @Test
    void a_file_that_is_refused_is_shown_with_the_reason() throws Exception {
        String before = edge.ask("show ssl cert " + file);
        Files.writeString(file, "half a certificate");
        edge.secured().look();
        edge.secured().look();

        assertThat(edge.ask("show ssl cert " + file)).isEqualTo(before + "Refused: " + NO_KEY + "\n");
        assertThat(JsonCertificates.all(edge.target())).singleElement().satisfies(each -> {
            JsonObject certificate = (JsonObject) each;
            assertThat(certificate.getString("refused")).isEqualTo(NO_KEY);
            assertThat(certificate.getJsonArray("names")).containsExactly("edge.test", "*.edge.test");
        });
    }

    @Test
    void a_file_that_was_never_of_use_is_shown_with_the_reason() throws Exception {
        edge.listenSecured(folder);
        Path next = Files.writeString(folder.resolve("next.pem"), "half a certificate");
        edge.secured().look();
        edge.secured().look();

        assertThat(edge.ask("show ssl cert " + next))
                .isEqualTo("Filename: " + next + "\nStatus: Unused\nRefused: " + NO_KEY + "\n");
        assertThat(JsonCertificates.all(edge.target()))
                .last()
                .isEqualTo(new JsonObject()
                        .put("listener", "https")
                        .put("file", next.toString())
                        .put("refused", NO_KEY));
    }

    @Test
    void revocation_lists_are_listed_and_shown() throws Exception {
        Path authorities = Files.writeString(folder.resolve("ca"), TestPem.of(root.certificate()));
        Path lists =
                Files.writeString(folder.resolve("crl"), TestPem.of(root.revoke(Duration.ofDays(1), second.leaf())));
        edge.listenSecured(
                file, new ClientTrust(ClientTrust.Mode.OPTIONAL, Optional.of(authorities), Optional.of(lists)));

        assertThat(edge.ask("show ssl crl-file")).isEqualTo("# filename\n" + lists + "\n");
        assertThat(edge.ask("show ssl crl-file " + lists))
                .matches("Filename: " + lists + "\nStatus: Used\n\nCertificate Revocation List #1:\nVersion 2\n"
                        + "Signature Algorithm: SHA256withECDSA\nIssuer: /CN=Root/O=Veza\n"
                        + "Last Update: [A-Z].* GMT\nNext Update: [A-Z].* GMT\nRevoked Certificates: 1\n");
        assertThat(edge.ask("show ssl crl-file nope")).isEqualTo("Can't display the CRL file: Not found!\n");
        JsonObject json = JsonCertificates.all(edge.target())
                .getJsonObject(JsonCertificates.all(edge.target()).size() - 1);
        assertThat(json.getString("file")).isEqualTo(lists.toString());
        assertThat(json.getString("nextUpdate")).startsWith("20");

        Files.writeString(lists, "half a list");
        edge.secured().look();
        edge.secured().look();
        assertThat(edge.ask("show ssl crl-file " + lists))
                .startsWith(
                        "Filename: " + lists
                                + "\nStatus: Used\nRefused: has no revocation list (X509 CRL)\n\nCertificate Revocation List #1:");
    }

    @Test
    void a_certificate_is_set_and_committed() throws Exception {
        String before = edge.ask("show ssl cert " + file);

        assertThat(set(file.toString(), TestPem.of(root.issue("edge.test"))))
                .isEqualTo("Transaction created for certificate " + file + "!\n");
        assertThat(set(file.toString(), TestPem.of(second)))
                .isEqualTo("Transaction updated for certificate " + file + "!\n");
        assertThat(edge.ask("show ssl cert")).isEqualTo("# transaction\n*" + file + "\n# filename\n" + file + "\n");
        assertThat(edge.ask("show ssl cert " + file)).isEqualTo(before);
        String pending = edge.ask("show ssl cert *" + file);
        assertThat(pending).contains("Status: Unused\n");
        assertThat(edge.ask("commit ssl cert " + file)).isEqualTo("Committing " + file + ".\nSuccess!\n");

        assertThat(edge.ask("show ssl cert " + file))
                .isEqualTo(pending.replace("Filename: *", "Filename: ").replace("Unused", "Used"));
    }

    @Test
    void a_transaction_is_aborted() throws Exception {
        set(file.toString(), TestPem.of(second));

        assertThat(edge.ask("abort ssl cert " + file))
                .isEqualTo("Transaction aborted for certificate '" + file + "'!\n");
        assertThat(edge.ask("abort ssl cert " + file)).isEqualTo("No ongoing transaction!\n");
        assertThat(edge.ask("commit ssl cert " + file))
                .isEqualTo("No ongoing transaction! !\nCan't commit " + file + "!\n");
    }

    @Test
    void what_cannot_be_used_or_is_not_given_is_refused() throws Exception {
        assertThat(set("nope", TestPem.of(second)))
                .isEqualTo("Can't replace a certificate which is not referenced by the configuration!\n"
                        + "Can't update nope!\n");
        assertThat(set(file.toString(), "garbage\n"))
                .contains("has no private key", "Can't load the payload\nCan't update " + file + "!\n");
        assertThat(edge.ask("set ssl cert " + file))
                .isEqualTo("'set ssl cert expects a filename and a certificate as a payload\n");
        assertThat(edge.ask("commit ssl cert")).isEqualTo("'commit ssl cert expects a filename\n");
        assertThat(edge.ask("abort ssl cert")).isEqualTo("'abort ssl cert' expects a filename\n");
        assertThat(edge.ask("show ssl cert")).doesNotContain("transaction");
    }

    /** Such a key has an empty line, with which a payload ends: it was said to lack its last line. */
    @Test
    void an_encrypted_key_is_refused_as_such_in_ascii() throws Exception {
        String encrypted = TestPem.certificates(second) + TestPem.encrypted(second);

        String answer = set(file.toString(), encrypted.substring(0, encrypted.indexOf("\n\n") + 1));

        assertThat(answer).contains("the private key is encrypted").isASCII();
    }

    @Test
    void only_an_admin_sets_and_commits() {
        edge.session.lowerTo(RuntimeSession.Level.OPERATOR);

        assertThat(edge.ask("commit ssl cert " + file)).isEqualTo("Permission denied\n");
        assertThat(edge.ask("show ssl cert")).contains(file.toString());
    }
}
