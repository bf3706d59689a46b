package io.veza.edge;

import io.veza.edge.config.Problem;
import io.veza.edge.config.TlsSettings;
import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.ClientTrust;
import io.veza.edge.tls.TlsOptions;
import java.util.List;

/** Finds out before the start whether the certificates can be used, so that this too is said together with all else. */
final class CertificateCheck {

    private CertificateCheck() {}

    /** A problem for each file that could not be used now. */
    static List<Problem> problems(TlsSettings tls) {
        return Certificates.problems(options(tls)).stream()
                .map(problem ->
                        new Problem("edge.tls.cert-path", tls.certificates().toString(), problem))
                .toList();
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
