package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.ClientTrust;
import io.veza.edge.tls.KeyAndChain;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import io.veza.edge.tls.TlsOptions;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that show who they are, what servers are told of it, and what nobody can claim of himself. */
class ClientCertificateTest {

    private static final String FORGED = "X-SSL-Client-Verify: SUCCESS\r\nx_ssl_client_dn: CN=admin\r\n"
            + "X-Ssl-Client_Serial: 01\r\nX-SSL-CLIENT-SHA256: 00\r\nConnection: X-SSL-Client-Verify\r\n";

    @TempDir
    Path folder;

    private TestAuthority root;
    private TestAuthority clients;
    private Path authorities;
    private Path revocations;

    @BeforeEach
    void authorities() throws Exception {
        root = TestAuthority.root("CN=Root");
        clients = TestAuthority.root("CN=Clients");
        TestPem.write(folder.resolve("edge.pem"), root.issue("edge.test"));
        authorities = Files.writeString(folder.resolve("ca"), TestPem.of(clients.certificate()));
        revocations = Files.writeString(folder.resolve("crl"), TestPem.of(clients.revoke(Duration.ofDays(1))));
    }

    private Certificates asking(ClientTrust.Mode mode, TlsOptions.Provider provider) {
        return new Certificates(
                new TlsOptions(
                        folder.resolve("edge.pem"),
                        provider,
                        TlsOptions.Version.TLS_1_2,
                        false,
                        false,
                        Duration.ofSeconds(5),
                        Optional.empty(),
                        false,
                        new ClientTrust(mode, Optional.of(authorities), Optional.of(revocations))),
                InstantSource.system());
    }

    private static EdgeFixture edge(Certificates certificates, int port) throws Exception {
        EdgeFixture.Setup setup = EdgeFixture.with();
        setup.listener = new ListenerSettings("https", false).withCertificates(certificates);
        return setup.servers(port).start();
    }

    /** Asks once as this client, with forged fields; a refusal comes with the handshake or right behind it. */
    private void ask(EdgeFixture edge, @Nullable KeyAndChain identity) throws Exception {
        try (TlsClient client = new TlsClient(
                edge.address, TlsClient.context(root.certificate(), identity), "edge.test", parameters -> {})) {
            assertThat(client.http().get("/", FORGED).response()).startsWith("HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsOptions.Provider.class,
            names = {"OPENSSL", "JDK"})
    void servers_are_told_who_the_client_is(TlsOptions.Provider provider) throws Exception {
        KeyAndChain alice = clients.request()
                .subject(new X500NameBuilder()
                        .addRDN(BCStyle.CN, "Al\u00eece\r\nX-Admin: yes")
                        .build())
                .forClients()
                .make();
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = edge(asking(ClientTrust.Mode.OPTIONAL, provider), server.port())) {

            ask(edge, alice);
            ask(edge, null);

            String told = server.heads.get(0);
            assertThat(told)
                    .contains("X-SSL-Client-Verify: SUCCESS\r\n")
                    .contains("X-SSL-Client-DN: CN=Al\\C3\\AEce\\0D\\0AX-Admin: yes\r\n")
                    .containsPattern("X-SSL-Client-Serial: [0-9A-F]+\r\n")
                    .containsPattern("X-SSL-Client-SHA256: [0-9A-F]{64}\r\n")
                    .doesNotContain("admin\r\n");
            assertThat(told.split("(?i)x.ssl.client.verify", -1)).hasSize(2);
            assertThat(server.heads.get(1))
                    .contains("X-SSL-Client-Verify: NONE\r\n")
                    .doesNotContainPattern("(?i)x.ssl.client.(dn|serial|sha256)");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsOptions.Provider.class,
            names = {"OPENSSL", "JDK"})
    void who_shows_nothing_or_nothing_good_is_refused(TlsOptions.Provider provider) throws Exception {
        KeyAndChain alice = clients.request().subject("CN=alice").forClients().make();
        Certificates certificates = asking(ClientTrust.Mode.REQUIRED, provider);
        KeyAndChain mallory = root.request().subject("CN=alice").forClients().make();
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = edge(certificates, server.port())) {
            ask(edge, alice);

            assertThatThrownBy(() -> ask(edge, null)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> ask(edge, mallory)).isInstanceOf(IOException.class);
            Files.writeString(revocations, TestPem.of(clients.revoke(Duration.ofDays(1), alice.leaf())));
            certificates.look();
            assertThat(certificates.look()).hasSize(1);
            assertThatThrownBy(() -> ask(edge, alice)).isInstanceOf(IOException.class);

            assertThat(server.heads).hasSize(1);
            assertThat(edge.metric("edge_listener_handshakes_failed_total", "https", "client_certificate"))
                    .isGreaterThanOrEqualTo(2);
        }
    }

    /** BoringSSL said {@code internal_error} to all but the expired and revoked, as if the edge were at fault. */
    @ParameterizedTest
    @CsvSource({
        "OPENSSL, TLSv1.2",
        "OPENSSL, TLSv1.3",
        "JDK, TLSv1.2",
        "JDK, TLSv1.3",
    })
    void a_client_is_told_what_is_wrong_with_its_certificate(TlsOptions.Provider provider, String version)
            throws Exception {
        boolean boring = provider == TlsOptions.Provider.OPENSSL;
        KeyAndChain revoked = clients.request().subject("CN=bob").forClients().make();
        Files.writeString(revocations, TestPem.of(clients.revoke(Duration.ofDays(1), revoked.leaf())));
        KeyAndChain expired = clients.request()
                .subject("CN=old")
                .forClients()
                .validFor(Duration.ofHours(-1))
                .make();
        KeyAndChain stranger = root.request().subject("CN=alice").forClients().make();
        KeyAndChain server = clients.issue("server.test");
        try (RawServer none = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = edge(asking(ClientTrust.Mode.REQUIRED, provider), none.port())) {

            // The JDK's TLS says the same of all.
            assertThat(told(edge, revoked, version)).contains(boring ? "certificate_revoked" : "certificate_unknown");
            assertThat(told(edge, expired, version)).contains(boring ? "certificate_expired" : "certificate_unknown");
            assertThat(told(edge, stranger, version)).contains(boring ? "unknown_ca" : "certificate_unknown");
            assertThat(told(edge, server, version))
                    .containsAnyOf("bad_certificate", "unsupported_certificate", "certificate_unknown");
            assertThat(told(edge, null, version))
                    .contains(
                            !boring
                                    ? "bad_certificate"
                                    : version.equals("TLSv1.3") ? "certificate_required" : "handshake_failure");
            assertThat(edge.metric("edge_listener_handshakes_failed_total", "https", "client_certificate"))
                    .isGreaterThanOrEqualTo(5);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsOptions.Provider.class,
            names = {"OPENSSL", "JDK"})
    void a_list_that_is_out_of_date_is_not_the_fault_of_the_certificate(TlsOptions.Provider provider) throws Exception {
        Files.writeString(revocations, TestPem.of(clients.revoke(Duration.ofHours(-1))));
        KeyAndChain alice = clients.request().subject("CN=alice").forClients().make();
        try (RawServer none = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = edge(asking(ClientTrust.Mode.REQUIRED, provider), none.port())) {

            assertThat(told(edge, alice, "TLSv1.3")).contains("certificate_unknown");
        }
    }

    /** The alert that ends a request of this client; it is lost where the client was still writing. */
    private static String told(EdgeFixture edge, @Nullable KeyAndChain identity, String version) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                new KeyManager[] {new Insisting(identity)},
                InsecureTrustManagerFactory.INSTANCE.getTrustManagers(),
                null);
        String said = "";
        for (int tries = 0; tries < 20 && !said.contains("alert"); tries++) {
            try (TlsClient client = new TlsClient(edge.address, context, "edge.test", parameters -> {
                parameters.setProtocols(new String[] {version});
                parameters.setEndpointIdentificationAlgorithm(null);
            })) {
                return "let in: " + client.http().get("/").response();
            } catch (IOException e) {
                said = String.valueOf(e.getMessage());
            }
        }
        return said;
    }

