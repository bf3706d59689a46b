package io.veza.edge;

import io.netty.channel.EventLoopGroup;
import io.quarkus.netty.MainEventLoopGroup;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.veza.edge.accesslog.AccessLog;
import io.veza.edge.accesslog.AccessLogSettings;
import io.veza.edge.admin.ConfigReload;
import io.veza.edge.config.Configuration;
import io.veza.edge.config.EdgeSettings;
import io.veza.edge.config.TlsSettings;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.Pools;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.lab.Lab;
import io.veza.edge.lab.LabTopology;
import io.veza.edge.metrics.ConfigReloads;
import io.veza.edge.metrics.EdgeCollector;
import io.veza.edge.metrics.ProcessFacts;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.probe.Prober;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficPlane;
import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.ServerCertificate;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Starts the edge within Quarkus and stops it again. Order: settings, pools, lab servers if embedded, checks with the
 * first look-up of names, and only then the listener.
 */
@ApplicationScoped
public class EdgeLifecycle implements ConfigReload {

    private static final Logger LOG = Logger.getLogger("io.veza.edge");
    private static final long LONGEST_STEP_SECONDS = 10;
    private static final long LAST_WORDS_MILLIS = 3000;

    /** What {@link Statistics#sample} asks for. */
    private static final long SAMPLE_MILLIS = 1000;

    private static final long DRAIN_LOOK_MILLIS = 50;

    private final EventLoopGroup trafficLoops;
    private final String version;
    private volatile Pools pools = new Pools(List.of());
    private final List<TrafficCounters> counters = new CopyOnWriteArrayList<>();
    private volatile @Nullable TrafficPlane plane;
    private volatile @Nullable Statistics statistics;
    private volatile @Nullable InetSocketAddress address;
    private volatile Optional<AccessLog> accessLog = Optional.empty();
    private volatile Optional<Certificates> certificates = Optional.empty();
    private final CertificateWatch certificateWatch = new CertificateWatch();
    private volatile EdgeSettings.Shutdown shutdown = EdgeSettings.Shutdown.AT_ONCE;
    private volatile boolean stopping;
    private @Nullable Vertx checksVertx;
    private @Nullable Prober prober;
    private volatile @Nullable EdgeCollector collector;
    private volatile @Nullable Reloader reloader;

    EdgeLifecycle(
            @MainEventLoopGroup EventLoopGroup trafficLoops,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        this.trafficLoops = trafficLoops;
        this.version = version;
    }

