package io.veza.edge.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.veza.edge.tls.TestAuthority.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PemTest {

    private static TestAuthority root;
    private static TestAuthority authority;
    private static KeyAndChain rsa;
    private static KeyAndChain ec;

    @TempDir
    Path folder;

    @BeforeAll
    static void issue() throws Exception {
        root = TestAuthority.root("CN=Root");
        authority = root.intermediate("CN=Issuing");
        rsa = authority.request().kind(Kind.RSA).make();
        ec = authority.request().kind(Kind.EC).make();
    }

    private static KeyAndChain of(Kind kind) {
        return kind == Kind.RSA ? rsa : ec;
    }

    private static void refused(String text, String... parts) {
        assertThatExceptionOfType(PemException.class)
                .isThrownBy(() -> Pem.keyAndChain("edge.pem", text))
                .satisfies(refusal -> assertThat(refusal.getMessage())
                        .startsWith("edge.pem: ")
                        .contains(parts));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void a_key_is_read_as_pkcs8(Kind kind) throws Exception {
        KeyAndChain both = of(kind);

        KeyAndChain read = Pem.keyAndChain("edge.pem", TestPem.of(both));

        assertThat(read.key().getEncoded()).isEqualTo(both.key().getEncoded());
        assertThat(read.chain()).isEqualTo(both.chain());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void a_key_is_read_as_pkcs1_or_sec1(Kind kind) throws Exception {
        KeyAndChain both = of(kind);
        String text = TestPem.traditional(both) + TestPem.certificates(both);
        assertThat(text).contains(kind + " PRIVATE KEY");

        KeyAndChain read = Pem.keyAndChain("edge.pem", text);

        assertThat(read.key()).isEqualTo(both.key());
        assertThat(read.chain()).isEqualTo(both.chain());
    }

    @Test
    void a_sec1_key_may_name_its_curve_or_leave_it_to_the_certificate() throws Exception {
        String without = TestPem.traditional(ec);
        byte[] key = Der.read(ec.key().getEncoded()).at(2, Der.OCTETS).content();
        Der curve = Der.read(ec.leaf().getPublicKey().getEncoded())
                .at(0, Der.SEQUENCE)
                .at(1, Der.OID);
        Der[] values = Der.read(key).values().toArray(Der[]::new);
        String with = TestPem.block(
                "EC PRIVATE KEY",
                Der.of(Der.SEQUENCE, values[0], values[1], Der.of(Der.explicit(0), curve))
                        .encoded());

        for (String form : List.of(with, without)) {
            assertThat(Pem.keyAndChain("edge.pem", TestPem.certificates(ec) + form)
                            .key())
                    .isInstanceOfSatisfying(ECPrivateKey.class, read -> assertThat(read.getS())
                            .isEqualTo(((ECPrivateKey) ec.key()).getS()));
        }
        refused(TestPem.certificate(rsa.leaf()) + without, "no curve");
    }

    @Test
    void any_order_with_the_root_text_between_and_windows_line_ends_will_do() throws Exception {
        String text = "Bag Attributes: none\n" + TestPem.certificate(root.certificate())
                + TestPem.block("EC PARAMETERS", new byte[] {6, 0})
                + TestPem.certificate(authority.certificate())
                + "subject=CN = edge.test\n"
                + TestPem.pkcs8(ec)
                + TestPem.certificate(ec.leaf());

        KeyAndChain read = Pem.keyAndChain("edge.pem", text.replace("\n", "\r\n"));

        assertThat(TestPem.subjects(read)).isEqualTo("CN=edge.test < CN=Issuing < CN=Root");
    }

    @Test
    void a_certificate_without_its_issuers_is_a_chain() throws Exception {
        KeyAndChain read = Pem.keyAndChain("edge.pem", TestPem.pkcs8(ec) + TestPem.certificate(ec.leaf()));

        assertThat(read.chain()).containsExactly(ec.leaf());
    }

    @Test
    void encrypted_keys_are_refused_with_the_way_out() throws Exception {
        String certificates = TestPem.certificates(rsa);

        refused(certificates + TestPem.encrypted(rsa), "the private key is encrypted", "openssl pkey");
        refused(
                certificates + TestPem.block("ENCRYPTED PRIVATE KEY", new byte[] {1}),
                "the private key is encrypted",
                "openssl pkey");
    }

    @Test
    void a_key_of_another_certificate_is_refused() throws Exception {
        refused(TestPem.certificates(rsa) + TestPem.pkcs8(ec), "belongs to none of its certificates (CN=edge.test)");
        KeyAndChain other = authority.issue("other.test");
        refused(TestPem.certificates(other) + TestPem.pkcs8(ec), "belongs to none of its certificates (CN=other.test)");
    }

    @Test
    void a_certificate_that_issued_none_of_the_chain_is_refused() throws Exception {
        // The name alone makes no issuer.
        TestAuthority namesake = TestAuthority.root("CN=Issuing");

        refused(
                TestPem.pkcs8(ec) + TestPem.certificate(ec.leaf()) + TestPem.certificate(namesake.certificate()),
                "CN=Issuing is none of the issuers of CN=edge.test");
    }

    @Test
    void missing_and_superfluous_parts_are_named() throws Exception {
        refused("", "has no private key");
        refused(TestPem.certificates(ec), "has no private key");
        refused(TestPem.pkcs8(ec), "has no certificate");
        refused(TestPem.of(ec) + TestPem.pkcs8(rsa), "has 2 private keys");
    }

    @Test
    void what_is_broken_is_named() throws Exception {
        String whole = TestPem.of(ec);

        refused(whole.substring(0, whole.length() - 40), "has no line -----END PRIVATE KEY-----");
        refused(TestPem.pkcs8(ec) + TestPem.block("CERTIFICATE", new byte[] {48, 1}), "certificate 1 cannot be read");
        refused(
                TestPem.certificates(ec) + TestPem.block("PRIVATE KEY", new byte[] {48, 3, 1}),
                "the private key cannot be read");
        refused(TestPem.certificates(ec) + TestPem.block("DSA PRIVATE KEY", new byte[] {48, 0}), "must be RSA or EC");
        refused(whole.replaceFirst("(?s)(BEGIN CERTIFICATE-----\n...)", "$1="), "not base64");
    }

    @Test
    void a_file_that_cannot_be_read_says_why() throws Exception {
        Path none = folder.resolve("none.pem");
        assertThatExceptionOfType(PemException.class)
                .isThrownBy(() -> Pem.keyAndChain(none))
                .withMessage(none + ": there is no such file");
        assertThatExceptionOfType(PemException.class)
                .isThrownBy(() -> Pem.keyAndChain(folder))
                .withMessage(folder + ": is a folder");
        Path large = Files.write(folder.resolve("large.pem"), new byte[(1 << 20) + 1]);
        assertThatExceptionOfType(PemException.class)
                .isThrownBy(() -> Pem.keyAndChain(large))
                .withMessage(large + ": is larger than 1 MiB");
    }

    @Test
    void authorities_and_revocation_lists_are_read() throws Exception {
        Path file = Files.writeString(
                folder.resolve("ca.pem"),
                TestPem.of(root.certificate(), authority.certificate(), root.revoke(Duration.ofDays(1))));
        Path neither = Files.writeString(folder.resolve("key.pem"), TestPem.pkcs8(ec));

        assertThat(Pem.certificates(file)).containsExactly(root.certificate(), authority.certificate());
        assertThat(Pem.revocationLists(file)).hasSize(1);
        assertThatExceptionOfType(PemException.class)
                .isThrownBy(() -> Pem.certificates(neither))
                .withMessage(neither + ": has no certificate");
        assertThatExceptionOfType(PemException.class)
                .isThrownBy(() -> Pem.revocationLists(neither))
                .withMessage(neither + ": has no revocation list (X509 CRL)");
    }
}
