package io.veza.edge.accesslog;

import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Where lines go. The writer's thread only; each call may block. */
interface Sink extends Closeable {

    /**
     * Writes all of these whole lines, the first of which may have been written in part by a call that failed.
     *
     * @throws IOException if no more can be written now; the buffer's position is behind what was
     */
    void write(ByteBuffer lines) throws IOException;

    /** Sees to it that lines go where the target's name leads now; asked about once a second. */
    default void follow() throws IOException {}

    /** How many lines were begun and could not be ended. */
    default long broken() {
        return 0;
    }

    /** The standard output, which stays open. */
    static Sink standardOutput() {
        return new StandardOutput();
    }

    /** Shares its pipe with the application log: only up to PIPE_BUF bytes are sure to stay together, pipe(7). */
    final class StandardOutput implements Sink {

        private static final int PIPE_BUF = 4096;
        private static final long FULL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

        @SuppressWarnings("resource") // closing it would close the descriptor
        private final FileChannel channel = new FileOutputStream(FileDescriptor.out).getChannel();

        @Override
        public void write(ByteBuffer lines) throws IOException {
            int end = lines.limit();
            while (lines.hasRemaining()) {
                lines.limit(endOfWholeLines(lines, end));
                try {
                    while (lines.hasRemaining()) {
                        if (channel.write(lines) == 0) {
                            // Somebody else made the descriptor a non-blocking one, and it is full.
                            LockSupport.parkNanos(FULL_NANOS);
                        }
                    }
                } finally {
                    lines.limit(end);
                }
            }
        }

        /** As many lines as stay together, or one that is longer. */
        private static int endOfWholeLines(ByteBuffer lines, int end) {
            int most = Math.min(end, lines.position() + PIPE_BUF);
            int at = most;
            while (at > lines.position() && lines.get(at - 1) != '\n') {
                at--;
            }
            if (at > lines.position()) {
                return at;
            }
            at = most;
            while (at < end && lines.get(at - 1) != '\n') {
                at++;
            }
            return at;
        }

        @Override
        public void close() {}
    }
}
