package io.veza.edge.admin;

import io.veza.edge.admin.RuntimeSession.Level;
import io.veza.edge.proxy.TrafficPlane;
import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.PemException;
import io.veza.edge.tls.ServerCertificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** {@code show}, {@code set}, {@code commit} and {@code abort ssl cert}: certificates by the names of their files. */
final class CertificateCommands {

    private static final String PENDING = "*";

    private final TrafficPlane plane;

    CertificateCommands(TrafficPlane plane) {
        this.plane = plane;
    }

    List<RuntimeCommand> commands() {
        return List.of(
                RuntimeCommand.of(
                        "show ssl cert",
                        Level.OPERATOR,
                        RuntimeCommand.usage(
                                "show ssl cert [<certfile>]",
                                "display the SSL certificates used in memory, or the details of a file"),
                        (session, arguments) ->
                                RuntimeReply.data(arguments.at(0).isEmpty() ? list() : details(arguments.at(0)))),
                RuntimeCommand.of(
                        "set ssl cert",
                        Level.ADMIN,
                        RuntimeCommand.usage("set ssl cert <certfile> <payload>", "replace a certificate file"),
                        (session, arguments) -> set(arguments.at(0), session.payload())),
                RuntimeCommand.of(
                        "commit ssl cert",
                        Level.ADMIN,
                        RuntimeCommand.usage("commit ssl cert <certfile>", "commit a certificate file"),
                        (session, arguments) -> commit(arguments.at(0))),
                RuntimeCommand.of(
                        "abort ssl cert",
                        Level.ADMIN,
                        RuntimeCommand.usage("abort ssl cert <certfile>", "abort a transaction for a certificate file"),
                        (session, arguments) -> abort(arguments.at(0))));
    }

    private List<Certificates> all() {
        return plane.listeners().stream()
                .map(listener -> listener.settings().certificates())
                .filter(Objects::nonNull)
                .toList();
    }

    private Optional<Certificates> of(String file) {
        return all().stream()
                .filter(certificates -> certificates.find(file).isPresent())
                .findFirst();
    }

    private String list() {
        StringBuilder text = new StringBuilder();
        List<ServerCertificate> pending =
                all().stream().flatMap(each -> each.pending().stream()).toList();
        if (!pending.isEmpty()) {
            text.append("# transaction\n");
            pending.forEach(each -> text.append(PENDING).append(each.file()).append('\n'));
        }
        text.append("# filename\n");
        all().forEach(certificates ->
                certificates.all().forEach(each -> text.append(each.file()).append('\n')));
        return text.toString();
    }

    private String details(String file) {
        boolean set = file.startsWith(PENDING);
        String name = set ? file.substring(1) : file;
        Optional<ServerCertificate> found = all().stream()
                .flatMap(each -> (set ? each.pending() : each.all()).stream())
                .filter(each -> each.file().equals(name))
                .findFirst();
        // What is known of a file is not known of what an operator has set in its place.
        Optional<String> refused = set ? Optional.empty() : refused(name);
        if (found.isEmpty() && refused.isEmpty()) {
            throw new RuntimeRefusal("Can't display the certificate: Not found or the certificate is a bundle!\n");
        }
        StringBuilder text = new StringBuilder();
        if (found.isPresent()) {
            describe(text, file, set, found.get());
        } else {
            line(text, "Filename", file);
            line(text, "Status", "Unused");
        }
        refused.ifPresent(why -> line(text, "Refused", why));
        return text.toString();
    }

    /** Why the file is not used as it is now; also of a file of which nothing has been used yet. */
    private Optional<String> refused(String file) {
        return all().stream()
                .map(each -> Optional.ofNullable(each.reloads().refused().get(file)))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static void describe(StringBuilder text, String file, boolean set, ServerCertificate certificate) {
        X509Certificate leaf = certificate.leaf();
        line(text, "Filename", file);
        line(text, "Status", set ? "Unused" : "Used");
        String serial = leaf.getSerialNumber().toString(16).toUpperCase(Locale.ROOT);
        line(text, "Serial", serial.length() % 2 == 0 ? serial : "0" + serial);
        line(text, "notBefore", OpenSslText.time(certificate.notBefore()));
        line(text, "notAfter", OpenSslText.time(certificate.notAfter()));
        line(
                text,
                "Subject Alternative Name",
                certificate.subjects().stream()
                        .map(each -> (certificate.names().contains(each) ? "DNS:" : "IP Address:") + each)
                        .collect(Collectors.joining(", ")));
        line(text, "Algorithm", certificate.algorithm());
        line(text, "SHA1 FingerPrint", certificate.fingerprint("SHA-1"));
        line(text, "SHA256 FingerPrint", certificate.fingerprint("SHA-256"));
        line(text, "Subject", OpenSslText.name(leaf.getSubjectX500Principal()));
        line(text, "Issuer", OpenSslText.name(leaf.getIssuerX500Principal()));
        List<X509Certificate> chain = certificate.keyAndChain().chain();
        for (X509Certificate issuer : chain.subList(1, chain.size())) {
            line(text, "Chain Subject", OpenSslText.name(issuer.getSubjectX500Principal()));
            line(text, "Chain Issuer", OpenSslText.name(issuer.getIssuerX500Principal()));
        }
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(name).append(": ").append(value).append('\n');
    }

    private RuntimeReply set(String file, String payload) {
        if (file.isEmpty() || payload.isEmpty()) {
            throw new RuntimeRefusal("'set ssl cert expects a filename and a certificate as a payload\n");
        }
        Certificates certificates = of(file).orElseThrow(() -> new RuntimeRefusal(
                "Can't replace a certificate which is not referenced by the configuration!\nCan't update " + file
                        + "!\n"));
        try {
            String done = certificates.set(file, payload) ? "updated" : "created";
            return RuntimeReply.data("Transaction " + done + " for certificate " + file + "!\n");
        } catch (PemException e) {
            throw new RuntimeRefusal(e.getMessage() + "\nCan't load the payload\nCan't update " + file + "!\n");
        }
    }

    private RuntimeReply commit(String file) {
        if (file.isEmpty()) {
            throw new RuntimeRefusal("'commit ssl cert expects a filename\n");
        }
        if (all().stream().noneMatch(certificates -> certificates.commit(file))) {
            throw new RuntimeRefusal("No ongoing transaction! !\nCan't commit " + file + "!\n");
        }
        return RuntimeReply.data("Committing " + file + ".\nSuccess!\n");
    }

    private RuntimeReply abort(String file) {
        if (file.isEmpty()) {
            throw new RuntimeRefusal("'abort ssl cert' expects a filename\n");
        }
        if (all().stream().noneMatch(certificates -> certificates.abort(file))) {
            throw new RuntimeRefusal("No ongoing transaction!\n");
        }
        return RuntimeReply.data("Transaction aborted for certificate '" + file + "'!\n");
    }
}
