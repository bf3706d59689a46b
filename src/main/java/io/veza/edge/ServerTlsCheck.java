package io.veza.edge;

import io.veza.edge.config.Problem;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.ServerLink;
import io.veza.edge.tls.Pem;
import io.veza.edge.tls.PemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Finds out before the start whether the files can be used that TLS towards servers needs. */
final class ServerTlsCheck {

    private ServerTlsCheck() {}

    /** A problem for each file that cannot. */
    static List<Problem> problems(List<PoolDefinition> pools) {
        List<Problem> problems = new ArrayList<>();
        for (PoolDefinition definition : pools) {
            String pool = definition.pool().name();
            String keys = "edge.pools." + (pool.contains(".") ? '"' + pool + '"' : pool) + ".tls.";
            definition
                    .link()
                    .tls()
                    .filter(ServerLink.Tls::verified)
                    .flatMap(ServerLink.Tls::ca)
                    .ifPresent(file -> read(keys + "ca", file, Pem::certificates, problems));
            definition
                    .link()
                    .tls()
                    .flatMap(ServerLink.Tls::clientCert)
                    .ifPresent(file -> read(keys + "client-cert", file, Pem::keyAndChain, problems));
        }
        return problems;
    }

    private static void read(String key, Path file, Consumer<Path> reading, List<Problem> problems) {
        try {
            reading.accept(file);
        } catch (PemException e) {
            String message = String.valueOf(e.getMessage());
            String prefix = file + ": ";
            problems.add(new Problem(
                    key, file.toString(), message.startsWith(prefix) ? message.substring(prefix.length()) : message));
        }
    }
}
