package io.veza.edge;

import com.sun.net.httpserver.HttpServer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.veza.edge.admin.ConfigReload.Outcome;
import io.veza.edge.config.Configuration;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.Pools;
import io.veza.edge.metrics.EdgeCollector;
import io.veza.edge.metrics.ProcessFacts;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.probe.Prober;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficPlane;
import io.veza.edge.tls.Certificates;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** What {@link EdgeLifecycle} makes of a configuration, on one event loop, with servers that say who they are. */
final class ReloadFixture implements AutoCloseable {

    final Map<String, String> settings = new HashMap<>();

    /** Whether reading fails. */
    boolean unreadable;

    /** Read besides, if it is there. */
    @Nullable
    Path file;

    final List<TrafficCounters> counters = new CopyOnWriteArrayList<>();
    final Pools pools;
    final TrafficPlane plane;
    final Statistics statistics;
    final EdgeCollector collector;
    final InetSocketAddress address;

    /** Holds every answer to {@code /hold}. */
    final CountDownLatch held = new CountDownLatch(1);

    final CountDownLatch asked = new CountDownLatch(1);
    private final Reloader reloader;
    private final Prober prober;
    private final Vertx vertx = Vertx.vertx();
    private final EventLoopGroup group = new NioEventLoopGroup(1);
    private final List<HttpServer> servers = new ArrayList<>();
    private final ExecutorService workers = Executors.newCachedThreadPool();

    /** Where TLS is spoken; empty unless a certificate was given. */
    final Optional<InetSocketAddress> secured;

    /** Pools of one server each, {@code a} and {@code b}, by routes {@code /a} and {@code /b}. */
    ReloadFixture() throws Exception {
        this(Map.of());
    }

    /** The same with more settings. */
    ReloadFixture(Map<String, String> more) throws Exception {
        settings.putAll(more);
        settings.put("edge.listen.http", "0");
        settings.put("edge.threads", "1");
        settings.put("edge.admin.socket", "");
        for (String pool : List.of("a", "b")) {
            pool(pool, pool + "1");
        }
        Configuration configuration = Configuration.of(source());
        MonotonicClock clock = new MonotonicClock();
        PoolMaking making = new PoolMaking(clock, transition -> {});
        pools = new Pools(
                configuration.settings().pools().stream().map(making::pool).toList());
        plane = new TrafficPlane(
                group,
                PlaneSettings.traffic(configuration.settings()),
                pools.all(),
                configuration.settings().routes(),
                configuration.settings().defaultPool(),
                () -> {
                    TrafficCounters loop = new TrafficCounters();
                    counters.add(loop);
                    return loop;
                },
                () -> null);
        statistics = new Statistics(pools, plane, () -> counters, clock);
        prober = new Prober(vertx, pools, new SplittableRandom(1)::nextLong);
        prober.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
        address = plane.listen(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                PlaneSettings.listener("http", configuration.settings()));
        Optional<Certificates> certificates = configuration
                .settings()
                .tls()
                .map(tls -> new Certificates(CertificateCheck.options(tls), InstantSource.system()));
        secured = certificates.isPresent()
                ? Optional.of(plane.listen(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        PlaneSettings.listener("https", configuration.settings())
                                .withCertificates(certificates.get())))
                : Optional.empty();
        Changeover changeover =
                new Changeover(configuration.settings(), making, pools, plane, prober, certificates, next -> {});
        reloader = new Reloader(configuration, this::source, changeover::to);
        collector = new EdgeCollector(
                pools,
                plane,
                () -> counters,
                clock,
                new ProcessFacts("test", Instant.EPOCH, () -> false, () -> 0, reloader::reloads));
    }

