package io.veza.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.veza.edge.config.Problem;
import io.veza.edge.config.TlsSettings;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Under which key it is said that a file of TLS cannot be used. */
class CertificateCheckTest {

    @TempDir
    Path folder;

    private static TlsSettings settings(Path certificates, Path tickets, Path authorities, Path revocations) {
        return new TlsSettings(
                0,
                certificates,
                false,
                true,
                TlsSettings.Provider.AUTO,
                TlsSettings.Version.TLS_1_2,
                Duration.ofSeconds(1),
                Optional.of(tickets),
                true,
                TlsSettings.ClientAuth.REQUIRED,
                Optional.of(authorities),
                Optional.of(revocations));
    }

    @Test
    void every_file_is_told_of_under_its_own_key() throws Exception {
        Path certificates = Files.writeString(folder.resolve("edge.pem"), "none");
        Path tickets = Files.writeString(folder.resolve("tickets"), "bm9uZQ==\n");
        Path authorities = Files.writeString(folder.resolve("ca.pem"), "none");
        Path revocations = Files.writeString(folder.resolve("crl.pem"), "none");

        assertThat(CertificateCheck.problems(settings(certificates, tickets, authorities, revocations)))
                .allMatch(problem -> !problem.allowed().contains(folder.toString()))
                .extracting(Problem::key, Problem::value)
                .containsExactly(
                        tuple("edge.tls.ticket-keys", tickets.toString()),
                        tuple("edge.tls.client-ca", authorities.toString()),
                        tuple("edge.tls.client-crl", revocations.toString()),
                        tuple("edge.tls.cert-path", certificates.toString()));
    }

    @Test
    void files_that_can_be_used_are_no_problem() throws Exception {
        TestAuthority authority = TestAuthority.root("CN=Root");
        String key = Base64.getEncoder().encodeToString(new byte[48]) + "\n";

        assertThat(CertificateCheck.problems(settings(
                        TestPem.write(folder.resolve("edge.pem"), authority.issue("edge.test")),
                        Files.writeString(folder.resolve("tickets"), key.repeat(3)),
                        Files.writeString(folder.resolve("ca.pem"), TestPem.certificate(authority.certificate())),
                        Files.writeString(
                                folder.resolve("crl.pem"), TestPem.of(authority.revoke(Duration.ofDays(1)))))))
                .isEmpty();
    }
}
