package io.veza.edge.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * By what a file's change is noticed: another file below the name, through links too, another time or another size.
 *
 * @param file null where the system has no numbers for files
 */
record FileStamp(@Nullable Object file, long modified, long size) {

    private static final FileStamp NONE = new FileStamp(null, -1, -1);

    static FileStamp of(Path path) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return new FileStamp(
                    attributes.fileKey(),
                    attributes.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS),
                    attributes.size());
        } catch (IOException e) {
            return NONE;
        }
    }

    boolean isThere() {
        return !Objects.equals(this, NONE);
    }
}
