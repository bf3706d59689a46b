package io.veza.edge.admin;

import static io.veza.edge.admin.StatColumn.*;

import io.veza.edge.admin.RuntimeApi.EdgeProcess;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.metrics.Activity;
import io.veza.edge.metrics.ListenerStatistics;
import io.veza.edge.metrics.PoolStatistics;
import io.veza.edge.metrics.ServerStatistics;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.pool.Server;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The rows of {@code show stat}: a row of each listener, then for each pool those of its servers and its own. Columns for
 * what the edge does not have (compression, cache, TLS) are 0; those it has no number for are empty.
 */
final class StatTable {

    private static final StatColumn[] NOT_DONE = {WREW, EINT, SSL_SESS, SSL_REUSED_SESS, SSL_FAILED_HANDSHAKE};

    private static final StatColumn[] NOT_DONE_TOWARDS_CLIENTS = {
        DRESP, RATE_LIM, COMP_IN, COMP_OUT, COMP_BYP, COMP_RSP, INTERCEPTED, DCON, DSES, CACHE_LOOKUPS, CACHE_HITS
    };

    private static final StatColumn[] NOT_DONE_BY_POOLS = {
        DREQ,
        DRESP,
        COMP_IN,
        COMP_OUT,
        COMP_BYP,
        COMP_RSP,
        CACHE_LOOKUPS,
        CACHE_HITS,
        AGG_SERVER_STATUS,
        AGG_SERVER_CHECK_STATUS,
        AGG_CHECK_STATUS
    };

    private static final StatColumn[] HTTP2 = {
        H2_HEADERS_RCVD,
        H2_DATA_RCVD,
        H2_SETTINGS_RCVD,
        H2_RST_STREAM_RCVD,
        H2_GOAWAY_RCVD,
        H2_DETECTED_CONN_PROTOCOL_ERRORS,
        H2_DETECTED_STRM_PROTOCOL_ERRORS,
        H2_RST_STREAM_RESP,
        H2_GOAWAY_RESP,
        H2_OPEN_CONNECTIONS,
        H2_BACKEND_OPEN_STREAMS,
        H2_TOTAL_CONNECTIONS,
        H2_BACKEND_TOTAL_STREAMS,
        H1_SPLICED_BYTES_IN,
        H1_SPLICED_BYTES_OUT
    };

    private final Proxies proxies;
    private final Statistics statistics;
    private final EdgeProcess process;

    StatTable(Proxies proxies, Statistics statistics, EdgeProcess process) {
        this.proxies = proxies;
        this.statistics = statistics;
        this.process = process;
    }

    /** Those the filter lets through. */
    List<StatRow> rows(StatFilter filter) {
        List<StatRow> rows = new ArrayList<>();
        for (ListenerStatistics listener : statistics.listeners()) {
            int id = proxies.listenerId(listener.name()).orElseThrow();
            if (filter.shows(StatRow.Kind.LISTENER, id)) {
                rows.add(listener(id, listener));
            }
        }
        for (PoolController pool : proxies.pools()) {
            int id = proxies.id(pool);
            PoolSnapshot snapshot = pool.snapshot();
            if (filter.shows(StatRow.Kind.SERVER, id)) {
                servers(rows, pool, snapshot, filter);
            }
            if (filter.shows(StatRow.Kind.POOL, id)) {
                rows.add(pool(id, snapshot, filter));
            }
        }
        return rows;
    }

    private void servers(List<StatRow> rows, PoolController pool, PoolSnapshot snapshot, StatFilter filter) {
        List<ServerEntry> shown = snapshot.entries().stream()
                .filter(entry -> filter.shows(proxies.serverId(pool, entry), ServerStatus.of(snapshot, entry)))
                .toList();
        List<Integer> connections = proxies.connections(shown);
        for (int i = 0; i < shown.size(); i++) {
            StatRow row = server(proxies.id(pool), proxies.serverId(pool, shown.get(i)), snapshot, shown.get(i));
            // Each exchange or tunnel has a connection of its own, or is about to.
            int used = Math.min(connections.get(i), shown.get(i).inFlight());
            row.set(SRV_ICUR, connections.get(i) - used);
            row.set(SAFE_CONN_CUR, connections.get(i) - used);
            row.set(USED_CONN_CUR, used);
            row.set(NEED_CONN_EST, used);
            row.zero(IDLE_CONN_CUR);
            rows.add(row);
        }
    }

