package io.veza.edge.config;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.WithDefault;
import java.util.Map;

/** {@code edge.pools.<pool>} */
public interface PoolConfig {
    /** {@code roundrobin}, {@code leastconn}, {@code random} (of two) or {@code uri} (consistent hash). */
    @WithDefault("roundrobin")
    ConfigValue balance();

    /** What {@code balance=uri} hashes. */
    Hash hash();

    /** The cookie that keeps a client on its server. */
    StickyCookie stickyCookie();

    /** Active checks. */
    Health health();

    /** How long a server's weight ramps up after a recovery or maintenance; 0 for at once. */
    @WithDefault("${haproxy_graceful_drain_seconds:30}s")
    ConfigValue slowStart();

    /** What a server that is marked down does to its sessions: {@code shutdown-sessions} or {@code none}. */
    @WithDefault("shutdown-sessions")
    ConfigValue onMarkedDown();

    /** How many requests may wait while every server is at its {@code max-connections}, 0..1000000; others get 503. */
    @WithDefault("1024")
    ConfigValue maxQueue();

    /** Port of the servers whose address has none. */
    ConfigValue defaultPort();

    /** What the servers speak: {@code http1}, {@code h2c} (clear text, prior knowledge) or {@code h2} (needs TLS). */
    @WithDefault("http1")
    ConfigValue protocol();

    /** {@code none}, {@code v1} or {@code v2}: the PROXY header that a connection to a server begins with. */
    @WithDefault("none")
    ConfigValue sendProxy();

    /** TLS towards the servers. */
    ServerTls tls();

    /** This pool's timeouts where they differ from {@code edge.timeouts}. */
    Timeouts timeouts();

    /** The servers by name: the name is what the sticky cookie and the hash know. There must be one at least. */
    Map<String, Server> servers();

    /** {@code edge.pools.<pool>.hash} */
    interface Hash {
        /**
         * {@code uri} (whole, with the query), {@code path}, {@code path-depth:N}, {@code path-regex:<with one group>}, {@code
         * header:<name>}, {@code cookie:<name>} or {@code query:<name>}.
         */
        @WithDefault("uri")
        ConfigValue key();

        /** {@code off}, or how many times the average load a server may have at most: above 1 and up to 100. */
        @WithDefault("off")
        ConfigValue boundedLoad();
    }

    /** {@code edge.pools.<pool>.sticky-cookie}: HAProxy's {@code cookie <name> insert indirect nocache}. */
    interface StickyCookie {
        @WithDefault("false")
        ConfigValue enabled();

        /** A token. Pools may share a name. */
        @WithDefault("${haproxy_sticky_cookie_name:VEZA_SERVERID}")
        ConfigValue name();

        /** Whether browsers send it over TLS only. */
        @WithDefault("false")
        ConfigValue secure();

        /** Whether it is hidden from scripts. */
        @WithDefault("false")
        ConfigValue httpOnly();

        /** {@code lax}, {@code strict} or {@code none} (which needs {@code secure}). Default: the attribute is left out. */
        ConfigValue sameSite();

        /** How long it holds without use, at least 1s. Default: as long as the browser runs. */
        ConfigValue maxIdle();

        /** How long it holds at most, at least 1s. Default: as long as the browser runs. */
        ConfigValue maxLife();
    }

    /** {@code edge.pools.<pool>.health} */
    interface Health {
        /** False: no checks, every server is taken as up. */
        @WithDefault("true")
        ConfigValue enabled();

        /** {@code http}, or {@code grpc}: {@code grpc.health.v1.Health/Check}, which passes on SERVING. */
        @WithDefault("http")
        ConfigValue type();

        /** The service that is asked for with {@code type=grpc}. Default: the whole server. */
        ConfigValue grpcService();

        /** The request target of the check. */
        @WithDefault("/health")
        ConfigValue path();

        /** Where to check. Default: the server's traffic port. */
        ConfigValue port();

        /** From one check of a settled server to the next. */
        @WithDefault("${haproxy_health_check_interval_ms:5000}ms")
        ConfigValue interval();

        /** The same while a server is between up and down. Default: the interval. */
        ConfigValue fastInterval();

        /** Of one whole check. Default: the interval. */
        ConfigValue timeout();

        /** Failures in a row that take a server down, 1..1000. */
        @WithDefault("${haproxy_health_check_fall:3}")
        ConfigValue fall();

        /** Successes in a row that bring it back, 1..1000. */
        @WithDefault("${haproxy_health_check_rise:2}")
        ConfigValue rise();

        /** Status codes and ranges of them that pass: {@code 200-399} or {@code 200,204}. */
        @WithDefault("200-399")
        ConfigValue expectStatus();

        /** A regular expression to be found in the first 64 KiB of the body. Default: the body does not matter. */
        ConfigValue expectBody();
    }

    /** {@code edge.pools.<pool>.tls}: for traffic and checks. */
    interface ServerTls {
        @WithDefault("false")
        ConfigValue enabled();

        /** {@code required}: a server's certificate must be good and for its name; {@code none}: any will do. */
        @WithDefault("required")
        ConfigValue verify();

        /** PEM file with those who may have signed it. Default: those that the JDK trusts. */
        ConfigValue ca();

        /** The name that is asked for and verified. Default: the host of the server's address. */
        ConfigValue sni();

        /** PEM file with the chain and the key that the edge shows to servers. Default: it shows none. */
        ConfigValue clientCert();
    }

    /** {@code edge.pools.<pool>.servers.<server>} */
    interface Server {
        /** {@code host:port}, {@code [v6]:port}, or without the port if the pool has a {@code default-port}. Must be given. */
        ConfigValue address();

        /** Share among the pool's servers, 0..256; 0 takes no new sessions. */
        @WithDefault("1")
        ConfigValue weight();

        /** How many exchanges and tunnels it carries at once, 1..1000000. Default: any number. */
        ConfigValue maxConnections();

        /** Whether it is used only while no other server of the pool can be. */
        @WithDefault("false")
        ConfigValue backup();
    }

    /** {@code edge.pools.<pool>.timeouts}: as in {@code edge.timeouts}, which is the default of each. */
    interface Timeouts {
        ConfigValue connect();

        ConfigValue server();

        ConfigValue tunnel();

        ConfigValue queue();
    }
}
