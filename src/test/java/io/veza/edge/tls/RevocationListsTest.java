package io.veza.edge.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lists of revoked client certificates that grow old: they refused everybody, and nobody was told. */
class RevocationListsTest {

    @TempDir
    Path folder;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private TestAuthority clients;
    private Path file;

    @BeforeEach
    void lists() throws Exception {
        clients = TestAuthority.root("CN=Clients");
        TestPem.write(folder.resolve("edge.pem"), clients.issue("edge.test"));
        Files.writeString(folder.resolve("ca"), TestPem.of(clients.certificate()));
        file = Files.writeString(
                folder.resolve("crl"),
                TestPem.of(TestAuthority.root("CN=Other").revoke(Duration.ofDays(9)))
                        + TestPem.of(clients.revoke(Duration.ofDays(3))));
    }

    private Certificates certificates(ClientTrust.Mode mode) {
        return new Certificates(
                new TlsOptions(
                        folder.resolve("edge.pem"),
                        TlsOptions.Provider.AUTO,
                        TlsOptions.Version.TLS_1_2,
                        false,
                        false,
                        Duration.ofSeconds(5),
                        Optional.empty(),
                        false,
                        new ClientTrust(mode, Optional.of(folder.resolve("ca")), Optional.of(file))),
                now::get);
    }

    private List<ReloadEvent> after(Certificates certificates, Duration time) {
        now.updateAndGet(before -> before.plus(time));
        return certificates.look();
    }

    @Test
    void it_is_said_once_a_day_ahead_and_once_when_it_has_come() {
        Certificates certificates = certificates(ClientTrust.Mode.OPTIONAL);

        assertThat(after(certificates, Duration.ofHours(47))).isEmpty();
        assertThat(after(certificates, Duration.ofHours(2))).singleElement().satisfies(event -> {
            assertThat(event.file()).isEqualTo(file.toString());
            assertThat(event.good()).isFalse();
            assertThat(event.what()).startsWith("needs a new list soon: that of CN=Clients ends at 20");
        });
        assertThat(after(certificates, Duration.ofHours(22))).isEmpty();
        assertThat(after(certificates, Duration.ofHours(2))).singleElement().satisfies(event -> assertThat(event.what())
                .startsWith("has a list that is out of date: that of CN=Clients ended at 20"));
        assertThat(after(certificates, Duration.ofHours(99))).isEmpty();
    }

    @Test
    void a_new_list_is_good_again_until_its_own_end() throws Exception {
        Certificates certificates = certificates(ClientTrust.Mode.REQUIRED);
        assertThat(after(certificates, Duration.ofDays(4))).hasSize(1);

        Files.writeString(file, TestPem.of(clients.revoke(Duration.ofDays(30))));

        assertThat(after(certificates, Duration.ofSeconds(1))).isEmpty();
        assertThat(after(certificates, Duration.ofSeconds(1)))
                .containsExactly(new ReloadEvent(file.toString(), "was read anew", true));
        assertThat(certificates.revocations().flatMap(RevocationLists::nextUpdate))
                .hasValueSatisfying(end -> assertThat(end).isAfter(now.get()));
        assertThat(after(certificates, Duration.ofDays(25).plusHours(12))).hasSize(1);
    }

    @Test
    void lists_that_nobody_uses_are_not_talked_of() {
        Certificates certificates = certificates(ClientTrust.Mode.NONE);

        assertThat(after(certificates, Duration.ofDays(9))).isEmpty();
        assertThat(certificates.revocations()).isEmpty();
    }
}
