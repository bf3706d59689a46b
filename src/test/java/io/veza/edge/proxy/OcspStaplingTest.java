package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.ClientTrust;
import io.veza.edge.tls.KeyAndChain;
import io.veza.edge.tls.ReloadEvent;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import io.veza.edge.tls.TestResponder;
import io.veza.edge.tls.TestResponder.Signer;
import io.veza.edge.tls.TlsOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPRespBuilder;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients that ask for it are told of the edge's certificate; the JDK's client asks by itself. */
class OcspStaplingTest {

    private static final CertificateStatus REVOKED =
            new RevokedStatus(Date.from(Instant.EPOCH), CRLReason.keyCompromise);

    @TempDir
    Path folder;

    private TestResponder responder;
    private TestAuthority root;
    private TestAuthority issuing;
    private KeyAndChain own;
    private Path file;
    private volatile Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    @BeforeEach
    void certificate() throws Exception {
        responder = new TestResponder();
        root = TestAuthority.root("CN=Root");
        issuing = root.intermediate("CN=Issuing");
        own = issuing.request().responder(responder.url()).make();
        file = TestPem.write(folder.resolve("edge.pem"), own);
    }

    @AfterEach
    void stop() {
        responder.close();
    }

    private Certificates certificates(Path path, TlsOptions.Provider provider, boolean stapling) {
        return new Certificates(
                new TlsOptions(
                        path,
                        provider,
                        TlsOptions.Version.TLS_1_2,
                        false,
                        false,
                        Duration.ofSeconds(5),
                        Optional.empty(),
                        stapling,
                        ClientTrust.NONE),
                () -> now);
    }

    private Certificates certificates() {
        return certificates(file, TlsOptions.Provider.OPENSSL, true);
    }

    private byte[] good(Duration ago, Duration ahead) throws Exception {
        return TestResponder.response(own, null, Signer.of(issuing), now.minus(ago), now.plus(ahead));
    }

    private byte[] good() throws Exception {
        return good(Duration.ofHours(1), Duration.ofDays(3));
    }

