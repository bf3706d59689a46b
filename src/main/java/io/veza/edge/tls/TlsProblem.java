package io.veza.edge.tls;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Something that keeps a listener from speaking TLS.
 *
 * @param of what it is the fault of
 * @param what for people, naming the file where there may be several
 */
public record TlsProblem(Part of, String what) {

    /** What options are made of. */
    public enum Part {
        PROVIDER,
        CERTIFICATES,
        TICKET_KEYS,
        CLIENT_AUTHORITIES,
        CLIENT_REVOCATIONS
    }

    /** Why these options cannot be used; all reasons, one for each file. */
    public static List<TlsProblem> all(TlsOptions options) {
        List<TlsProblem> problems = new ArrayList<>();
        look(problems, Part.TICKET_KEYS, options.ticketKeys(), TicketKeys::read);
        look(problems, Part.CLIENT_AUTHORITIES, options.clients().authorities(), Pem::certificates);
        look(problems, Part.CLIENT_REVOCATIONS, options.clients().revocations(), Pem::revocationLists);
        TlsContexts contexts;
        try {
            contexts = new TlsContexts(options.certificatesAlone(), Instant.EPOCH);
        } catch (PemException e) {
            problems.add(new TlsProblem(Part.PROVIDER, String.valueOf(e.getMessage())));
            return problems;
        }
        try {
            for (Path file : CertificateFiles.of(options.certificates())) {
                try {
                    contexts.entry(new ServerCertificate(file.toString(), Pem.keyAndChain(file)));
                } catch (PemException e) {
                    problems.add(new TlsProblem(
                            Part.CERTIFICATES, e.reason(options.certificates().toString())));
                }
            }
        } catch (PemException e) {
            problems.add(new TlsProblem(
                    Part.CERTIFICATES, e.reason(options.certificates().toString())));
        }
        return problems;
    }

    private static void look(List<TlsProblem> problems, Part part, Optional<Path> file, Consumer<Path> reader) {
        if (file.isEmpty()) {
            return;
        }
        try {
            reader.accept(file.get());
        } catch (PemException e) {
            problems.add(new TlsProblem(part, e.reason(file.get().toString())));
        }
    }
}
