package io.veza.edge.config;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.SmallRyeConfig;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.pool.AddressRule;
import io.veza.edge.pool.Route;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * A whole, valid configuration.
 *
 * @param threads event loops that carry traffic
 * @param pools at least one, sorted by name
 * @param routes each to one of the pools, sorted by name
 * @param defaultPool one of the pools, for requests that no route takes
 * @param trustedProxies whose forwarding fields, and where a listener asks for it whose PROXY header, are believed
 * @param tls how the HTTPS listener is spoken to; empty for none
 * @param access who comes in through each listener, by its name, {@code http} and {@code https}
 * @param httpsPolicy what holds clients to TLS
 * @param admin how an operator reaches the running edge
 * @param accessLog how each exchange is logged, if it is
 * @param shutdown how the process ends
 * @param embeddedLab whether the lab servers run inside this process
 */
public record EdgeSettings(
        Listen listen,
        int threads,
        List<PoolDefinition> pools,
        List<Route> routes,
        Optional<String> defaultPool,
        Timeouts timeouts,
        Limits limits,
        List<Cidr> trustedProxies,
        Optional<TlsSettings> tls,
        Map<String, ListenerAccess> access,
        HttpsPolicy httpsPolicy,
        Admin admin,
        AccessLog accessLog,
        Shutdown shutdown,
        boolean embeddedLab) {

    /**
     * Where clients connect.
     *
     * @param http 0 for a free port; empty for HTTPS only
     * @param h2c whether HTTP/2 is taken there too
     */
    public record Listen(String host, OptionalInt http, boolean h2c) {}

    /**
     * Timeouts of the client's side and of idle connections, each positive; those towards servers are in each pool.
     *
     * @param requestHead for a whole request head
     * @param client between two reads from, or writes to, a client in the middle of an exchange
     * @param keepAlive from a response to the next request
     * @param serverKeepAlive how long an idle server connection is kept
     */
    public record Timeouts(Duration requestHead, Duration client, Duration keepAlive, Duration serverKeepAlive) {}

    /**
     * Bounds of what is accepted and kept.
     *
     * @param requestLine bytes of a request line
     * @param head bytes of a head
     * @param headers fields in a head
     * @param connections clients at a time
     * @param connectionsPerAddress clients of one address at a time; empty for any number
     * @param connectionRatePerAddress new ones of one address a second; empty for any number
     * @param bodyRate bytes a second that a client must send of a body and take of a response; empty for any
     * @param streams requests at a time of one HTTP/2 connection
     * @param streamResets requests in ten seconds that an HTTP/2 client may take back or send malformed
     * @param idleConnections per server and event loop
     */
    public record Limits(
            int requestLine,
            int head,
            int headers,
            int connections,
            OptionalInt connectionsPerAddress,
            OptionalInt connectionRatePerAddress,
            OptionalInt bodyRate,
            int streams,
            int streamResets,
            int idleConnections) {}

    /**
     * How an operator reaches the running edge, and who may change it.
     *
     * @param socket path of the runtime API's socket; empty for none
     * @param token what a writer over the management address has to show
     */
    public record Admin(Optional<Path> socket, Optional<Secret> token) {}

    /**
     * How exchanges are logged.
     *
     * @param file in a directory that exists; empty for the standard output
     * @param sample the share of them that is logged, 0..1
     * @param errorsOnly leaves out what ended in good order
     * @param query whether queries are logged
     */
    public record AccessLog(LineFormat format, Optional<Path> file, double sample, boolean errorsOnly, boolean query) {}

    /** How a line of the access log is written; {@code OFF} for not at all. */
    public enum LineFormat {
        OFF,
        HAPROXY,
        JSON,
        COMBINED
    }

    /**
     * How the process ends, neither of them negative.
     *
     * @param delay from the signal until nobody is accepted any more
     * @param drain from then until what is left is cut
     */
    public record Shutdown(Duration delay, Duration drain) {
        public static final Shutdown AT_ONCE = new Shutdown(Duration.ZERO, Duration.ZERO);
    }

    static final Format<Duration> TIMEOUT = Format.duration(Duration.ofMillis(1), Duration.ofDays(30));

    static final Duration STAND_IN = Duration.ofSeconds(1);
    private static final int LARGEST_HEAD = 1 << 20;

    public EdgeSettings {
        pools = List.copyOf(pools);
        routes = List.copyOf(routes);
        trustedProxies = List.copyOf(trustedProxies);
        access = Map.copyOf(access);
    }

    /** Who comes in through the listener of this name. */
    public ListenerAccess access(String listener) {
        return Objects.requireNonNull(access.get(listener));
    }

    /**
     * Reads the sources that a Quarkus application reads, without one being started. Not for {@code main} in dev mode, which
     * runs before Quarkus says so: it would read the profile {@code prod}.
     *
     * @throws InvalidConfigException with all problems
     */
    public static EdgeSettings load() {
        return from(ConfigUtils.configBuilder().build());
    }

    /**
     * Reads this configuration, of a running application for instance. It must not validate unknown keys by itself
     * ({@code quarkus.config.mapping.validate-unknown=false}): they are reported here, together with all else.
     *
     * @throws InvalidConfigException with all problems
     */
    public static EdgeSettings from(SmallRyeConfig config) {
        Problems problems = new Problems();
        new KnownKeys().check(config, problems);
        register(config);
        return from(config.getConfigMapping(EdgeConfig.class), problems);
    }

    /** An application registers only the mappings that it injects, and before it starts there is none. */
    static void register(SmallRyeConfig config) {
        ConfigMappings.registerConfigMappings(config, Set.of(ConfigClass.configClass(EdgeConfig.class)));
    }

    private static EdgeSettings from(EdgeConfig config, Problems problems) {
        Map<String, PoolConfig> pools = new TreeMap<>(config.pools());
        if (pools.isEmpty()) {
            problems.add(
                    "edge.pools",
                    "",
                    "there must be a pool, such as edge.pools.api_pool.servers.api-1.address=127.0.0.1:8081");
        }
        Format<String> pool = text -> {
            if (!pools.containsKey(text)) {
                throw new IllegalArgumentException("there is no such pool; there are " + pools.keySet());
            }
            return text;
        };
        PoolTranslation translation = new PoolTranslation(config.timeouts(), problems);
        List<PoolDefinition> definitions = new ArrayList<>();
        pools.forEach((name, values) -> translation.definition(name, values).ifPresent(definitions::add));
        List<Cidr> trusted = problems.readIfPresent(config.trustedProxies(), Format.listOf(Cidr::parse))
                .orElse(List.of());
        EdgeSettings settings = new EdgeSettings(
                ListenTranslation.of(config, problems),
                problems.read(config.threads(), Format.number(1, 1_024), 1),
                definitions,
                routes(config.routes(), pool, problems),
                problems.readIfPresent(config.defaultPool(), pool),
                timeouts(config.timeouts(), problems),
                limits(config.limits(), problems),
                trusted,
                TlsTranslation.of(config, problems),
                AccessTranslation.listeners(config, trusted, problems),
                HttpsPolicy.from(config.tls(), problems),
                new Admin(
                        problems.readIfPresent(config.admin().socket(), Format.PATH),
                        problems.readIfPresent(config.admin().token(), Secret.TOKEN)),
                accessLog(config.accessLog(), problems),
                shutdown(config.shutdown(), problems),
                problems.read(config.lab().embedded(), Format.FLAG, false));
        problems.throwIfAny(settings.listen(), settings.admin().socket(), settings.tls());
        return settings;
    }

    private static List<Route> routes(Map<String, EdgeConfig.Route> routes, Format<String> pool, Problems problems) {
        // A route made of one part alone says what is wrong with that part.
        Format<String> prefix = text ->
                new Route("r", "p", List.of(text), List.of(), 0).pathPrefixes().get(0);
        Format<String> host =
                text -> new Route("r", "p", List.of(), List.of(text), 0).hosts().get(0);
        List<Route> translated = new ArrayList<>();
        new TreeMap<>(routes).forEach((name, route) -> {
            String to = problems.read(route.pool(), pool, "p");
            List<String> prefixes = problems.read(route.pathPrefixes(), Format.listOf(prefix), List.of());
            List<String> hosts =
                    problems.readIfPresent(route.hosts(), Format.listOf(host)).orElse(List.of());
            int priority = problems.read(route.priority(), Format.number(-1_000_000, 1_000_000), 0);
            AddressRule clients = AccessTranslation.rule(route.allow(), route.deny(), problems);
            problems.attempt(
                            Problems.key("edge.routes", name),
                            "",
                            () -> new Route(name, to, prefixes, hosts, priority, clients))
                    .ifPresent(translated::add);
        });
        ambiguities(translated, problems);
        return translated;
    }

    /** Two routes that take the very same requests: one of them would never be used, and which is nobody's intention. */
    private static void ambiguities(List<Route> routes, Problems problems) {
        Map<String, Route> taken = new TreeMap<>();
        for (Route route : routes) {
            for (String prefix : route.pathPrefixes()) {
                String end = prefix.length() > 1 && prefix.endsWith("/") ? "" : "/";
                for (String host : route.hosts().isEmpty() ? List.of("any host") : route.hosts()) {
                    Route first = taken.putIfAbsent(host + " " + prefix + end + " " + route.priority(), route);
                    if (first != null && !first.equals(route)) {
                        problems.add(
                                Problems.key("edge.routes", route.name()) + ".path-prefixes",
                                prefix,
                                "route " + first.name() + " takes the same requests (" + host
                                        + "); give one of the two another priority");
                    }
                }
            }
        }
    }

    private static Timeouts timeouts(EdgeConfig.Timeouts timeouts, Problems problems) {
        return new Timeouts(
                problems.read(timeouts.requestHead(), TIMEOUT, STAND_IN),
                problems.read(timeouts.client(), TIMEOUT, STAND_IN),
                problems.read(timeouts.keepAlive(), TIMEOUT, STAND_IN),
                problems.read(timeouts.serverKeepAlive(), TIMEOUT, STAND_IN));
    }

    private static Shutdown shutdown(EdgeConfig.Shutdown shutdown, Problems problems) {
        Format<Duration> time = Format.duration(Duration.ZERO, Duration.ofHours(1));
        return new Shutdown(
                problems.read(shutdown.delay(), time, Duration.ZERO),
                problems.read(shutdown.drain(), time, Duration.ZERO));
    }

    private static Limits limits(EdgeConfig.Limits limits, Problems problems) {
        int head = problems.read(limits.head(), Format.size(64, LARGEST_HEAD), LARGEST_HEAD);
        return new Limits(
                problems.read(limits.requestLine(), Format.size(64, head), head),
                head,
                problems.read(limits.headers(), Format.number(1, 10_000), 1),
                problems.read(limits.connections(), Format.number(1, 1_000_000), 1),
                problems.read(limits.connectionsPerAddress(), Format.NUMBER_OR_OFF, OptionalInt.empty()),
                problems.read(limits.connectionRatePerAddress(), Format.NUMBER_OR_OFF, OptionalInt.empty()),
                problems.read(limits.bodyRate(), Format.NUMBER_OR_OFF, OptionalInt.empty()),
                problems.read(limits.streams(), Format.number(1, 10_000), 1),
                problems.read(limits.streamResets(), Format.number(1, 1_000_000), 1),
                problems.read(limits.idleConnections(), Format.number(0, 65_536), 0));
    }

    private static AccessLog accessLog(EdgeConfig.AccessLog log, Problems problems) {
        LineFormat format = problems.read(log.format(), Format.oneOf(LineFormat.values()), LineFormat.OFF);
        // What is off may name a file for another machine.
        Format<Optional<Path>> target = format == LineFormat.OFF ? text -> Optional.empty() : Format.LOG_TARGET;
        return new AccessLog(
                format,
                problems.read(log.target(), target, Optional.empty()),
                problems.read(log.sample(), Format.SHARE, 1.0),
                problems.read(log.errorsOnly(), Format.FLAG, false),
                problems.read(log.query(), Format.FLAG, true));
    }
}
