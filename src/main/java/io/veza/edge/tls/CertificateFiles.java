package io.veza.edge.tls;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The PEM files below a path: itself, or what a folder holds, in alphabetical order as HAProxy reads them. A folder's hidden
 * files and those that HAProxy takes for a part of another ({@code .key}, {@code .issuer}, {@code .ocsp}, {@code .sctl}) are
 * passed over, and so are folders in it.
 */
final class CertificateFiles {

    private CertificateFiles() {}

    /** @throws PemException if there is none, or the folder cannot be read */
    static List<Path> of(Path path) {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (!name.matches("\\..*|.*\\.(key|issuer|ocsp|sctl)") && Files.isRegularFile(entry)) {
                    files.add(entry);
                }
            }
        } catch (IOException | DirectoryIteratorException | UncheckedIOException e) {
            throw new PemException(path + ": the folder cannot be read", e);
        }
        if (files.isEmpty()) {
            throw new PemException(path + ": has no certificate; the folder is empty");
        }
        files.sort(null);
        return files;
    }
}