    void start(@Observes StartupEvent event) throws Exception {
        Configuration configuration =
                Configuration.of(ConfigProvider.getConfig().unwrap(SmallRyeConfig.class));
        EdgeSettings settings = configuration.settings();
        MonotonicClock clock = new MonotonicClock();
        PoolMaking making = new PoolMaking(clock, EdgeLifecycle::log);
        Pools pools = new Pools(settings.pools().stream().map(making::pool).toList());
        this.pools = pools;
        // Checks and lab servers keep off the loops that carry traffic.
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true));
        checksVertx = vertx;
        if (settings.embeddedLab()) {
            LabTopology lab = Lab.embedded(vertx, LabTopology.Layout.DEFAULT)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(LONGEST_STEP_SECONDS, TimeUnit.SECONDS);
            LOG.infof(
                    "lab servers %s run embedded; stop and start them at http://127.0.0.1:%d/lab",
                    lab.names(), (Object) lab.controlPort());
        }
        Optional<AccessLog> log = accessLog(settings.accessLog());
        accessLog = log;
        if (!ProcessSignal.handle("USR1", () -> accessLog.ifPresent(AccessLog::follow))) {
            LOG.debug("no handler for the signal USR1");
        }
        TrafficPlane opening = new TrafficPlane(
                trafficLoops,
                PlaneSettings.traffic(settings),
                pools.all(),
                settings.routes(),
                settings.defaultPool(),
                this::newCounters,
                () -> log.map(AccessLog::newLoopLog).orElse(null));
        plane = opening;
        statistics = new Statistics(pools, opening, () -> counters, clock);
        vertx.setPeriodic(SAMPLE_MILLIS, tick -> statistics().sample());
        log.ifPresent(lines -> vertx.setPeriodic(SAMPLE_MILLIS, tick -> lines.warnOfLosses()));
        collector = new EdgeCollector(
                pools,
                opening,
                () -> counters,
                clock,
                new ProcessFacts(
                        version,
                        clock.instant(),
                        this::isStopping,
                        () -> log.map(AccessLog::dropped).orElse(0L),
                        this::reloads));
        Prober checks =
                new Prober(vertx, pools, () -> ThreadLocalRandom.current().nextLong());
        prober = checks;
        certificateWatch.start(opening::serverTls, checks::serverTls);
        checks.start().toCompletableFuture().get(LONGEST_STEP_SECONDS, TimeUnit.SECONDS);
        Optional<InetSocketAddress> plain = Optional.empty();
        if (settings.listen().http().isPresent()) {
            plain = Optional.of(
                    listen(opening, settings, settings.listen().http().getAsInt()));
            address = plain.get();
        }
        Optional<InetSocketAddress> secured = Optional.empty();
        if (settings.tls().isPresent()) {
            secured =
                    Optional.of(listenSecured(opening, settings, settings.tls().get()));
            address = plain.orElse(secured.get());
        }
        shutdown = settings.shutdown();
        Changeover changeover = new Changeover(settings, making, pools, opening, checks, certificates, read -> {
            certificates = Optional.of(read);
            certificateWatch.follow(read);
        });
        reloader = new Reloader(configuration, Configuration::sources, next -> {
            List<String> changes = changeover.to(next);
            shutdown = next.shutdown();
            return changes;
        });
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            StopSignals.handle(this::stopGracefully);
            if (!ProcessSignal.handle("HUP", () -> new Thread(() -> reload("SIGHUP"), "edge-reload").start())) {
                LOG.debug("no handler for the signal HUP");
            }
        }
        LOG.infof(
                "%s, pools %s",
                Stream.of(plain.map(at -> "http on " + words(at)), secured.map(at -> "https on " + words(at)))
                        .flatMap(Optional::stream)
                        .collect(Collectors.joining(", ")),
                pools.all().stream().map(PoolController::name).toList());
    }

    /** The port was free when the configuration was checked; in dev mode nobody has looked. */
    private static InetSocketAddress listen(TrafficPlane plane, EdgeSettings settings, int port) throws Exception {
        EdgeSettings.Listen at = settings.listen();
        try {
            return plane.listen(new InetSocketAddress(at.host(), port), PlaneSettings.listener("http", settings));
        } catch (IOException e) {
            throw new IOException(
                    "edge.listen.http = " + port + ": cannot be bound on " + at.host() + ": " + e.getMessage(), e);
        }
    }

    private InetSocketAddress listenSecured(TrafficPlane plane, EdgeSettings settings, TlsSettings tls)
            throws Exception {
        Certificates read = new Certificates(CertificateCheck.options(tls), InstantSource.system());
        certificates = Optional.of(read);
        certificateWatch.start(read);
        LOG.infof(
                "TLS by %s, certificates %s",
                read.provider(),
                read.all().stream().map(ServerCertificate::file).toList());
        Instant now = Instant.now();
        for (ServerCertificate certificate : read.all()) {
            certificate
                    .outOfDate(now)
                    .ifPresent(wrong -> LOG.warnf("the certificate of %s %s", certificate.file(), wrong));
        }
        try {
            return plane.listen(
                    new InetSocketAddress(settings.listen().host(), tls.port()),
                    PlaneSettings.listener("https", settings).withCertificates(read));
        } catch (IOException e) {
            throw new IOException(
                    "edge.listen.https = " + tls.port() + ": cannot be bound on "
                            + settings.listen().host() + ": " + e.getMessage(),
                    e);
        }
    }

    private static Optional<AccessLog> accessLog(EdgeSettings.AccessLog log) {
        return format(log.format())
                .map(format -> new AccessLog(
                        new AccessLogSettings(format, log.file(), log.sample(), log.errorsOnly(), log.query())));
    }

    private static Optional<AccessLogSettings.Format> format(EdgeSettings.LineFormat format) {
        return switch (format) {
            case OFF -> Optional.empty();
            case HAPROXY -> Optional.of(AccessLogSettings.Format.HAPROXY);
            case JSON -> Optional.of(AccessLogSettings.Format.JSON);
            case COMBINED -> Optional.of(AccessLogSettings.Format.COMBINED);
        };
    }

    private TrafficCounters newCounters() {
        TrafficCounters loop = new TrafficCounters();
        counters.add(loop);
        return loop;
    }

    private static void log(ServerTransition transition) {
        LOG.info(transition.line());
    }

    /** Where clients connect, by HTTP if they may; empty before a listener is bound and after it was closed. */
    public Optional<InetSocketAddress> address() {
        return Optional.ofNullable(address);
    }

    /** By which the HTTPS listener speaks TLS; empty if there is none. */
    public Optional<Certificates> certificates() {
        return certificates;
    }

    /** Those there are, and those that reloads bring. */
    public Pools pools() {
        return pools;
    }

    /** What became of reloads. */
    public ConfigReloads reloads() {
        Reloader made = reloader;
        return made == null ? ConfigReloads.none(Instant.now()) : made.reloads();
    }

    @Override
    public Outcome reload(String by) {
        return running(reloader).reload(by);
    }

    /** The traffic plane; only while the edge runs. */
    public TrafficPlane plane() {
        return running(plane);
    }

    /** What is counted; only while the edge runs. */
    public Statistics statistics() {
        return running(statistics);
    }

    /** What a scrape gets; empty before the edge has started. */
    Optional<EdgeCollector> collector() {
        return Optional.ofNullable(collector);
    }

    private static <T> T running(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the edge has not started");
        }
        return part;
    }

    /** Whether the edge is on its way down: it still serves, but should be given nothing new. */
    public boolean isStopping() {
        return stopping;
    }

    /**
     * Goes down without losing a request: says that it is not ready, serves on for the configured delay so that others may
     * notice, then takes nobody in and waits for what is under way, at most for the configured time. Blocks as long.
     *
     * @param cause for the log
     */
    private void stopGracefully(String cause) {
        EdgeSettings.Shutdown shutdown = this.shutdown;
        stopping = true;
        LOG.infof(
                "%s: not ready any more, serving for %s, then draining for at most %s",
                cause, words(shutdown.delay()), words(shutdown.drain()));
        TrafficPlane draining = plane();
        try {
            Thread.sleep(shutdown.delay().toMillis());
            draining.drain(shutdown.drain());
            long deadline = System.nanoTime() + shutdown.drain().toNanos();
            while (draining.connections() > 0 && System.nanoTime() - deadline < 0) {
                Thread.sleep(DRAIN_LOOK_MILLIS);
            }
            LOG.infof("drained, %d connections left", draining.connections());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            // Whatever went wrong: an edge that is not ready must not stay.
            Quarkus.asyncExit(0);
        }
    }

    private static ServerAddress words(InetSocketAddress address) {
        return new ServerAddress(address.getAddress().getHostAddress(), address.getPort());
    }

    /** As it may be configured: {@code 0.5s}, {@code 1m30s}. */
    private static String words(Duration duration) {
        return duration.toString().substring("PT".length()).toLowerCase(Locale.ROOT);
    }

    void stop(@Observes ShutdownEvent event) throws Exception {
        address = null;
        TrafficPlane open = plane;
        if (open != null) {
            open.close();
        }
        certificateWatch.stop();
        accessLog.ifPresent(AccessLog::close);
        if (prober != null) {
            prober.close();
        }
        if (checksVertx != null) {
            try {
                checksVertx
                        .close()
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(LONGEST_STEP_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                LOG.warn("checks and lab servers did not stop in time");
            }
        }
        if (stopping) {
            endThoughNobodyReads();
        }
    }

    /**
     * Ends the process a little later if it has not ended by then: the last thing Quarkus does is to close the console's
     * handler, which waits for whoever is writing to a standard output that nobody reads.
     */
    private static void endThoughNobodyReads() {
        Thread last = new Thread(
                () -> {
                    try {
                        Thread.sleep(LAST_WORDS_MILLIS);
                        Runtime.getRuntime().halt(0);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "edge-end");
        last.setDaemon(true);
        last.start();
    }
}
