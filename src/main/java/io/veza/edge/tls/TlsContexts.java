package io.veza.edge.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.veza.edge.tls.TlsOptions.Version;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLException;

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

    /** @throws PemException if OpenSSL is asked for and cannot be loaded */
    TlsContexts(TlsOptions options) {
        this.options = options;
        this.provider = provider(options.provider());
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

    SslContext context(ServerCertificate certificate) {
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
            builder.option(OpenSslContextOption.GROUPS, GROUPS);
        }
        try {
            return builder.build();
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