    private StatRow listener(int id, ListenerStatistics listener) {
        StatRow row = new StatRow(StatRow.Kind.LISTENER, listener.name(), "FRONTEND", id, 0);
        Activity activity = listener.activity();
        activity(row, activity);
        row.set(SLIM, listener.maxConnections());
        row.set(DREQ, listener.refused());
        row.set(EREQ, listener.requestErrors());
        row.set(STATUS, process.stopping().getAsBoolean() ? "STOP" : "OPEN");
        row.set(REQ_RATE, activity.requestRate());
        row.set(REQ_RATE_MAX, activity.mostRequestRate());
        row.set(CONN_RATE, activity.rate());
        row.set(CONN_RATE_MAX, activity.mostRate());
        row.set(CONN_TOT, activity.total());
        row.set(H1_OPEN_CONNECTIONS, activity.current());
        row.set(H1_TOTAL_CONNECTIONS, activity.total());
        row.set(H1_TOTAL_STREAMS, activity.requests());
        row.set(H1_BYTES_IN, activity.bytesIn());
        row.set(H1_BYTES_OUT, activity.bytesOut());
        row.zero(NOT_DONE);
        row.zero(NOT_DONE_TOWARDS_CLIENTS);
        row.zero(HTTP2);
        return row;
    }

    private StatRow server(int id, int serverId, PoolSnapshot snapshot, ServerEntry entry) {
        Server server = entry.server();
        StatRow row =
                new StatRow(StatRow.Kind.SERVER, snapshot.definition().pool().name(), server.name(), id, serverId);
        ServerStatistics counted = statistics.server(entry);
        activity(row, counted.activity());
        exchanges(row, counted.activity());
        row.set(SCUR, entry.inFlight());
        row.set(SMAX, entry.load().most());
        row.zero(QCUR, QMAX, DRESP);
        server.maxConnections().ifPresent(most -> row.set(SLIM, most));
        row.set(ECON, counted.connectErrors());
        row.set(ERESP, counted.responseErrors());
        row.set(WRETR, counted.retries());
        row.set(WREDIS, counted.redispatches());
        row.set(WEIGHT, displayedWeight(entry));
        row.set(UWEIGHT, entry.weight().value());
        row.set(ACT, server.backup() ? 0 : 1);
        row.set(BCK, server.backup() ? 1 : 0);
        row.set(LASTCHG, seconds(entry.state().since()));
        row.set(LBTOT, counted.dispatched());
        row.set(CONNECT, counted.connects());
        row.set(REUSE, counted.reused());
        if (entry.address() != null) {
            row.set(ADDR, ServerStatus.address(entry.address()));
        }
        if (snapshot.definition().stickyCookie().isPresent()) {
            row.set(COOKIE, server.name());
        }
        row.zero(NOT_DONE);
        status(row, snapshot, entry, counted);
        return row;
    }

    private static void status(StatRow row, PoolSnapshot snapshot, ServerEntry entry, ServerStatistics counted) {
        ServerStatus status = ServerStatus.of(snapshot, entry);
        row.set(STATUS, status.words());
        throttle(entry).ifPresent(percent -> row.set(THROTTLE, percent));
        if (status.checked()) {
            row.set(CHKFAIL, counted.checksFailed());
            row.set(CHKDOWN, counted.downs());
            row.set(DOWNTIME, counted.downTime().toSeconds());
        }
        if (status.checked() && !status.paused()) {
            CheckWords check = CheckWords.of(counted.lastCheck().map(ServerStatistics.LastCheck::result));
            row.set(CHECK_STATUS, check.word());
            row.set(CHECK_DESC, check.sentence());
            row.set(LAST_CHK, check.detail());
            check.code().ifPresent(code -> row.set(CHECK_CODE, code));
            check.millis().ifPresent(millis -> row.set(CHECK_DURATION, millis));
            row.set(CHECK_RISE, snapshot.definition().health().rise());
            row.set(CHECK_FALL, snapshot.definition().health().fall());
            row.set(CHECK_HEALTH, status.position());
        }
    }