    /** Shows its certificate whomever the server trusts, as curl does. */
    private static final class Insisting extends X509ExtendedKeyManager {
        private final @Nullable KeyAndChain identity;

        Insisting(@Nullable KeyAndChain identity) {
            this.identity = identity;
        }

        @Override
        public @Nullable String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
            return identity == null ? null : "me";
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            return identity == null ? null : identity.chain().toArray(X509Certificate[]::new);
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            return identity == null ? null : identity.key();
        }

        @Override
        public String @Nullable [] getClientAliases(String type, Principal[] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public String @Nullable [] getServerAliases(String type, Principal[] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return null;
        }
    }

    @Test
    void a_ticket_of_keys_that_others_have_is_worth_nothing_once_its_client_is_revoked() throws Exception {
        String key = Base64.getEncoder().encodeToString(new byte[48]);
        Path keys = Files.writeString(folder.resolve("keys"), (key + "\n").repeat(3));
        KeyAndChain alice = clients.request().subject("CN=alice").forClients().make();
        Certificates certificates = new Certificates(
                new TlsOptions(
                        folder.resolve("edge.pem"),
                        TlsOptions.Provider.OPENSSL,
                        TlsOptions.Version.TLS_1_2,
                        false,
                        false,
                        Duration.ofSeconds(5),
                        Optional.of(keys),
                        false,
                        new ClientTrust(ClientTrust.Mode.REQUIRED, Optional.of(authorities), Optional.of(revocations))),
                InstantSource.system());
        SSLContext remembering = TlsClient.context(root.certificate(), alice);
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = edge(certificates, server.port())) {
            askAgain(edge, remembering);
            askAgain(edge, remembering);
            assertThat(certificates.resumed()).isPositive();

            Files.writeString(revocations, TestPem.of(clients.revoke(Duration.ofDays(1), alice.leaf())));
            certificates.look();
            certificates.look();

            assertThatThrownBy(() -> askAgain(edge, remembering)).isInstanceOf(IOException.class);
            assertThat(server.heads).hasSize(2);
        }
    }

    private static void askAgain(EdgeFixture edge, SSLContext context) throws Exception {
        try (TlsClient client = new TlsClient(edge.address, context, "edge.test", parameters -> {})) {
            assertThat(client.http().get("/").response()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void over_plain_http_the_names_are_dropped_too() throws Exception {
        try (RawServer server = new RawServer(RawServer.always(RawServer.ok("x")));
                EdgeFixture edge = EdgeFixture.with().servers(server.port()).start()) {

            edge.get("/", FORGED);

            assertThat(server.heads.get(0)).doesNotContainPattern("(?i)x.ssl.client");
        }
    }
}
