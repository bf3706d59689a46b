package io.veza.edge.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.WithDefault;
import java.util.Map;

/**
 * The keys below {@code edge.}, as text with the place it came from. {@link EdgeSettings} says what each text may be: the
 * conversion is left to it, because a mapping that converts stops before the values can be compared with each other,
 * and an operator should learn of all mistakes in one start.
 *
 * <p>Units: a duration is {@code 300ms}, {@code 5s}, {@code 1h} or ISO-8601, a bare number is seconds; a size is bytes, or
 * has {@code K}, {@code M}, {@code G} for powers of 1024; a list is separated by commas. In a properties file a backslash
 * (of a regular expression) is written twice. Keys come from properties files, system properties and the environment
 * ({@code EDGE_LISTEN_HTTP}); the {@code haproxy_*} names in the defaults are those of the HAProxy role this edge takes over
 * from, in the environment in upper case.
 */
@ConfigMapping(prefix = "edge")
public interface EdgeConfig {

    /** Where the traffic listeners are bound. */
    Listen listen();

    /** Number of event loops that carry traffic, 1..1024. Default: the number of processors. */
    ConfigValue threads();

    /** The pool of requests that no route takes. Default: none, they get 404. */
    ConfigValue defaultPool();

    /** How clients are spoken to over TLS. */
    Tls tls();

    /** Which clients may connect. */
    Access access();

    /** Which requests go to which pool, by the route's name. */
    Map<String, Route> routes();

    /** The pools by name. There must be one at least. */
    Map<String, PoolConfig> pools();

    /** How long anything may take. */
    Timeouts timeouts();

    /** How much anything may take. */
    Limits limits();

    /**
     * CIDRs of the peers whose {@code X-Forwarded-*} and {@code Forwarded} fields are believed and added to. Default: none,
     * the fields of every client are replaced.
     */
    ConfigValue trustedProxies();

    /** How an operator reaches the running edge, and who may change it. */
    Admin admin();

    /** One line for each exchange. */
    AccessLog accessLog();

    /** How the process ends. */
    Shutdown shutdown();

    /** The lab servers inside this process. */
    Lab lab();

    /** {@code edge.listen} */
    interface Listen {
        /** Address or name of the interface; {@code ::} is every one, of both families. */
        @WithDefault("0.0.0.0")
        ConfigValue host();

        /** Port of HTTP, 0..65535; 0 for a free one; {@code off} for HTTPS only. */
        @WithDefault("${haproxy_listen_http:80}")
        ConfigValue http();

        /** Port of HTTPS, 0..65535; 0 for a free one. Bound only if there is a certificate. */
        @WithDefault("${haproxy_listen_https:443}")
        ConfigValue https();

        /** Whether HTTP/2 without TLS is taken too, from clients that begin with its preface. An upgrade never is. */
        @WithDefault("false")
        ConfigValue h2c();

        /**
         * The listeners, {@code http} or {@code https}, which only trusted proxies may connect to, each with a PROXY header,
         * version 1 or 2. Default: none.
         */
        ConfigValue acceptProxy();
    }

    /** {@code edge.access} */
    interface Access {
        /** Of the HTTP listener. */
        Clients http();

        /** Of the HTTPS listener. */
        Clients https();
    }

    /** {@code edge.access.<listener>}: who may connect; others are cut off before anything is read. */
    interface Clients {
        /** CIDRs of those who may, and nobody else. Default: everybody. */
        ConfigValue allow();

        /** CIDRs of those who may not, whatever is allowed. Default: nobody. */
        ConfigValue deny();
    }

    /** {@code edge.tls}: how the HTTPS listener speaks TLS, and what holds clients to it. */
    interface Tls {
        /**
         * A PEM file with the certificate chain and its private key, or a folder of such files, of which a client gets the
         * one for the name it asks for. The first in alphabetical order is the default. Default: none, HTTP only.
         */
        @WithDefault("${haproxy_tls_cert_path:}")
        ConfigValue certPath();

