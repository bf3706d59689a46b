package io.veza.edge.metrics;

import java.util.List;
import java.util.Locale;

/**
 * The catalogue: every metric that the edge exports of itself, in the order in which they are shown. Names are {@code edge_},
 * the layer (listener, pool, server, process), the thing and its base unit; what is counted ends in {@code _total}. The
 * values of labels come from the configuration or from a fixed list, never from a client. Held against a scrape, the
 * README, the rules and the dashboards by tests.
 */
public enum Metric {
    LISTENER_CONNECTIONS_OPEN(Type.GAUGE, "Client connections open now.", "listener"),
    LISTENER_CONNECTIONS_LIMIT(
            Type.GAUGE, "Client connections of all listeners at which accepting pauses.", "listener"),
    LISTENER_CONNECTIONS(Type.COUNTER, "Client connections accepted.", "listener"),
    LISTENER_CONNECTIONS_REFUSED(
            Type.COUNTER, "Client connections closed before they could send a request.", "listener", "reason"),
    LISTENER_REQUESTS(
            Type.COUNTER, "Requests that came to their end, by the class of their status.", "listener", "code"),
    LISTENER_REQUESTS_IN_FLIGHT(Type.GAUGE, "Requests under way, tunnels among them.", "listener"),
    LISTENER_REQUEST_DURATION_SECONDS(
            Type.HISTOGRAM,
            "From the first byte of a request to the last of its response, without tunnels.",
            "listener"),
    LISTENER_BYTES(
            Type.COUNTER,
            "Bytes from clients (in) and to them (out), counted when an exchange or tunnel ends.",
            "listener",
            "direction"),
    LISTENER_REFUSALS(
            Type.COUNTER,
            "Requests that no pool got to see: malformed, too slow, given up, without a route.",
            "listener",
            "reason"),
    LISTENER_HANDSHAKES(Type.COUNTER, "TLS handshakes that came to their end, by version.", "listener", "version"),
    LISTENER_HANDSHAKES_FAILED(
            Type.COUNTER, "TLS handshakes that failed; none of them counts as a connection.", "listener", "reason"),
    LISTENER_SESSIONS_RESUMED(
            Type.COUNTER, "TLS sessions resumed by a ticket; 0 with the JDK's TLS, which does not tell.", "listener"),
    LISTENER_OCSP_RESPONSES(
            Type.COUNTER,
            "Questions to the OCSP responders of certificates: taken, for clients to get, or refused, for whatever reason.",
            "listener",
            "result"),
    LISTENER_CERTIFICATE_EXPIRY_TIMESTAMP_SECONDS(
            Type.GAUGE, "When the certificate of a file expires, seconds since 1970.", "listener", "file"),
    LISTENER_CRL_NEXT_UPDATE_TIMESTAMP_SECONDS(
            Type.GAUGE,
            "When the first list of revoked client certificates in a file ends, seconds since 1970.",
            "listener",
            "file"),
    LISTENER_CERTIFICATE_RELOADS(
            Type.COUNTER,
            "Changed files of certificates and ticket keys: taken, or refused, so that the old content stays.",
            "listener",
            "result"),
    LISTENER_CERTIFICATE_RELOAD_TIMESTAMP_SECONDS(
            Type.GAUGE, "When a file was taken the last time, the start included, seconds since 1970.", "listener"),
    LISTENER_CERTIFICATE_FILES_REFUSED(
            Type.GAUGE, "Files that cannot be used as they are now, so that an older content is in use.", "listener"),

