package io.veza.edge.config;

import io.smallrye.config.ConfigValue;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.ServerLink;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.persistence.SameSite;
import io.veza.edge.persistence.StickyCookie;
import io.veza.edge.pool.Algorithm;
import io.veza.edge.pool.Balance;
import io.veza.edge.pool.HashKey;
import io.veza.edge.pool.OnMarkedDown;
import io.veza.edge.pool.Pool;
import io.veza.edge.pool.PoolTimeouts;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeMap;

/** The translation of {@code edge.pools.<pool>} into a {@link PoolDefinition}. */
final class PoolTranslation {

    /** The ring holds 256 points per unit of weight; 2^22 of them, 32 MiB, are as many as it may have. */
    static final int LARGEST_RING = 16_384;

    private static final Duration LONGEST = Duration.ofDays(30);
    private static final Format<Duration> COOKIE_AGE = Format.duration(Duration.ofSeconds(1), Duration.ofDays(3_650));
    private static final Format<Duration> RAMP = Format.duration(Duration.ZERO, LONGEST);
    private static final Format<Integer> COUNT = Format.number(1, 1_000);

    private static final Format<String> COOKIE_NAME = text ->
            new StickyCookie(text, false, false, SameSite.NONE_GIVEN, Optional.empty(), Optional.empty()).name();

    private static final Format<String> CHECK_PATH = text -> {
        if (!text.matches("/[!-~]*") || text.contains("#")) {
            throw new IllegalArgumentException("must begin with / and have no blanks, # or letters beyond ASCII");
        }
        return text;
    };

    private enum CheckType {
        HTTP,
        GRPC
    }

    private static final Format<String> GRPC_SERVICE = text -> {
        if (!text.matches("[A-Za-z0-9_.-]{1,256}")) {
            throw new IllegalArgumentException("must be a service's name such as shop.v1.Cart");
        }
        return text;
    };

    private final Problems problems;
    private final PoolTimeouts defaults;

    PoolTranslation(EdgeConfig.Timeouts timeouts, Problems problems) {
        this.problems = problems;
        PoolTimeouts standIn = PoolTimeouts.DEFAULT;
        this.defaults = new PoolTimeouts(
                problems.read(timeouts.connect(), EdgeSettings.TIMEOUT, standIn.connect()),
                problems.read(timeouts.server(), EdgeSettings.TIMEOUT, standIn.server()),
                problems.read(timeouts.tunnel(), EdgeSettings.TIMEOUT, standIn.tunnel()),
                problems.read(timeouts.queue(), EdgeSettings.TIMEOUT, standIn.queue()));
    }

    /** The pool as far as it could be read; empty if not even its name is one. */
    Optional<PoolDefinition> definition(String name, PoolConfig config) {
        String key = Problems.key("edge.pools", name);
        List<Server> servers = servers(key, config);
        Balance balance = balance(config);
        int weights =
                servers.stream().mapToInt(server -> server.weight().value()).sum();
        if (balance.algorithm() == Algorithm.URI && weights > LARGEST_RING) {
            problems.add(
                    key + ".servers",
                    "",
                    "the weights of a pool with balance=uri add up to " + weights + "; " + LARGEST_RING
                            + " is the most");
        }
        Duration slowStart = problems.read(config.slowStart(), RAMP, Duration.ZERO);
        OnMarkedDown onMarkedDown =
                problems.read(config.onMarkedDown(), Format.oneOf(OnMarkedDown.values()), OnMarkedDown.NONE);
        int maxQueue = problems.read(config.maxQueue(), Format.number(0, 1_000_000), 0);
        Optional<StickyCookie> stickyCookie = stickyCookie(config.stickyCookie());
        PoolTimeouts timeouts = timeouts(config.timeouts());
        ServerLink link = new LinkTranslation(problems).link(config);
        HealthPolicy health = health(config.health(), link);
        return problems.attempt(
                        key, "", () -> new Pool(name, balance, slowStart, onMarkedDown, timeouts, maxQueue, servers))
                .map(pool -> new PoolDefinition(pool, health, stickyCookie, link));
    }

    /** Those that could be read, without the second of two with the same address. */
    private List<Server> servers(String key, PoolConfig config) {
        if (config.servers().isEmpty()) {
            problems.add(
                    key + ".servers", "", "there must be a server, such as " + key + ".servers.one.address=host:port");
        }
        OptionalInt defaultPort = optionalInt(config.defaultPort(), Format.PORT);
        List<Server> servers = new ArrayList<>();
        Map<ServerAddress, String> owners = new HashMap<>();
        new TreeMap<>(config.servers())
                .forEach((name, server) -> server(Problems.key(key + ".servers", name), name, server, defaultPort)
                        .ifPresent(read -> {
                            String owner = owners.putIfAbsent(read.address(), name);
                            if (owner == null) {
                                servers.add(read);
                            } else {
                                problems.add(server.address(), "is the address of server " + owner + " already");
                            }
                        }));
        return servers;
    }