        /** Whether clients that ask for a name no certificate is for are refused, not given the default one. */
        @WithDefault("false")
        ConfigValue sniStrict();

        /** {@code auto} (BoringSSL where it can be loaded, else the JDK), {@code openssl} (BoringSSL) or {@code jdk}. */
        @WithDefault("auto")
        ConfigValue provider();

        /**
         * A file of keys for session tickets that other edges have, too, as HAProxy's {@code tls-ticket-keys}. Default: own
         * keys, changed every four hours.
         */
        ConfigValue ticketKeys();

        /**
         * Whether the certificate's OCSP responder is asked, and clients that ask get what it has said. With BoringSSL alone,
         * and only if the file has the issuer of the certificate, too.
         */
        @WithDefault("true")
        ConfigValue ocspStapling();

        /** Whether clients are asked for certificates: {@code none}, {@code optional} or {@code required}. */
        @WithDefault("none")
        ConfigValue clientAuth();

        /** A PEM file of the authorities that issue them. Must be given if they are asked for. */
        ConfigValue clientCa();

        /** A PEM file of lists of revoked ones, one of each authority. Default: revocation is not looked at. */
        ConfigValue clientCrl();

        /** Whether HTTP/2 is offered to clients, by ALPN. */
        @WithDefault("true")
        ConfigValue http2();

        /** The oldest version that is spoken, {@code 1.2} or {@code 1.3}. */
        @WithDefault("1.2")
        ConfigValue minVersion();

        /**
         * {@code true} to send requests of the HTTP listener to the HTTPS one by 308, or the port at which clients reach that if
         * it is another than {@code edge.listen.https}; {@code false} to serve them.
         */
        @WithDefault("false")
        ConfigValue redirectHttp();

        /** {@code Strict-Transport-Security} on every response of the HTTPS listener. */
        Hsts hsts();
    }

    /** {@code edge.routes.<route>}: the longest prefix wins, then the priority. */
    interface Route {
        /** The pool that takes these requests. Must be given. */
        ConfigValue pool();

        /**
         * Beginnings of the path, each ending at a segment boundary: {@code /api} takes {@code /api} and {@code /api/x}, not
         * {@code /apis}.
         */
        @WithDefault("/")
        ConfigValue pathPrefixes();

        /** Names in lower case without a port, or {@code *.name} for every name below it. Default: every host. */
        ConfigValue hosts();

        /** Decides between prefixes of equal length; the greater wins. */
        @WithDefault("0")
        ConfigValue priority();

        /** CIDRs of the clients that may ask for it, and no others: they get 403. Default: all. */
        ConfigValue allow();

        /** CIDRs of the clients that get 403, whatever is allowed. Default: none. */
        ConfigValue deny();
    }

    /** {@code edge.timeouts}, from 1ms to 30 days each. */
    interface Timeouts {
        /** For a connection to one server, TLS included. */
        @WithDefault("2s")
        ConfigValue connect();

        /** From a request's first byte, or the accept, to the end of its head; then 408. */
        @WithDefault("10s")
        ConfigValue requestHead();

        /** For a TLS handshake, from the accept on. */
        @WithDefault("10s")
        ConfigValue handshake();

        /** Between two reads from, or writes to, a client in the middle of an exchange. */
        @WithDefault("30s")
        ConfigValue client();

        /** Between two reads from a server that owes a response; then 504. */
        @WithDefault("30s")
        ConfigValue server();

        /** From a response to the client's next request. */
        @WithDefault("60s")
        ConfigValue keepAlive();

        /**
         * How long an idle connection to a server is kept. Below the 5 s after which the most impatient of common servers
         * (Node.js, Apache) close theirs, so that they do not do so as we send a request.
         */
        @WithDefault("4s")
        ConfigValue serverKeepAlive();

        /** Without a byte either way on an upgraded connection. */
        @WithDefault("1h")
        ConfigValue tunnel();

        /** For a place when every server is at its {@code max-connections}; then 503. */
        @WithDefault("5s")
        ConfigValue queue();
    }

