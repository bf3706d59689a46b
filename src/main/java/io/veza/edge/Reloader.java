package io.veza.edge;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.smallrye.config.SmallRyeConfig;
import io.veza.edge.admin.ConfigReload;
import io.veza.edge.config.Configuration;
import io.veza.edge.config.EdgeSettings;
import io.veza.edge.config.InvalidConfigException;
import io.veza.edge.config.Problem;
import io.veza.edge.metrics.ConfigReloads;
import io.veza.edge.tls.PemException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configuration again while the edge runs, judges it as at the start, and has it put to use as a whole or not at
 * all. One reload at a time; who asks meanwhile waits for his own.
 */
final class Reloader implements ConfigReload {

    private static final Logger LOG = Logger.getLogger("io.veza.edge");

    private final Supplier<SmallRyeConfig> source;
    private final Function<EdgeSettings, List<String>> use;

    @GuardedBy("this")
    private Configuration running;

    private volatile ConfigReloads reloads = ConfigReloads.none(Instant.now());

    /**
     * @param running what is in use
     * @param source reads anew
     * @param use puts one to use that is good, and says what has changed; throws a {@link PemException} having changed nothing
     */
    Reloader(Configuration running, Supplier<SmallRyeConfig> source, Function<EdgeSettings, List<String>> use) {
        this.running = running;
        this.source = source;
        this.use = use;
    }

    ConfigReloads reloads() {
        return reloads;
    }

    @Override
    public synchronized Outcome reload(String by) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        // Of a signal's thread it is another than the application's, and the file in the jar would not be found.
        thread.setContextClassLoader(Reloader.class.getClassLoader());
        try {
            return told(by, reload());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @GuardedBy("this")
    private Outcome reload() {
        List<Problem> problems = new ArrayList<>();
        Configuration next;
        try {
            SmallRyeConfig read = source.get();
            List<Problem> missing = running.missingFiles();
            if (!missing.isEmpty()) {
                // What the rest comes to without them would only lead astray.
                return refused(missing);
            }
            next = judged(read, problems);
        } catch (RuntimeException e) {
            LOG.debug("the sources of the configuration cannot be read", e);
            return refused(List.of(new Problem("the configuration", "", "cannot be read: " + e.getMessage())));
        }
        if (next == null || !problems.isEmpty()) {
            return refused(problems);
        }
        try {
            Outcome taken = new Outcome(List.of(), use.apply(next.settings()));
            running = next;
            return taken;
        } catch (PemException e) {
            // Replaced between the look at it and its use.
            return refused(List.of(new Problem("edge", "", String.valueOf(e.getMessage()))));
        } catch (RuntimeException e) {
            LOG.error("a configuration could not be put to use as a whole", e);
            return refused(List.of(
                    new Problem("the configuration", "", "is in use in part only, a restart mends that: " + e)));
        }
    }

    /** What was read if it is one, and whatever keeps it from being used. */
    @GuardedBy("this")
    private @Nullable Configuration judged(SmallRyeConfig read, List<Problem> problems) {
        Configuration next = null;
        try {
            next = Configuration.of(read);
            problems.addAll(ServerTlsCheck.problems(next.settings().pools()));
            next.settings().tls().ifPresent(tls -> problems.addAll(CertificateCheck.problems(tls)));
        } catch (InvalidConfigException e) {
            problems.addAll(e.problems());
            e.tls().ifPresent(tls -> problems.addAll(CertificateCheck.problems(tls)));
        }
        problems.addAll(running.obstacles(read));
        return next;
    }

    /** With one problem for each key: what cannot be read is not what needs a restart. */
    private static Outcome refused(List<Problem> problems) {
        Set<String> keys = new TreeSet<>();
        return new Outcome(
                problems.stream()
                        .filter(problem -> keys.add(problem.key()))
                        .map(problem -> new Wrong(problem.key(), problem.value(), problem.allowed()))
                        .toList(),
                List.of());
    }

    private Outcome told(String by, Outcome outcome) {
        ConfigReloads before = reloads;
        if (outcome.isTaken()) {
            reloads = new ConfigReloads(before.taken() + 1, before.refused(), true, Instant.now());
            LOG.infof(
                    "configuration reloaded by %s: %s",
                    by, outcome.changes().isEmpty() ? "nothing has changed" : String.join("; ", outcome.changes()));
        } else {
            reloads = new ConfigReloads(before.taken(), before.refused() + 1, false, before.last());
            StringBuilder text = new StringBuilder();
            outcome.wrong().forEach(wrong -> text.append("\n  ").append(wrong));
            LOG.errorf("configuration refused, nothing has changed (reload by %s):%s", by, text);
        }
        return outcome;
    }
}
