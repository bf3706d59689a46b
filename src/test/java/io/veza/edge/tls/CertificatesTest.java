package io.veza.edge.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.veza.edge.tls.TlsOptions.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which certificate there is after files have changed, and what is said of it. */
class CertificatesTest {

    @TempDir
    Path folder;

    private TestAuthority authority;
    private Path file;
    private KeyAndChain first;

    @BeforeEach
    void first() throws Exception {
        authority = TestAuthority.root("CN=Root");
        first = authority.issue("edge.test");
        file = TestPem.write(folder.resolve("edge.pem"), first);
    }

    private static TlsOptions options(Path path) {
        return new TlsOptions(
                path, TlsOptions.Provider.AUTO, Version.TLS_1_2, false, false, Duration.ofSeconds(5), Optional.empty());
    }

    private static Certificates at(Path path) {
        return new Certificates(options(path), InstantSource.system());
    }

    private static List<ReloadEvent> lookTwice(Certificates certificates) {
        assertThat(certificates.look()).isEmpty();
        return certificates.look();
    }

    private static void has(Certificates certificates, KeyAndChain... expected) {
        assertThat(certificates.all())
                .extracting(ServerCertificate::keyAndChain)
                .extracting(KeyAndChain::chain)
                .isEqualTo(List.of(expected).stream().map(KeyAndChain::chain).toList());
    }

    @Test
    void a_changed_file_is_read_when_it_has_come_to_rest() throws Exception {
        Certificates certificates = at(file);
        KeyAndChain second = authority.issue("edge.test");

        TestPem.write(file, second);

        assertThat(lookTwice(certificates)).containsExactly(new ReloadEvent(file.toString(), "was read anew", true));
        has(certificates, second);
        assertThat(certificates.look()).isEmpty();
        assertThat(certificates.reloads().succeeded()).isOne();
    }

    /** As certbot changes where a link leads, and Kubernetes where the folder of all leads. */
    @Test
    void a_link_that_leads_elsewhere_is_a_change() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("live.pem"), file);
        Certificates certificates = at(link);
        KeyAndChain second = authority.issue("edge.test");
        Path other = TestPem.write(folder.resolve("edge2.pem"), second);

        Path next = Files.createSymbolicLink(folder.resolve("next"), other);
        Files.move(next, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);

        assertThat(lookTwice(certificates)).hasSize(1);
        has(certificates, second);
    }

    @Test
    void a_broken_file_changes_nothing_and_is_told_of_once() throws Exception {
        Certificates certificates = at(file);

        Files.writeString(file, TestPem.certificates(first) + TestPem.pkcs8(authority.issue("edge.test")));

        assertThat(lookTwice(certificates)).singleElement().satisfies(event -> {
            assertThat(event.good()).isFalse();
            assertThat(event.what()).contains("what was read before stays", "belongs to none of its certificates");
        });
        assertThat(lookTwice(certificates)).isEmpty();
        has(certificates, first);
        assertThat(certificates.reloads().failed()).isOne();
        assertThat(certificates.reloads().refused()).containsOnlyKeys(file.toString());

        TestPem.write(file, first);
        assertThat(lookTwice(certificates)).hasSize(1);
        assertThat(certificates.reloads().refused()).isEmpty();
    }

    @Test
    void a_file_that_is_gone_leaves_its_certificate() throws Exception {
        Certificates certificates = at(file);

        Files.delete(file);

        assertThat(lookTwice(certificates)).singleElement().satisfies(event -> assertThat(event.what())
                .contains("there is no such file"));
        has(certificates, first);
    }

    @Test
    void a_folder_gains_and_loses_certificates_with_its_files() throws Exception {
        Certificates certificates = at(folder);
        KeyAndChain second = authority.issue("a.test");
        Path added = TestPem.write(folder.resolve("a.pem"), second);
        Path ocsp = Files.writeString(folder.resolve("a.pem.ocsp"), "passed over");
        Files.writeString(folder.resolve(".hidden"), "passed over");

        assertThat(lookTwice(certificates)).hasSize(1);
        has(certificates, second, first);

        Files.delete(added);
        assertThat(certificates.look()).containsExactly(new ReloadEvent(added.toString(), "was taken away", true));
        has(certificates, first);

        Files.delete(file);
        Files.delete(ocsp);
        assertThat(certificates.look()).singleElement().satisfies(event -> assertThat(event.good())
                .isFalse());
        assertThat(certificates.look()).isEmpty();
        has(certificates, first);
    }

    @Test
    void what_an_operator_sets_is_used_when_it_is_committed() throws Exception {
        Certificates certificates = at(file);
        KeyAndChain second = authority.issue("edge.test");

        assertThat(certificates.commit(file.toString())).isFalse();
        assertThat(certificates.set(file.toString(), TestPem.of(first))).isFalse();
        assertThat(certificates.set(file.toString(), TestPem.of(second))).isTrue();
        has(certificates, first);
        assertThat(certificates.commit(file.toString())).isTrue();

        has(certificates, second);
        assertThat(lookTwice(certificates)).isEmpty();
        has(certificates, second);
    }

    @Test
    void what_is_aborted_or_cannot_be_used_changes_nothing() throws Exception {
        Certificates certificates = at(file);

        certificates.set(file.toString(), TestPem.of(authority.issue("edge.test")));
        assertThat(certificates.abort(file.toString())).isTrue();
        assertThat(certificates.abort(file.toString())).isFalse();
        assertThat(certificates.commit(file.toString())).isFalse();
        assertThatExceptionOfType(PemException.class)
                .isThrownBy(() -> certificates.set(file.toString(), TestPem.certificates(first)));

        has(certificates, first);
        assertThat(certificates.pending()).isEmpty();
    }

    @Test
    void a_certificate_tells_what_it_is() throws Exception {
        ServerCertificate certificate = new ServerCertificate(
                "edge.pem",
                authority
                        .request()
                        .kind(TestAuthority.Kind.RSA)
                        .names("Edge.test", "*.edge.test", "10.0.0.1")
                        .make());

        assertThat(certificate.names()).containsExactly("edge.test", "*.edge.test");
        assertThat(certificate.subjects()).containsExactly("edge.test", "*.edge.test", "10.0.0.1");
        assertThat(certificate.algorithm()).isEqualTo("RSA2048");
        assertThat(new ServerCertificate("edge.pem", first).algorithm()).isEqualTo("EC256");
        assertThat(certificate.fingerprint("SHA-256")).matches("[0-9A-F]{64}");
        assertThat(certificate.outOfDate(certificate.notAfter())).isEmpty();
        assertThat(certificate.outOfDate(certificate.notAfter().plusSeconds(1)))
                .hasValueSatisfying(wrong -> assertThat(wrong).startsWith("has expired at "));
    }

    @Test
    void every_file_that_cannot_be_used_is_a_problem() throws Exception {
        Files.writeString(folder.resolve("b.pem"), TestPem.pkcs8(first));
        Files.writeString(folder.resolve("c.pem"), TestPem.certificates(first));

        assertThat(TlsProblem.all(options(folder)))
                .allMatch(problem -> problem.of() == TlsProblem.Part.CERTIFICATES)
                .extracting(TlsProblem::what)
                .satisfiesExactly(one -> assertThat(one).contains("b.pem: has no certificate"), two -> assertThat(two)
                        .contains("c.pem: has no private key"));
    }
}
