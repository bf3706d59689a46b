package io.veza.edge.tls;

import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Notices that files have changed, and remembers how it went to read them. A file is read when it looked the same twice, so
 * that one which is being written is left alone, and not again before it changes once more. Thread-safe.
 */
final class FileReloads {

    private final Map<Path, FileStamp> read = new HashMap<>();
    private final Map<Path, FileStamp> looked = new HashMap<>();
    private final Map<String, String> refused = new TreeMap<>();
    private long succeeded;
    private long failed;
    private Instant last;

    FileReloads(Instant start) {
        this.last = start;
    }

    /** To be called before the file is read for the first time. */
    synchronized void seen(Path file) {
        read.put(file, FileStamp.of(file));
    }

    /** Whether the file has changed and is to be read now; what comes of that is to be told. */
    synchronized boolean isDue(Path file) {
        FileStamp stamp = FileStamp.of(file);
        if (stamp.equals(read.get(file))) {
            looked.remove(file);
            return false;
        }
        if (!stamp.equals(looked.put(file, stamp))) {
            return false;
        }
        looked.remove(file);
        read.put(file, stamp);
        return true;
    }

    synchronized ReloadEvent taken(Path file, Instant now) {
        succeeded(now);
        refused.remove(file.toString());
        return new ReloadEvent(file.toString(), "was read anew", true);
    }

    /** All files of a folder are gone, or the folder is: the certificates stay. */
    synchronized Optional<ReloadEvent> missing(Path folder, PemException why) {
        return refused.containsKey(folder.toString()) ? Optional.empty() : Optional.of(refused(folder, why));
    }

    synchronized ReloadEvent refused(Path file, PemException e) {
        failed++;
        String reason = e.reason(file.toString());
        refused.put(file.toString(), reason);
        return new ReloadEvent(file.toString(), "was not taken, what was read before stays: " + reason, false);
    }

    synchronized void forgetMissing(Path folder) {
        if (!read.containsKey(folder)) {
            refused.remove(folder.toString());
        }
    }

    synchronized void forget(Path file) {
        read.remove(file);
        looked.remove(file);
        refused.remove(file.toString());
    }

    synchronized void succeeded(Instant now) {
        succeeded++;
        last = now;
    }

    synchronized Reloads summary() {
        return new Reloads(succeeded, failed, last, refused);
    }
}
