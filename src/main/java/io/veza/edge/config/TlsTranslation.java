package io.veza.edge.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The translation of {@code edge.tls}, with the port and the timeout that go with it. */
final class TlsTranslation {

    private static final Format<TlsSettings.Version> VERSION = text -> switch (text) {
        case "1.2" -> TlsSettings.Version.TLS_1_2;
        case "1.3" -> TlsSettings.Version.TLS_1_3;
        default -> throw new IllegalArgumentException("must be one of 1.2, 1.3");
    };

    private static final Format<Path> CERTIFICATES = text -> {
        Path path = Format.PATH.read(text).toAbsolutePath();
        if (!Files.exists(path)) {
            throw new IllegalArgumentException("there is no such file or folder");
        }
        return path;
    };

    private static final Format<Path> FILE = text -> {
        Path path = Format.PATH.read(text).toAbsolutePath();
        if (!Files.isRegularFile(path)) {
            throw new IllegalArgumentException("there is no such file");
        }
        return path;
    };

    private TlsTranslation() {}

    /** Empty if there is no certificate; all keys are read even so, since a wrong one is wrong. */
    static Optional<TlsSettings> of(EdgeConfig config, Problems problems) {
        EdgeConfig.Tls tls = config.tls();
        TlsSettings read = new TlsSettings(
                problems.read(config.listen().https(), Format.number(0, 65_535), 0),
                problems.readIfPresent(tls.certPath(), CERTIFICATES).orElse(Path.of("")),
                problems.read(tls.sniStrict(), Format.FLAG, false),
                problems.read(tls.http2(), Format.FLAG, true),
                problems.read(tls.provider(), Format.oneOf(TlsSettings.Provider.values()), TlsSettings.Provider.AUTO),
                problems.read(tls.minVersion(), VERSION, TlsSettings.Version.TLS_1_2),
                problems.read(config.timeouts().handshake(), EdgeSettings.TIMEOUT, EdgeSettings.STAND_IN),
                problems.readIfPresent(tls.ticketKeys(), FILE),
                problems.read(tls.ocspStapling(), Format.FLAG, true),
                problems.read(
                        tls.clientAuth(), Format.oneOf(TlsSettings.ClientAuth.values()), TlsSettings.ClientAuth.NONE),
                problems.readIfPresent(tls.clientCa(), FILE),
                problems.readIfPresent(tls.clientCrl(), FILE));
        if (read.clientAuth() != TlsSettings.ClientAuth.NONE
                && read.clientAuthorities().isEmpty()) {
            problems.add(tls.clientCa(), "must be given, since edge.tls.client-auth asks clients for certificates");
        }
        if (problems.readIfPresent(tls.certPath(), Format.TEXT).isEmpty()) {
            withoutCertificate(read, tls, problems);
            return Optional.empty();
        }
        return Optional.of(read);
    }

    /** What holds clients to something is not to be without effect: somebody relies on it. */
    private static void withoutCertificate(TlsSettings read, EdgeConfig.Tls tls, Problems problems) {
        String needs = "needs edge.tls.cert-path; without it there is HTTP only";
        if (read.clientAuth() != TlsSettings.ClientAuth.NONE) {
            problems.add(tls.clientAuth(), needs);
        }
        if (read.strictNames()) {
            problems.add(tls.sniStrict(), needs);
        }
    }
}