    POOL_UP(Type.GAUGE, "1 if the pool has a server for new sessions, else 0.", "pool"),
    POOL_CERTIFICATE_RELOADS(
            Type.COUNTER,
            "Changed files of tls.ca and tls.client-cert: taken, or refused, so that the old content stays.",
            "pool",
            "result"),
    POOL_CERTIFICATE_FILES_REFUSED(
            Type.GAUGE, "Such files that cannot be used as they are now, so that an older content is in use.", "pool"),
    POOL_SERVERS(Type.GAUGE, "Servers by their state.", "pool", "state"),
    POOL_REQUESTS(Type.COUNTER, "Requests that came to their end, by the class of their status.", "pool", "code"),
    POOL_ERRORS(Type.COUNTER, "Requests that failed by the server or the edge, or were answered with a 5xx.", "pool"),
    POOL_FAILURES(
            Type.COUNTER,
            "Requests that did not go through, by the reason; also those that clients gave up.",
            "pool",
            "reason"),
    POOL_REQUESTS_IN_FLIGHT(Type.GAUGE, "Requests under way, waiting ones and tunnels among them.", "pool"),
    POOL_REQUEST_DURATION_SECONDS(
            Type.HISTOGRAM, "From the first byte of a request to the last of its response, without tunnels.", "pool"),
    POOL_QUEUE_DURATION_SECONDS(
            Type.HISTOGRAM, "From the end of a request's head until a server had a place for it.", "pool"),
    POOL_QUEUE_LENGTH(Type.GAUGE, "Requests that wait for a server with a free place.", "pool"),
    POOL_BYTES(
            Type.COUNTER,
            "Bytes from clients (in) and to them (out), counted when an exchange or tunnel ends.",
            "pool",
            "direction"),
    POOL_RETRIES(Type.COUNTER, "Requests sent once more, since their server had closed before its first byte.", "pool"),
    POOL_REDISPATCHES(Type.COUNTER, "Requests that went to another server, since theirs could not be reached.", "pool"),
    POOL_PERSISTENCE(
            Type.COUNTER,
            "Requests of a pool with a sticky cookie: hit, its server took it; drained, the same in DRAIN; miss, there was"
                    + " no cookie; stale, its server is unknown, gone, not reached or its dates are over.",
            "pool",
            "result"),
    POOL_HASH(
            Type.COUNTER,
            "Choices of a hash pool: primary, the key's own server; spilled, the next along the ring; keyless, no key.",
            "pool",
            "result"),
    POOL_TUNNELS_OPEN(Type.GAUGE, "Tunnels (WebSockets) open now. Messages in them are not looked at.", "pool"),
    POOL_TUNNELS(Type.COUNTER, "Tunnels opened.", "pool"),
    POOL_TUNNELS_CLOSED(Type.COUNTER, "Tunnels closed, by what ended them.", "pool", "reason"),
    POOL_CHECK_DURATION_SECONDS(Type.HISTOGRAM, "How long checks took until their verdict.", "pool"),
    POOL_TRANSITIONS(Type.COUNTER, "Changes of its servers from one state to another.", "pool", "from", "to"),
    POOL_DOWN_SECONDS(Type.COUNTER, "Time without a server for new sessions.", "pool"),

    SERVER_STATE(Type.GAUGE, "1 for the state it is in, 0 for the others.", "pool", "server", "state"),
    SERVER_WEIGHT(Type.GAUGE, "The weight as configured or as an operator set it.", "pool", "server"),
    SERVER_EFFECTIVE_WEIGHT(
            Type.GAUGE,
            "The weight it is balanced with, in the same unit: less in slow start, 0 without new sessions.",
            "pool",
            "server"),
    SERVER_SLOW_START_RATIO(Type.GAUGE, "How far slow start has come; 1 when it is over.", "pool", "server"),
    SERVER_HASH_SHARE_RATIO(Type.GAUGE, "Its share of a hash pool's keys; only in such pools.", "pool", "server"),
    SERVER_REQUESTS(
            Type.COUNTER, "Requests that came to their end, by the class of their status.", "pool", "server", "code"),
    SERVER_ERRORS(
            Type.COUNTER,
            "Requests that failed by the server or the edge, or were answered with a 5xx.",
            "pool",
            "server"),
    SERVER_PERSISTENCE_HITS(
            Type.COUNTER,
            "Requests whose sticky cookie led to it, in DRAIN too; only in pools with a cookie.",
            "pool",
            "server"),
    SERVER_REQUESTS_IN_FLIGHT(Type.GAUGE, "Exchanges and tunnels it carries now.", "pool", "server"),
    SERVER_CONNECT_DURATION_SECONDS(Type.HISTOGRAM, "How long it took to connect to it.", "pool", "server"),
    SERVER_RESPONSE_DURATION_SECONDS(
            Type.HISTOGRAM,
            "Time to the first byte: from the request's going out to the end of the response's head.",
            "pool",
            "server"),
    SERVER_CONNECTIONS_OPEN(Type.GAUGE, "Connections to it open now, idle ones among them.", "pool", "server"),
    SERVER_CONNECTIONS(Type.COUNTER, "Connections made to it.", "pool", "server"),
    SERVER_CONNECTIONS_REUSED(Type.COUNTER, "Requests that found an idle connection to it.", "pool", "server"),
    SERVER_CONNECT_FAILURES(Type.COUNTER, "Times it could not be reached.", "pool", "server"),
    SERVER_TLS_HANDSHAKE_FAILURES(
            Type.COUNTER, "TLS handshakes with it that failed, each a connect failure too.", "pool", "server"),
    SERVER_BYTES(
            Type.COUNTER,
            "Bytes from clients (in) and to them (out), counted when an exchange or tunnel ends.",
            "pool",
            "server",
            "direction"),
    SERVER_RETRIES(
            Type.COUNTER, "Requests sent once more, since it had closed before its first byte.", "pool", "server"),
    SERVER_REDISPATCHES(
            Type.COUNTER, "Requests that left it for another, since it could not be reached.", "pool", "server"),
    SERVER_TUNNELS_OPEN(Type.GAUGE, "Tunnels (WebSockets) open now.", "pool", "server"),
    SERVER_TUNNELS(Type.COUNTER, "Tunnels opened.", "pool", "server"),
    SERVER_CHECKS(Type.COUNTER, "Checks by what they found.", "pool", "server", "result"),
    SERVER_CHECK_DURATION_SECONDS(Type.GAUGE, "How long the last check took; 0 before the first.", "pool", "server"),
    SERVER_TRANSITIONS(Type.COUNTER, "Changes into a state.", "pool", "server", "state"),
    SERVER_DOWN_SECONDS(Type.COUNTER, "Time down or in maintenance.", "pool", "server"),
    SERVER_DRAIN_REMAINING_SECONDS(Type.GAUGE, "Time to the deadline of its drain; 0 without one.", "pool", "server"),

