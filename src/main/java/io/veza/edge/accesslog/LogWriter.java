package io.veza.edge.accesslog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The thread that takes exchanges out of the rings, makes lines of them and writes these to the sink. If the sink blocks or
 * fails, this thread waits with what it has and tries again, so that a line once begun is ended; the rings fill up meanwhile
 * and drop what comes.
 */
final class LogWriter implements Runnable {

    /** How long a line may lie in a ring while there are few; a ring that fills up wakes the writer before. */
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long FOLLOW_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int BATCH = 64 * 1024;

    private static final Logger LOG = Logger.getLogger(LogWriter.class);

    private final List<FactsRing> rings;
    private final LineFormat format;
    private final Sink sink;
    private final LoggedHead head;
    private final Line lines = new Line(2 * BATCH);
    private ByteBuffer unwritten = ByteBuffer.allocate(0);
    private long followed = System.nanoTime();

    /** Touched by the thread alone. */
    private long unmade;

    private volatile boolean stopping;
    private volatile boolean asked;
    private volatile long broken;
    private volatile long unwrittenLines;
    private volatile @Nullable String trouble;

    /** @param rings may grow meanwhile */
    LogWriter(List<FactsRing> rings, LineFormat format, Sink sink, boolean query) {
        this.rings = rings;
        this.format = format;
        this.sink = sink;
        this.head = new LoggedHead(query);
    }

    @Override
    public void run() {
        boolean last;
        do {
            // Read before the rings are: what was put before the stop is still written.
            last = stopping;
            boolean idle = !turn();
            if (!last && idle) {
                LockSupport.parkNanos(trouble == null ? IDLE_NANOS : RETRY_NANOS);
            }
        } while (!last || (trouble == null && hasMore()));
        try {
            sink.close();
        } catch (IOException e) {
            trouble = reason(e);
        }
        long left = 0;
        for (int at = unwritten.position(); at < unwritten.limit(); at++) {
            left += unwritten.get(at) == '\n' ? 1 : 0;
        }
        unwrittenLines = left;
    }

    /** Ends the thread once the rings are empty, or at the next failure. */
    void stop() {
        stopping = true;
    }

    /** Has the target's name looked up at the next turn. */
    void follow() {
        asked = true;
    }

    /** What keeps lines from being written; null if nothing does. */
    @Nullable
    String trouble() {
        return trouble;
    }

    /** Lines that could not be made, or of which a part was written and the rest could not be. */
    long broken() {
        return broken;
    }

    /** Lines that were made and not written, once the thread has ended. */
    long unwrittenLines() {
        return unwrittenLines;
    }

    private boolean hasMore() {
        return rings.stream().anyMatch(ring -> ring.waiting() > 0);
    }

    /** Writes what there is, up to one batch; false if there was nothing or it failed. */
    private boolean turn() {
        try {
            long now = System.nanoTime();
            if (asked || now - followed > FOLLOW_NANOS) {
                asked = false;
                followed = now;
                sink.follow();
            }
            if (!unwritten.hasRemaining()) {
                collect();
            }
            boolean any = unwritten.hasRemaining();
            if (any) {
                sink.write(unwritten);
            }
            trouble = null;
            return any;
        } catch (IOException e) {
            trouble = reason(e);
            return false;
        } finally {
            broken = sink.broken() + unmade;
        }
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        return e.getClass() == IOException.class && message != null ? message : e.toString();
    }

    /** Fills the batch, with a part of each ring in turn: a busy one must not keep the others waiting. */
    private void collect() {
        lines.clear();
        boolean any = true;
        while (any && lines.length() < BATCH) {
            any = false;
            for (FactsRing ring : rings) {
                any |= take(ring);
            }
        }
        unwritten = ByteBuffer.wrap(lines.bytes(), 0, lines.length());
    }

    /** One line that cannot be made must not cost all that come after it. */
    private void write(LoggedExchange exchange, FactsRing ring) {
        int start = lines.length();
        try {
            head.read(exchange, ring.bytes(), format.showsFields());
            format.write(exchange, head, lines);
        } catch (RuntimeException e) {
            lines.cut(start);
            if (unmade++ == 0) {
                LOG.error("a line of the access log could not be made", e);
            }
        }
    }

    private boolean take(FactsRing ring) {
        int end = Math.min(BATCH, lines.length() + BATCH / 4);
        boolean any = false;
        while (lines.length() < end) {
            LoggedExchange exchange = ring.peek();
            if (exchange == null) {
                return any;
            }
            write(exchange, ring);
            ring.release();
            any = true;
        }
        return any;
    }
}
