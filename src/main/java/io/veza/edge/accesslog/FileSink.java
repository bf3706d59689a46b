package io.veza.edge.accesslog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file that is appended to, and followed by its name: once that leads to another file, or to none, the next line goes to a
 * new one. So a rotation needs no signal and loses nothing: until then lines go to the renamed file.
 */
final class FileSink implements Sink {

    private static final Set<OpenOption> APPENDING =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    private static final FileAttribute<?> MODE_640 =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----"));

    private final Path path;
    private @Nullable FileChannel channel;
    private @Nullable Object identity;

    /** Whether the file ends with a part of a line that is still to be ended. */
    private boolean midLine;

    private long broken;

    FileSink(Path path) {
        this.path = path;
    }

    @Override
    public void write(ByteBuffer lines) throws IOException {
        FileChannel open = channel;
        if (open == null) {
            open = open();
            if (midLine) {
                // The other half is in a file that is gone.
                skipLine(lines);
            }
        }
        int start = lines.position();
        try {
            while (lines.hasRemaining()) {
                open.write(lines);
            }
        } finally {
            if (lines.position() > start) {
                midLine = lines.get(lines.position() - 1) != '\n';
            }
        }
    }

    private void skipLine(ByteBuffer lines) {
        while (lines.hasRemaining() && lines.get() != '\n') {
            // on to the next line
        }
        midLine = false;
        broken++;
    }

    /** Opens the file of that name, and remembers which one it is. */
    private FileChannel open() throws IOException {
        while (true) {
            Object before = identityNow();
            FileChannel opened = FileChannel.open(path, APPENDING, MODE_640);
            // Java cannot ask an open file who it is: it is this one if the name led there before and after.
            if (before != null && before.equals(identityNow())) {
                channel = opened;
                identity = before;
                if (Files.isRegularFile(path)) {
                    endLine(opened);
                }
                return opened;
            }
            opened.close();
        }
    }

    /** A process that was killed may have left a part of a line. */
    private void endLine(FileChannel opened) throws IOException {
        long size = opened.size();
        if (size == 0 || !Files.isReadable(path)) {
            return;
        }
        ByteBuffer last = ByteBuffer.allocate(1);
        try (FileChannel reading = FileChannel.open(path, StandardOpenOption.READ)) {
            reading.read(last, size - 1);
        }
        if (last.position() == 1 && last.get(0) != '\n') {
            opened.write(ByteBuffer.wrap(new byte[] {'\n'}));
        }
    }

    private @Nullable Object identityNow() throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    @Override
    public void follow() throws IOException {
        if (channel != null && !Objects.equals(identity, identityNow())) {
            close();
        }
    }

    @Override
    public long broken() {
        return broken;
    }

    @Override
    public void close() throws IOException {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            open.close();
        }
    }
}