    private StatRow pool(int id, PoolSnapshot snapshot, StatFilter filter) {
        String name = snapshot.definition().pool().name();
        StatRow row = new StatRow(StatRow.Kind.POOL, name, "BACKEND", id, 0);
        PoolStatistics counted = statistics.pool(name);
        activity(row, counted.activity());
        exchanges(row, counted.activity());
        row.set(QCUR, counted.queued());
        row.set(QMAX, counted.mostQueued());
        // Every exchange has a client's connection, so there cannot be more of them.
        row.set(SLIM, proxies.maxConnections());
        row.set(ECON, counted.connectErrors() + counted.refused());
        row.set(ERESP, counted.responseErrors());
        row.set(WRETR, counted.retries());
        row.set(WREDIS, counted.redispatches());
        row.set(LASTCHG, seconds(counted.upSince()));
        row.set(CHKDOWN, counted.downs());
        row.set(DOWNTIME, counted.downTime().toSeconds());
        row.set(ALGO, snapshot.definition().pool().balance().algorithm().name().toLowerCase(Locale.ROOT));
        snapshot.definition().stickyCookie().ifPresent(cookie -> row.set(COOKIE, cookie.name()));
        row.zero(NOT_DONE);
        row.zero(NOT_DONE_BY_POOLS);
        row.zero(HTTP2);
        servers(row, snapshot, filter);
        return row;
    }

    /** What of the pool's row follows from its servers. */
    private void servers(StatRow row, PoolSnapshot snapshot, StatFilter filter) {
        List<ServerEntry> usable = snapshot.entries().stream()
                .filter(entry -> entry.effectiveWeight() > 0)
                .toList();
        long active = usable.stream().filter(entry -> !entry.server().backup()).count();
        List<ServerEntry> inUse = usable.stream()
                .filter(entry -> entry.server().backup() == (active == 0))
                .toList();
        long up = snapshot.entries().stream()
                .filter(entry -> ServerStatus.of(snapshot, entry).serves())
                .count();
        row.set(
                STATUS,
                (usable.isEmpty() ? "DOWN" : "UP")
                        + (filter.hides() ? " (" + up + "/" + snapshot.entries().size() + ")" : ""));
        row.set(WEIGHT, inUse.stream().mapToInt(StatTable::displayedWeight).sum());
        row.set(
                UWEIGHT,
                inUse.stream().mapToInt(entry -> entry.weight().value()).sum());
        row.set(ACT, active);
        row.set(BCK, usable.size() - active);
        long dispatched = 0;
        long connects = 0;
        long reused = 0;
        for (ServerEntry entry : snapshot.entries()) {
            ServerStatistics counted = statistics.server(entry);
            dispatched += counted.dispatched();
            connects += counted.connects();
            reused += counted.reused();
        }
        row.set(LBTOT, dispatched);
        row.set(CONNECT, connects);
        row.set(REUSE, reused);
    }

    /** What every row has. */
    private static void activity(StatRow row, Activity activity) {
        row.set(SCUR, activity.current());
        row.set(SMAX, activity.most());
        row.set(STOT, activity.total());
        row.set(BIN, activity.bytesIn());
        row.set(BOUT, activity.bytesOut());
        row.set(RATE, activity.rate());
        row.set(RATE_MAX, activity.mostRate());
        row.set(REQ_TOT, activity.requests());
        row.set(HRSP_1XX, activity.responses().r1xx());
        row.set(HRSP_2XX, activity.responses().r2xx());
        row.set(HRSP_3XX, activity.responses().r3xx());
        row.set(HRSP_4XX, activity.responses().r4xx());
        row.set(HRSP_5XX, activity.responses().r5xx());
        row.set(HRSP_OTHER, activity.responses().other());
    }

    /** What servers and pools have. */
    private static void exchanges(StatRow row, Activity activity) {
        row.set(CLI_ABRT, activity.clientAborts());
        row.set(SRV_ABRT, activity.serverAborts());
        row.set(LASTSESS, activity.sinceLast().map(Duration::toSeconds).orElse(-1L));
        row.set(QTIME, activity.times().queue().toMillis());
        row.set(CTIME, activity.times().connect().toMillis());
        row.set(RTIME, activity.times().response().toMillis());
        row.set(TTIME, activity.times().total().toMillis());
    }

    /** The whole seconds since then. */
    private long seconds(Instant since) {
        return Math.max(0, Duration.between(since, statistics.now()).toSeconds());
    }

    /** As HAProxy shows it: in the unit of the configuration, rounded up, and what it would be for one that takes none. */
    private static int displayedWeight(ServerEntry entry) {
        int weight = entry.weight().value();
        return throttle(entry)
                .map(percent -> (int) ((weight * percent + 99) / 100))
                .orElse(weight);
    }

    /** The per cent of its weight that a server has in its slow start. */
    private static Optional<Long> throttle(ServerEntry entry) {
        boolean ramps = entry.state().rampStart().isPresent() && entry.effectiveWeight() > 0;
        return ramps
                ? Optional.of((long) entry.effectiveWeight() / entry.weight().value())
                : Optional.empty();
    }
}