    PROCESS_INFO(Type.GAUGE, "Always 1, with the version of the edge and of Java.", "version", "java"),
    PROCESS_START_TIME_SECONDS(Type.GAUGE, "When it started, seconds since 1970."),
    PROCESS_STOPPING(Type.GAUGE, "1 from the signal to stop on, else 0."),
    PROCESS_CONFIG_VERSION(
            Type.GAUGE, "Counts from 1 what operators changed: weights, addresses, limits, servers added and removed."),
    PROCESS_CONFIG_RELOADS(
            Type.COUNTER,
            "Reloads of the configuration: taken, or refused as a whole, so that nothing has changed.",
            "result"),
    PROCESS_CONFIG_LAST_RELOAD_SUCCESS(Type.GAUGE, "0 if the last reload was refused, else 1, also without one."),
    PROCESS_CONFIG_RELOAD_TIMESTAMP_SECONDS(
            Type.GAUGE, "When the configuration in use was read, at the start or later, seconds since 1970."),
    PROCESS_EVENT_LOOP_DELAY_SECONDS(
            Type.HISTOGRAM, "By how much more than 50 ms two looks of an event loop at its clock were apart."),
    PROCESS_CPU_SECONDS(Type.COUNTER, "CPU time of the process."),
    PROCESS_RESIDENT_MEMORY_BYTES(Type.GAUGE, "Memory of the process that is not paged out; only on Linux."),
    PROCESS_DIRECT_MEMORY_BYTES(Type.GAUGE, "Memory held by Netty's buffers outside the heap."),
    PROCESS_DIRECT_MEMORY_LIMIT_BYTES(Type.GAUGE, "What Netty's buffers outside the heap may hold."),
    PROCESS_DESCRIPTORS_OPEN(Type.GAUGE, "File descriptors in use."),
    PROCESS_DESCRIPTORS_LIMIT(Type.GAUGE, "File descriptors that may be in use."),
    PROCESS_LOG_LINES_DROPPED(Type.COUNTER, "Lines of the access log lost, since its target did not take them.");

    /** What a metric's numbers are. */
    public enum Type {
        /** Goes up and down. */
        GAUGE,
        /** Goes up only, until the process starts anew. */
        COUNTER,
        /** Counts durations by the buckets of {@link io.veza.edge.proxy.DurationBuckets}, which are cumulative. */
        HISTOGRAM
    }

    private final Type type;
    private final String meaning;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> labels;

    Metric(Type type, String meaning, String... labels) {
        this.type = type;
        this.meaning = meaning;
        this.labels = List.of(labels);
    }

    public Type type() {
        return type;
    }

    /** One sentence for whoever reads the scrape. */
    public String meaning() {
        return meaning;
    }

    /** The names of its labels, in the order in which their values are given. */
    public List<String> labels() {
        return labels;
    }

    /** As in rules and queries: {@code edge_pool_requests_total}. A histogram's series add {@code _bucket} and the like. */
    public String exportedName() {
        String base = "edge_" + name().toLowerCase(Locale.ROOT);
        return type == Type.COUNTER ? base + "_total" : base;
    }
}