    @SuppressWarnings(
            "ReferenceEquality") // the stand-in is this one object, not an address that happens to look like it
    private Optional<Server> server(String key, String name, PoolConfig.Server config, OptionalInt defaultPort) {
        ServerAddress standIn = new ServerAddress("unreadable", 1);
        ServerAddress address =
                problems.read(config.address(), text -> ServerAddress.parse(text, defaultPort), standIn);
        Weight weight = new Weight(problems.read(config.weight(), Format.number(0, Weight.MAX), 1));
        OptionalInt maxConnections = optionalInt(config.maxConnections(), Format.number(1, 1_000_000));
        boolean backup = problems.read(config.backup(), Format.FLAG, false);
        return problems.attempt(key, "", () -> new Server(name, address, weight, maxConnections, backup))
                .filter(server -> server.address() != standIn);
    }

    private Balance balance(PoolConfig config) {
        return new Balance(
                problems.read(config.balance(), Format.oneOf(Algorithm.values()), Algorithm.ROUNDROBIN),
                problems.read(config.hash().key(), HashKey::parse, new HashKey.Uri()),
                problems.read(config.hash().boundedLoad(), Format.BOUNDED_LOAD, OptionalDouble.empty()));
    }

    private Optional<StickyCookie> stickyCookie(PoolConfig.StickyCookie config) {
        boolean enabled = problems.read(config.enabled(), Format.FLAG, false);
        String name = problems.read(config.name(), COOKIE_NAME, "unreadable");
        boolean secure = problems.read(config.secure(), Format.FLAG, true);
        boolean httpOnly = problems.read(config.httpOnly(), Format.FLAG, false);
        SameSite sameSite = problems.readIfPresent(
                        config.sameSite(), Format.oneOf(SameSite.LAX, SameSite.STRICT, SameSite.NONE))
                .orElse(SameSite.NONE_GIVEN);
        Optional<Duration> maxIdle = problems.readIfPresent(config.maxIdle(), COOKIE_AGE);
        Optional<Duration> maxLife = problems.readIfPresent(config.maxLife(), COOKIE_AGE);
        return problems.attempt(
                        config.sameSite().getName(),
                        "none",
                        () -> new StickyCookie(name, secure, httpOnly, sameSite, maxIdle, maxLife))
                .filter(cookie -> enabled);
    }

    private HealthPolicy health(PoolConfig.Health config, ServerLink link) {
        CheckType type = problems.read(config.type(), Format.oneOf(CheckType.values()), CheckType.HTTP);
        Optional<String> grpcService = problems.readIfPresent(config.grpcService(), GRPC_SERVICE);
        if (type == CheckType.GRPC && !link.isHttp2()) {
            problems.add(config.type(), "needs protocol=h2c or h2, as gRPC does");
        }
        Duration interval = problems.read(config.interval(), EdgeSettings.TIMEOUT, LONGEST);
        return new HealthPolicy(
                problems.read(config.enabled(), Format.FLAG, true),
                problems.read(config.path(), CHECK_PATH, "/"),
                optionalInt(config.port(), Format.PORT),
                interval,
                problems.readIfPresent(config.fastInterval(), EdgeSettings.TIMEOUT)
                        .orElse(interval),
                problems.readIfPresent(config.timeout(), EdgeSettings.TIMEOUT).orElse(interval),
                problems.read(config.fall(), COUNT, 1),
                problems.read(config.rise(), COUNT, 1),
                problems.read(
                        config.expectStatus(),
                        Format.listOf(Format.STATUS_RANGE),
                        List.of(new HealthPolicy.StatusRange(200, 399))),
                problems.readIfPresent(config.expectBody(), Format.REGEX),
                type == CheckType.GRPC ? Optional.of(grpcService.orElse("")) : Optional.empty());
    }

    private PoolTimeouts timeouts(PoolConfig.Timeouts config) {
        return new PoolTimeouts(
                timeout(config.connect(), defaults.connect()),
                timeout(config.server(), defaults.server()),
                timeout(config.tunnel(), defaults.tunnel()),
                timeout(config.queue(), defaults.queue()));
    }

    private Duration timeout(ConfigValue setting, Duration otherwise) {
        return problems.readIfPresent(setting, EdgeSettings.TIMEOUT).orElse(otherwise);
    }

    private OptionalInt optionalInt(ConfigValue setting, Format<Integer> format) {
        return problems.readIfPresent(setting, format).map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }
}
