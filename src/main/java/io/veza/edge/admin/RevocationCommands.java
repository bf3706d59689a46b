package io.veza.edge.admin;

import io.veza.edge.admin.RuntimeSession.Level;
import io.veza.edge.proxy.TrafficPlane;
import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.RevocationLists;
import java.security.cert.X509CRL;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code show ssl crl-file}: lists of revoked client certificates. */
final class RevocationCommands {

    private final TrafficPlane plane;

    RevocationCommands(TrafficPlane plane) {
        this.plane = plane;
    }

    List<RuntimeCommand> commands() {
        return List.of(RuntimeCommand.of(
                "show ssl crl-file",
                Level.OPERATOR,
                RuntimeCommand.usage(
                        "show ssl crl-file [<crlfile>]",
                        "display the SSL CRL files used in memory, or the lists of a file"),
                (session, arguments) ->
                        RuntimeReply.data(arguments.at(0).isEmpty() ? list() : details(arguments.at(0)))));
    }

    private List<RevocationLists> all() {
        return certificates()
                .flatMap(certificates -> certificates.revocations().stream())
                .toList();
    }

    private Stream<Certificates> certificates() {
        return plane.listeners().stream()
                .flatMap(listener -> Stream.ofNullable(listener.settings().certificates()));
    }

    /** Why the file is not used as it is now. */
    private Optional<String> refused(String file) {
        return certificates()
                .flatMap(each -> Stream.ofNullable(each.reloads().refused().get(file)))
                .findFirst();
    }

    private String list() {
        StringBuilder text = new StringBuilder("# filename\n");
        all().forEach(each -> text.append(each.file()).append('\n'));
        return text.toString();
    }

    private String details(String file) {
        RevocationLists found = all().stream()
                .filter(each -> each.file().toString().equals(file))
                .findFirst()
                .orElseThrow(() -> new RuntimeRefusal("Can't display the CRL file: Not found!\n"));
        StringBuilder text = new StringBuilder("Filename: " + file + "\nStatus: Used\n");
        refused(file).ifPresent(why -> text.append("Refused: ").append(why).append('\n'));
        for (int at = 0; at < found.lists().size(); at++) {
            describe(text, at + 1, found.lists().get(at));
        }
        return text.toString();
    }

    /** As HAProxy, but with the number of revoked certificates in place of them: there may be many thousands. */
    private static void describe(StringBuilder text, int number, X509CRL list) {
        text.append("\nCertificate Revocation List #").append(number).append(":\n");
        text.append("Version ").append(list.getVersion()).append('\n');
        text.append("Signature Algorithm: ").append(list.getSigAlgName()).append('\n');
        text.append("Issuer: ")
                .append(OpenSslText.name(list.getIssuerX500Principal()))
                .append('\n');
        text.append("Last Update: ").append(time(list.getThisUpdate())).append('\n');
        text.append("Next Update: ").append(time(list.getNextUpdate())).append('\n');
        int revoked = Optional.ofNullable(list.getRevokedCertificates())
                .map(Set::size)
                .orElse(0);
        text.append("Revoked Certificates: ").append(revoked).append('\n');
    }

    private static String time(@Nullable Date date) {
        return date == null ? "NONE" : OpenSslText.time(date.toInstant());
    }
}
