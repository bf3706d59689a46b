package io.veza.edge.tls;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.veza.edge.tls.TlsOptions.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Makes what connections speak TLS by. Versions, ciphers and groups are those of Mozilla's intermediate profile, without
 * the ones that need parameters for Diffie-Hellman; the server's order decides. The JDK's groups are its own.
 */
final class TlsContexts {

    private static final List<String> CIPHERS = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private static final String[] GROUPS = {"x25519", "P-256", "P-384"};

    private final TlsOptions options;
    private final SslProvider provider;

    /** Own ticket keys seal for as long, and open for twice as long after that. */
    private static final Duration TICKET_TURN = Duration.ofHours(4);

    @GuardedBy("this")
    private TicketKeys tickets;

    @GuardedBy("this")
    private Instant ticketTurn;

    /** Of the contexts that new connections get, so that new keys reach them. */
    @GuardedBy("this")
    private List<OpenSslSessionContext> inUse = List.of();

    /** Tickets opened by contexts that no new connection gets any more. */
    @GuardedBy("this")
    private long resumedBefore;

    /** @throws PemException if OpenSSL is asked for and cannot be loaded, or ticket keys cannot be used */
    TlsContexts(TlsOptions options, Instant now) {
        this.options = options;
        this.provider = provider(options.provider());
        this.tickets = options.ticketKeys().map(TicketKeys::read).orElseGet(TicketKeys::random);
        this.ticketTurn = now.plus(TICKET_TURN);
    }

    /** Seals with a new key, if the keys are own ones and it is time. */
    synchronized void rotateTicketKeys(Instant now) {
        if (options.ticketKeys().isEmpty() && !now.isBefore(ticketTurn)) {
            ticketTurn = now.plus(TICKET_TURN);
            use(tickets.rotated());
        }
    }

    /** Has nobody resume a session that was made by older rules; keys that others have, too, are not ours to change. */
    synchronized void forgetTickets() {
        if (options.ticketKeys().isEmpty()) {
            use(TicketKeys.random());
        }
    }

    /** @throws PemException if the file cannot be used */
    synchronized void readTicketKeys(Path file) {
        use(TicketKeys.read(file));
    }

    private synchronized void use(TicketKeys next) {
        tickets = next;
        inUse.forEach(context -> context.setTicketKeys(next.keys()));
    }

    /** These, and no others, are what new connections get. */
    synchronized void use(List<SslContext> contexts) {
        List<OpenSslSessionContext> next = new ArrayList<>();
        for (SslContext context : contexts) {
            if (context.sessionContext() instanceof OpenSslSessionContext sessions) {
                next.add(sessions);
            }
        }
        for (OpenSslSessionContext before : inUse) {
            if (!next.contains(before)) {
                resumedBefore += resumed(before);
            }
        }
        inUse = next;
        next.forEach(context -> context.setTicketKeys(tickets.keys()));
    }

    /** Sessions resumed by tickets; the JDK does not tell. */
    synchronized long resumed() {
        return resumedBefore + inUse.stream().mapToLong(TlsContexts::resumed).sum();
    }

    private static long resumed(OpenSslSessionContext context) {
        return context.stats().ticketKeyResume() + context.stats().ticketKeyRenew();
    }

    private static SslProvider provider(TlsOptions.Provider asked) {
        return switch (asked) {
            case AUTO -> OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
            case JDK -> SslProvider.JDK;
            case OPENSSL -> {
                if (!OpenSsl.isAvailable()) {
                    throw new PemException("OpenSSL cannot be loaded: " + OpenSsl.unavailabilityCause());
                }
                yield SslProvider.OPENSSL;
            }
        };
    }

    /** For people: {@code BoringSSL} or {@code JDK 17.0.15}. */
    String provider() {
        return provider == SslProvider.JDK ? "JDK " + Runtime.version() : OpenSsl.versionString();
    }

    /** A certificate, ready to be used; no responder has been asked about it yet. */
    CertificateChoice.Entry entry(ServerCertificate certificate) {
        return entry(certificate, staple(certificate).orElse(null));
    }

    /** The same certificate by other rules; what its responder has said still holds. */
    CertificateChoice.Entry again(CertificateChoice.Entry entry) {
        return entry(entry.certificate(), entry.staple());
    }

    private CertificateChoice.Entry entry(ServerCertificate certificate, @Nullable Staple staple) {
        return new CertificateChoice.Entry(certificate, context(certificate, staple != null), staple);
    }

    private Optional<Staple> staple(ServerCertificate certificate) {
        if (!options.ocspStapling() || provider != SslProvider.OPENSSL) {
            return Optional.empty();
        }
        return OcspQuestion.about(certificate.keyAndChain().chain())
                .map(question -> new Staple(certificate.file(), question));
    }

    private SslContext context(ServerCertificate certificate, boolean stapling) {
        KeyAndChain both = certificate.keyAndChain();
        SslContextBuilder builder = SslContextBuilder.forServer(both.key(), both.chain())
                .sslProvider(provider)
                .protocols(Arrays.stream(Version.values())
                        .filter(version -> version.compareTo(options.minVersion()) >= 0)
                        .map(Version::protocol)
                        .toList())
                .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .applicationProtocolConfig(protocols());
        if (provider == SslProvider.OPENSSL) {
            builder.option(OpenSslContextOption.GROUPS, GROUPS).enableOcsp(stapling);
        }
        if (options.clients().mode() != ClientTrust.Mode.NONE) {
            builder.clientAuth(
                            options.clients().mode() == ClientTrust.Mode.REQUIRED
                                    ? ClientAuth.REQUIRE
                                    : ClientAuth.OPTIONAL)
                    .trustManager(options.clients().verifier());
        }
        try {
            SslContext context = builder.build();
            if (context.sessionContext() instanceof OpenSslSessionContext sessions) {
                // Tickets do it without memory for each client.
                sessions.setSessionCacheEnabled(false);
            }
            if (context.sessionContext() instanceof OpenSslServerSessionContext sessions) {
                // Ticket keys from a file outlive a change of whom we trust, and others may trust otherwise.
                sessions.setSessionIdContext(options.clients().fingerprint());
            }
            return context;
        } catch (SSLException | IllegalArgumentException e) {
            throw new PemException(certificate.file() + ": cannot be used: " + e.getMessage(), e);
        }
    }

    /** A client that offers neither goes on without, which is HTTP/1.1. */
    private ApplicationProtocolConfig protocols() {
        return new ApplicationProtocolConfig(
                Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE,
                SelectedListenerFailureBehavior.ACCEPT,
                options.http2()
                        ? List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)
                        : List.of(ApplicationProtocolNames.HTTP_1_1));
    }
}