    /** {@code edge.limits} */
    interface Limits {
        /** Bytes of a request line, 64..1M and no more than the head; then 414. */
        @WithDefault("8K")
        ConfigValue requestLine();

        /** Bytes of a request's or response's head, 64..1M; then 431 or 502. */
        @WithDefault("32K")
        ConfigValue head();

        /** Fields in a head, 1..10000; then 431 or 502. */
        @WithDefault("100")
        ConfigValue headers();

        /** Client connections at a time, 1..1000000; then no more are accepted until one closes. */
        @WithDefault("20000")
        ConfigValue connections();

        /** Connections of one client address at a time, an IPv6 one being its /64: 1..1000000, or {@code off}. */
        @WithDefault("1000")
        ConfigValue connectionsPerAddress();

        /** New connections of one client address a second, five seconds' worth of them at once: 1..1000000, or {@code off}. */
        @WithDefault("200")
        ConfigValue connectionRatePerAddress();

        /**
         * Bytes a second that a client must send of a request's body, else 408, and take of a response, on average over 20 s
         * and over the client timeout: 1..1000000, or {@code off}.
         */
        @WithDefault("200")
        ConfigValue bodyRate();

        /** Requests under way at once on one HTTP/2 connection, 1..10000; more are refused one by one. */
        @WithDefault("100")
        ConfigValue streams();

        /** Requests an HTTP/2 client may take back, or send malformed, in each ten seconds, 1..1000000; then it is let go. */
        @WithDefault("200")
        ConfigValue streamResets();

        /** Idle connections kept per server and event loop, 0..65536. */
        @WithDefault("256")
        ConfigValue idleConnections();
    }

    /** {@code edge.admin} */
    interface Admin {
        /** Path of the Unix socket that speaks HAProxy's runtime API; empty for none. */
        @WithDefault("/run/veza-edge/admin.sock")
        ConfigValue socket();

        /**
         * What a writer shows as {@code Authorization: Bearer …}: 16 to 256 letters, digits or any of {@code - . _ ~ + / =}.
         * Default: none; then writes are open where the management address is a loopback one, and refused elsewhere.
         */
        ConfigValue token();
    }

    /** {@code edge.access-log} */
    interface AccessLog {
        /** {@code off}, {@code haproxy} ({@code option httplog}), {@code json} or {@code combined}. */
        @WithDefault("off")
        ConfigValue format();

        /** {@code stdout}, or a file in a directory that exists, appended to and followed by its name. */
        @WithDefault("stdout")
        ConfigValue target();

        /** The share of the exchanges that is logged, 0..1, with six decimals at most. */
        @WithDefault("1")
        ConfigValue sample();

        /** Whether what ends in good order is left out, as by HAProxy's {@code option dontlog-normal}. */
        @WithDefault("false")
        ConfigValue errorsOnly();

        /** Whether queries are logged, of the target and of {@code Referer}: some carry tokens. */
        @WithDefault("true")
        ConfigValue query();
    }

    /** {@code edge.shutdown} */
    interface Shutdown {
        /** How long SIGTERM leaves everything as it is but the readiness, so that who asks for that can turn away. */
        @WithDefault("0s")
        ConfigValue delay();

        /** How long exchanges and tunnels may take to come to their end after that; the rest is cut. */
        @WithDefault("30s")
        ConfigValue drain();
    }

    /** {@code edge.tls.hsts} */
    interface Hsts {
        /** How long browsers keep to TLS, 0s..3650d; 0 has them forget. Default: the field is left to the servers. */
        ConfigValue maxAge();

        /** Whether it holds for every name below the host, too. */
        @WithDefault("false")
        ConfigValue includeSubdomains();

        /** Whether browsers' makers may put the host on their lists; needs a year and the subdomains. */
        @WithDefault("false")
        ConfigValue preload();
    }

    /** {@code edge.lab} */
    interface Lab {
        /** Whether the lab servers, two of each kind, are started inside this process; {@code dev} does. */
        @WithDefault("false")
        ConfigValue embedded();
    }
}
