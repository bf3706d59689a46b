package io.veza.edge;

import io.veza.edge.config.Problem;
import io.veza.edge.config.TlsSettings;
import io.veza.edge.tls.ClientTrust;
import io.veza.edge.tls.TlsOptions;
import io.veza.edge.tls.TlsProblem;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds out before the start whether the certificates can be used, so that this too is said together with all else. */
final class CertificateCheck {

    private CertificateCheck() {}

    /** A problem for each file that could not be used now. */
    static List<Problem> problems(TlsSettings tls) {
        return TlsProblem.all(options(tls)).stream()
                .map(problem -> problem(tls, problem))
                .toList();
    }

    private static Problem problem(TlsSettings tls, TlsProblem problem) {
        return switch (problem.of()) {
            case PROVIDER ->
                new Problem("edge.tls.provider", tls.provider().name().toLowerCase(Locale.ROOT), problem.what());
            case CERTIFICATES ->
                new Problem("edge.tls.cert-path", tls.certificates().toString(), problem.what());
            case TICKET_KEYS -> new Problem("edge.tls.ticket-keys", words(tls.ticketKeys()), problem.what());
            case CLIENT_AUTHORITIES ->
                new Problem("edge.tls.client-ca", words(tls.clientAuthorities()), problem.what());
            case CLIENT_REVOCATIONS ->
                new Problem("edge.tls.client-crl", words(tls.clientRevocations()), problem.what());
        };
    }

    private static String words(Optional<Path> file) {
        return file.map(Path::toString).orElse("");
    }

    /** The same in the words of those who speak it. */
    static TlsOptions options(TlsSettings tls) {
        return new TlsOptions(
                tls.certificates(),
                switch (tls.provider()) {
                    case AUTO -> TlsOptions.Provider.AUTO;
                    case OPENSSL -> TlsOptions.Provider.OPENSSL;
                    case JDK -> TlsOptions.Provider.JDK;
                },
                switch (tls.minVersion()) {
                    case TLS_1_2 -> TlsOptions.Version.TLS_1_2;
                    case TLS_1_3 -> TlsOptions.Version.TLS_1_3;
                },
                tls.strictNames(),
                tls.http2(),
                tls.handshake(),
                tls.ticketKeys(),
                tls.ocspStapling(),
                new ClientTrust(
                        switch (tls.clientAuth()) {
                            case NONE -> ClientTrust.Mode.NONE;
                            case OPTIONAL -> ClientTrust.Mode.OPTIONAL;
                            case REQUIRED -> ClientTrust.Mode.REQUIRED;
                        },
                        tls.clientAuthorities(),
                        tls.clientRevocations()));
    }
}