    private SmallRyeConfig source() {
        if (unreadable) {
            throw new IllegalArgumentException("no such place");
        }
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withSources(new PropertiesConfigSource(Map.copyOf(settings), "test.properties", 250))
                .withValidateUnknown(false);
        if (file != null && Files.exists(file)) {
            try {
                builder.withSources(new PropertiesConfigSource(file.toUri().toURL(), 260));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return builder.build();
    }

    /** Configures a pool with a server of this name, and a route to it. */
    void pool(String pool, String server) throws IOException {
        String key = "edge.pools." + pool;
        settings.put(key + ".health.interval", "50ms");
        settings.put(key + ".health.timeout", "5s");
        settings.put(key + ".slow-start", "0");
        settings.put("edge.routes." + pool + ".pool", pool);
        settings.put("edge.routes." + pool + ".path-prefixes", "/" + pool);
        server(pool, server);
    }

    /** Starts a server that answers with its name and the port it is reached from, and configures it. */
    void server(String pool, String name) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(workers);
        server.createContext("/", exchange -> {
            if (exchange.getRequestURI().getPath().endsWith("/hold")) {
                asked.countDown();
                try {
                    held.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            byte[] body = (name + " " + exchange.getRemoteAddress().getPort()).getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        servers.add(server);
        settings.put(
                "edge.pools." + pool + ".servers." + name + ".address",
                "127.0.0.1:" + server.getAddress().getPort());
    }

    void remove(String beginning) {
        settings.keySet().removeIf(key -> key.startsWith(beginning));
    }

    Outcome reload() {
        return reloader.reload("a test");
    }

    PoolController pool(String name) {
        return pools.find(name).orElseThrow();
    }

    /** What a scrape has of this metric, by its labels' values. */
    List<List<String>> series(String metric) {
        return collector.collect().stream()
                .flatMap(family -> family.samples.stream())
                .filter(sample -> sample.name.equals(metric))
                .map(sample -> sample.labelValues)
                .toList();
    }

    double value(String metric, String... labels) {
        return collector.collect().stream()
                .flatMap(family -> family.samples.stream())
                .filter(sample -> sample.name.equals(metric) && sample.labelValues.equals(List.of(labels)))
                .mapToDouble(sample -> sample.value)
                .sum();
    }

    static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within ten seconds");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    Client client() throws IOException {
        return new Client();
    }

    /** A connection over TLS to whom the certificate does not matter. */
    Client securedClient() throws IOException, GeneralSecurityException {
        InetSocketAddress at = secured.orElseThrow();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(at.getAddress(), at.getPort());
        socket.setSoTimeout(10_000);
        socket.startHandshake();
        return new Client(socket);
    }

    /** One connection of a client. */
    final class Client implements AutoCloseable {
        final Socket socket;
        private final InputStream in;

        Client() throws IOException {
            this(new Socket(address.getAddress(), address.getPort()));
        }

        Client(Socket socket) throws IOException {
            this.socket = socket;
            this.in = socket.getInputStream();
            socket.setSoTimeout(10_000);
        }

        /** The name of whom the certificate is that was shown. */
        String certificate() throws IOException {
            X509Certificate shown =
                    (X509Certificate) ((SSLSocket) socket).getSession().getPeerCertificates()[0];
            return shown.getSubjectX500Principal().getName();
        }

        Client send(String path) throws IOException {
            String request = "GET " + path + " HTTP/1.1\r\nHost: edge.test\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return this;
        }

        /** The body of a response with status 200, else its status; empty if the connection ended. */
        String answer() throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int next = in.read();
                if (next < 0) {
                    return "";
                }
                head.append((char) next);
            }
            String text = head.toString();
            int at = text.toLowerCase(Locale.ROOT).indexOf("content-length: ") + 16;
            byte[] body = in.readNBytes(Integer.parseInt(text.substring(at, text.indexOf('\r', at))));
            String status = text.substring(9, 12);
            return status.equals("200") ? new String(body, StandardCharsets.US_ASCII) : status;
        }

        String get(String path) throws IOException {
            return send(path).answer();
        }

        @Override
        public void close() {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() throws Exception {
        held.countDown();
        plane.close();
        prober.close();
        servers.forEach(server -> server.stop(0));
        workers.shutdownNow();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