    /** What a new client gets with its handshake, which must come to its end. */
    private List<byte[]> stapled(Certificates certificates, String... versions) throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("https", false).withCertificates(certificates);
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("hello")));
                EdgeFixture edge = setup.servers(server.port()).start();
                TlsClient client = new TlsClient(
                        edge.address, TlsClient.context(root.certificate(), null), "edge.test", parameters -> {
                            if (versions.length > 0) {
                                parameters.setProtocols(versions);
                            }
                        })) {
            assertThat(client.http().get("/").response()).startsWith("HTTP/1.1 200");
            return ((ExtendedSSLSession) client.session()).getStatusResponses();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void a_good_response_is_stapled(String version) throws Exception {
        byte[] good = good();
        responder.answers(good);
        Certificates certificates = certificates();
        assertThat(stapled(certificates, version)).isEmpty();

        List<ReloadEvent> events = certificates.staple();

        assertThat(stapled(certificates, version)).containsExactly(good);
        assertThat(events)
                .containsExactly(new ReloadEvent(
                        file.toString(), "has an OCSP response for its clients, from " + responder.url(), true));
        assertThat(responder.asked).containsExactly(own.leaf().getSerialNumber());
        assertThat(certificates.ocspTaken()).isOne();
    }

    @Test
    void the_issuer_may_have_another_sign() throws Exception {
        byte[] good = TestResponder.response(
                own,
                null,
                Signer.of(issuing.request().subject("CN=Responder").forOcsp().make()),
                now.minusSeconds(60),
                now.plusSeconds(3600));
        responder.answers(good);
        Certificates certificates = certificates();

        certificates.staple();

        assertThat(stapled(certificates)).containsExactly(good);
    }

    @Test
    void each_of_several_certificates_has_its_own() throws Exception {
        TestPem.write(folder.resolve("a.pem"), issuing.issue("other.test"));
        byte[] good = good();
        responder.answers(good);
        Certificates certificates = certificates(folder, TlsOptions.Provider.OPENSSL, true);

        certificates.staple();

        assertThat(stapled(certificates)).containsExactly(good);
        assertThat(responder.asked).hasSize(1);
    }

    /** What a responder may say that no client is to see. */
    private enum Bad {
        REVOKED("it says that the certificate is revoked"),
        UNKNOWN("it does not know the certificate"),
        GARBAGE("its answer cannot be read"),
        NOTHING("its answer cannot be read"),
        EXPIRED("its answer is too old"),
        FUTURE("its answer is of the future; is the clock right?"),
        ENDLESS("its answer has no end"),
        ANOTHER("its answer is about another certificate"),
        FOREIGN("its answer is not signed by the issuer, or by whom that has named for it"),
        FOREIGN_DELEGATE("its answer is not signed by the issuer, or by whom that has named for it"),
        NO_DELEGATE("its answer is not signed by the issuer, or by whom that has named for it"),
        CHANGED("its answer is not signed by the issuer, or by whom that has named for it"),
        BUSY("it answers try later"),
        FAILED("it answers HTTP status 500"),
        HUGE("its answer is larger than 64 KiB");

        private final String reason;

        Bad(String reason) {
            this.reason = reason;
        }
    }

    private TestResponder.Answer answer(Bad bad) throws Exception {
        Instant from = now.minusSeconds(3600);
        Instant until = now.plusSeconds(3600);
        Signer signer = Signer.of(issuing);
        TestAuthority stranger = root.intermediate("CN=Issuing");
        return new TestResponder.Answer(
                bad == Bad.FAILED ? 500 : 200,
                switch (bad) {
                    case REVOKED -> TestResponder.response(own, REVOKED, signer, from, until);
                    case UNKNOWN -> TestResponder.response(own, new UnknownStatus(), signer, from, until);
                    case GARBAGE -> "<html>Welcome</html>".getBytes(StandardCharsets.US_ASCII);
                    case NOTHING -> new byte[0];
                    case EXPIRED -> TestResponder.response(own, null, signer, from, now);
                    case FUTURE -> TestResponder.response(own, null, signer, now.plusSeconds(61), until);
                    case ENDLESS -> TestResponder.response(own, null, signer, from, null);
                    case ANOTHER -> TestResponder.response(issuing.issue("edge.test"), null, signer, from, until);
                    case FOREIGN -> TestResponder.response(own, null, Signer.of(stranger), from, until);
                    case FOREIGN_DELEGATE ->
                        TestResponder.response(
                                own,
                                null,
                                Signer.of(stranger.request().forOcsp().make()),
                                from,
                                until);
                    case NO_DELEGATE ->
                        TestResponder.response(own, null, Signer.of(issuing.issue("responder.test")), from, until);
                    case CHANGED -> changed(TestResponder.response(own, REVOKED, signer, from, until), good());
                    case BUSY ->
                        new OCSPRespBuilder()
                                .build(OCSPRespBuilder.TRY_LATER, null)
                                .getEncoded();
                    case FAILED -> good();
                    case HUGE -> Arrays.copyOf(good(), 64 * 1024 + 1);
                });
    }

    /** A response with a signature that was made for another one, at the end of both. */
    private static byte[] changed(byte[] signed, byte[] shown) {
        byte[] changed = shown.clone();
        int signature = 30;
        System.arraycopy(signed, signed.length - signature, changed, changed.length - signature, signature);
        return changed;
    }

    @ParameterizedTest
    @EnumSource(Bad.class)
    void what_is_not_good_is_not_stapled_and_said(Bad bad) throws Exception {
        TestResponder.Answer answer = answer(bad);
        responder.follows(() -> answer);
        Certificates certificates = certificates();

        List<ReloadEvent> events = certificates.staple();

        assertThat(events)
                .containsExactly(new ReloadEvent(
                        file.toString(),
                        "got no OCSP response from " + responder.url() + ": " + bad.reason + "; clients get none",
                        false));
        assertThat(stapled(certificates)).isEmpty();
        assertThat(certificates.ocspRefused()).isOne();
    }

    @Test
    void a_clock_may_be_wrong_by_a_minute() throws Exception {
        responder.answers(good(Duration.ofMinutes(-1), Duration.ofHours(1)));
        Certificates certificates = certificates();

        certificates.staple();

        assertThat(stapled(certificates)).hasSize(1);
    }

    @Test
    void a_response_is_renewed_at_half_of_its_time_and_kept_to_its_end() throws Exception {
        byte[] first = good(Duration.ofHours(2), Duration.ofHours(6));
        responder.answers(first);
        Certificates certificates = certificates();
        certificates.staple();
        responder.follows(() -> new TestResponder.Answer(503, new byte[0]));

        now = now.plus(Duration.ofMinutes(119));
        assertThat(certificates.staple()).isEmpty();
        assertThat(responder.asked).hasSize(1);
        now = now.plus(Duration.ofMinutes(1));
        assertThat(certificates.staple()).singleElement().satisfies(event -> assertThat(event.what())
                .endsWith("it answers HTTP status 503; clients get the last one while it holds"));
        assertThat(responder.asked).hasSize(2);

        assertThat(stapled(certificates)).containsExactly(first);
        now = now.plus(Duration.ofHours(4)).minusSeconds(1);
        assertThat(stapled(certificates)).containsExactly(first);
        now = now.plusSeconds(1);
        assertThat(stapled(certificates)).isEmpty();
        assertThat(certificates.staple()).singleElement().satisfies(event -> assertThat(event.what())
                .endsWith("it answers HTTP status 503; clients get none"));
    }

    /** Answers of long ago come from caches; asking every second would not make them younger. */
    @Test
    void nobody_is_asked_more_than_every_five_minutes_or_less_than_daily() throws Exception {
        Certificates certificates = certificates();
        responder.answers(good(Duration.ofHours(9), Duration.ofMinutes(30)));
        certificates.staple();
        now = now.plus(Duration.ofMinutes(5)).minusSeconds(1);
        certificates.staple();
        assertThat(responder.asked).hasSize(1);

        now = now.plusSeconds(1);
        responder.answers(good(Duration.ZERO, Duration.ofDays(30)));
        certificates.staple();
        assertThat(responder.asked).hasSize(2);

        now = now.plus(Duration.ofDays(1)).minusSeconds(1);
        certificates.staple();
        assertThat(responder.asked).hasSize(2);
        now = now.plusSeconds(1);
        certificates.staple();
        assertThat(responder.asked).hasSize(3);
    }

    @Test
    void a_responder_that_fails_is_asked_less_and_less_and_said_once() throws Exception {
        Certificates certificates = certificates();
        assertThat(certificates.staple()).hasSize(1);

        for (int minutes : new int[] {1, 2, 4, 8, 16, 32, 60, 60}) {
            int before = responder.asked.size();
            now = now.plus(Duration.ofMinutes(minutes)).minusSeconds(1);
            assertThat(certificates.staple()).isEmpty();
            assertThat(responder.asked).hasSize(before);
            now = now.plusSeconds(1);
            assertThat(certificates.staple()).isEmpty();
            assertThat(responder.asked).hasSize(before + 1);
        }

        responder.answers(good());
        now = now.plus(Duration.ofHours(1));
        assertThat(certificates.staple()).singleElement().matches(ReloadEvent::good);
    }

    @Test
    void a_certificate_that_is_revoked_is_no_longer_called_good() throws Exception {
        responder.answers(good());
        Certificates certificates = certificates();
        certificates.staple();
        assertThat(stapled(certificates)).hasSize(1);

        now = now.plus(Duration.ofDays(2));
        responder.answers(TestResponder.response(own, REVOKED, Signer.of(issuing), now, now.plusSeconds(3600)));
        certificates.staple();

        assertThat(stapled(certificates)).isEmpty();
    }

    @Test
    void handshakes_go_on_while_a_responder_is_silent() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch enough = new CountDownLatch(1);
        byte[] good = good();
        responder.follows(() -> {
            asked.countDown();
            enough.await();
            return new TestResponder.Answer(200, good);
        });
        Certificates certificates = certificates();

        CompletableFuture<List<ReloadEvent>> asking = CompletableFuture.supplyAsync(certificates::staple);
        assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();

        assertThat(stapled(certificates)).isEmpty();
        assertThat(certificates.look()).isEmpty();
        assertThat(asking).isNotDone();
        enough.countDown();
        assertThat(asking.get(5, TimeUnit.SECONDS)).hasSize(1);
        assertThat(stapled(certificates)).containsExactly(good);
    }

    @Test
    void another_certificate_does_not_get_the_response_of_the_one_before() throws Exception {
        responder.answers(good());
        Certificates certificates = certificates();
        certificates.staple();
        KeyAndChain next = issuing.request().responder(responder.url()).make();
        byte[] good = TestResponder.response(next, null, Signer.of(issuing), now, now.plusSeconds(3600));

        certificates.set(file.toString(), TestPem.of(next));
        certificates.commit(file.toString());

        assertThat(stapled(certificates)).isEmpty();
        responder.answers(good);
        certificates.staple();
        assertThat(stapled(certificates)).containsExactly(good);
    }

    @Test
    void nobody_is_asked_without_need() throws Exception {
        Path alone = TestPem.write(folder.resolve("alone.pem"), new KeyAndChain(own.key(), List.of(own.leaf())));
        Path secured = TestPem.write(
                folder.resolve("secured.pem"),
                issuing.request()
                        .responder(responder.url().replace("http:", "https:"))
                        .make());

        List<Certificates> all = List.of(
                certificates(file, TlsOptions.Provider.JDK, true),
                certificates(file, TlsOptions.Provider.OPENSSL, false),
                certificates(alone, TlsOptions.Provider.OPENSSL, true),
                certificates(secured, TlsOptions.Provider.OPENSSL, true));

        assertThat(all).allSatisfy(each -> assertThat(each.staple()).isEmpty());
        assertThat(responder.asked).isEmpty();
    }
}
