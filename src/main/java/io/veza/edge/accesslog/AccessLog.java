package io.veza.edge.accesslog;

import io.veza.edge.proxy.ExchangeLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/**
 * The access log while it is on: the rings of the event loops and the thread that writes. A sink that is slow or full costs
 * lines, never traffic; how many is counted. Thread-safe.
 */
public final class AccessLog implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger("io.veza.edge.accesslog");

    /** For each event loop: at 100,000 requests a second these are 40 ms, and 256 bytes of a head for each of them. */
    private static final int SLOTS = 4096;

    private static final int HEAD_BYTES = 1 << 20;

    private static final long WARNING_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final Duration LONGEST_STOP = Duration.ofSeconds(2);

    private final AccessLogSettings settings;
    private final boolean wholeHead;
    private final List<FactsRing> rings = new CopyOnWriteArrayList<>();
    private final LogWriter writer;
    private final Thread thread;
    private long warned;
    private long warnedAt;

    /** Starts the thread, which opens the target. */
    public AccessLog(AccessLogSettings settings) {
        this(settings, settings.file().<Sink>map(FileSink::new).orElseGet(Sink::standardOutput));
    }

    AccessLog(AccessLogSettings settings, Sink sink) {
        this.settings = settings;
        LineFormat format = format(settings.format());
        this.wholeHead = format.showsFields();
        this.writer = new LogWriter(rings, format, sink, settings.query());
        this.thread = new Thread(writer, "edge-access-log");
        // A sink that blocks forever must not keep the process.
        thread.setDaemon(true);
        this.warnedAt = System.nanoTime() - WARNING_NANOS;
        thread.start();
    }

    private static LineFormat format(AccessLogSettings.Format format) {
        return switch (format) {
            case HAPROXY ->
                new HaproxyFormat(
                        ZoneId.systemDefault(), host(), ProcessHandle.current().pid());
            case JSON -> new JsonFormat();
            case COMBINED -> new CombinedFormat(ZoneId.systemDefault());
        };
    }

    /** This machine's name as syslog writes it; without asking a name server, which may take its time. */
    private static String host() {
        try {
            String name = Files.readString(Path.of("/proc/sys/kernel/hostname"), StandardCharsets.US_ASCII);
            String first = name.strip().split("\\.", 2)[0];
            return first.matches("[A-Za-z0-9-]+") ? first : "localhost";
        } catch (IOException e) {
            return "localhost";
        }
    }

    /** The end of the log for one event loop more. */
    public ExchangeLog newLoopLog() {
        FactsRing ring = new FactsRing(SLOTS, HEAD_BYTES, () -> LockSupport.unpark(thread));
        rings.add(ring);
        return new LoopLog(ring, settings, wholeHead);
    }

    /** Lines lost so far, because the sink did not take them. */
    public long dropped() {
        return rings.stream().mapToLong(FactsRing::dropped).sum() + writer.broken();
    }

    /** Has the file opened anew if its name leads to another one: what happens within a second anyhow. */
    public void follow() {
        writer.follow();
        LockSupport.unpark(thread);
    }

    /** Says in the application log how many lines were lost since last said, at most every 10 s. To be called now and then. */
    public synchronized void warnOfLosses() {
        long dropped = dropped();
        long now = System.nanoTime();
        if (dropped > warned && now - warnedAt >= WARNING_NANOS) {
            String trouble = writer.trouble();
            LOG.warnf(
                    "access log: %d lines lost, %d since the start: %s",
                    (Object) (dropped - warned),
                    (Object) dropped,
                    trouble == null ? "the target takes them too slowly" : trouble);
            warned = dropped;
            warnedAt = now;
        }
    }

    /** Writes what the rings hold, for two seconds at most, and ends; what is left is lost. */
    @Override
    public void close() {
        writer.stop();
        LockSupport.unpark(thread);
        try {
            thread.join(LONGEST_STOP.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        long left = rings.stream().mapToLong(FactsRing::waiting).sum() + writer.unwrittenLines();
        if (left > 0 || thread.isAlive()) {
            LOG.warnf(
                    "access log: at least %d lines could not be written before the end: %s",
                    (Object) left, writer.trouble() == null ? "the target does not take them" : writer.trouble());
        }
    }
}
