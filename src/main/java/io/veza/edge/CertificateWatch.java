package io.veza.edge;

import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.ReloadEvent;
import io.veza.edge.tls.ServerTls;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Has certificates looked after while they are in use, and says what comes of it. Files have a thread of their own: a
 * responder that is silent must not keep a new certificate from being read.
 */
final class CertificateWatch {

    private static final Logger LOG = Logger.getLogger(CertificateWatch.class);

    /** A changed file is read at the second look after its last change. */
    private static final long LOOK_MILLIS = 1000;

    private final ScheduledExecutorService files = thread("edge-certificates");
    private final ScheduledExecutorService responders = thread("edge-ocsp");

    private volatile @Nullable Certificates watched;

    private static ScheduledExecutorService thread(String name) {
        return Executors.newSingleThreadScheduledExecutor(look -> {
            Thread thread = new Thread(look, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    void start(Certificates certificates) {
        watched = certificates;
        files.scheduleWithFixedDelay(() -> say(Certificates::look), LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        responders.scheduleWithFixedDelay(() -> say(Certificates::staple), 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** From now on it is these that are looked after. */
    void follow(Certificates certificates) {
        watched = certificates;
    }

    /**
     * Towards servers: has those that there are at each look read files that have changed.
     *
     * @param traffic says what comes of it
     * @param checks read the same files, and say nothing more
     */
    void start(Supplier<List<ServerTls>> traffic, Supplier<List<ServerTls>> checks) {
        files.scheduleWithFixedDelay(
                () -> tell(() -> {
                    Instant now = Instant.now();
                    checks.get().forEach(tls -> tls.look(now));
                    return traffic.get().stream()
                            .flatMap(tls -> tls.look(now).stream())
                            .toList();
                }),
                LOOK_MILLIS,
                LOOK_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    private void say(Function<Certificates, List<ReloadEvent>> look) {
        Certificates certificates = watched;
        if (certificates != null) {
            tell(() -> look.apply(certificates));
        }
    }

    /** A thread that has died of something unforeseen would be missed only when the certificates expire. */
    private static void tell(Supplier<List<ReloadEvent>> look) {
        try {
            for (ReloadEvent event : look.get()) {
                LOG.log(event.good() ? Logger.Level.INFO : Logger.Level.WARN, event.file() + " " + event.what());
            }
        } catch (RuntimeException e) {
            LOG.error("looking after certificates failed", e);
        }
    }

    void stop() {
        files.shutdownNow();
        responders.shutdownNow();
    }
}
