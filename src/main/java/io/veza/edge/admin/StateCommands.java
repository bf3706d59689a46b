package io.veza.edge.admin;

import io.veza.edge.admin.RuntimeCommand.Arguments;
import io.veza.edge.admin.RuntimeSession.Level;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.HealthState;
import io.veza.edge.metrics.ServerStatistics;
import io.veza.edge.metrics.Statistics;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * {@code show servers state}, in the version 1 that HAProxy loads as a server state file, {@code show servers conn} and
 * {@code show backend}.
 */
final class StateCommands {

    private static final String STATE_COLUMNS =
            "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state"
                    + " srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health"
                    + " srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl"
                    + " srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n";

    private static final String CONNECTION_COLUMNS =
            "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max"
                    + " need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[1]\n";

    private static final int STOPPED = 0;
    private static final int STARTING = 1;
    private static final int RUNNING = 2;
    private static final int STOPPING = 3;

    private static final int FORCED_MAINT = 0x01;
    private static final int FORCED_DRAIN = 0x08;
    private static final int UNRESOLVED = 0x20;

    private static final int CHECK_CONFIGURED = 0x02;
    private static final int CHECK_ENABLED = 0x04;
    private static final int CHECK_PAUSED = 0x08;

    private final Proxies proxies;
    private final Statistics statistics;

    StateCommands(Proxies proxies, Statistics statistics) {
        this.proxies = proxies;
        this.statistics = statistics;
    }

    List<RuntimeCommand> commands() {
        return List.of(
                RuntimeCommand.of(
                        "show servers state",
                        Level.USER,
                        RuntimeCommand.usage(
                                "show servers state [<backend>]",
                                "dump volatile server information (all or for a single backend)"),
                        (session, arguments) -> servers(arguments, STATE_COLUMNS, this::state)),
                RuntimeCommand.of(
                        "show servers conn",
                        Level.USER,
                        RuntimeCommand.usage(
                                "show servers conn [<backend>]",
                                "dump server connections status (all or for a single backend)"),
                        (session, arguments) -> servers(arguments, CONNECTION_COLUMNS, this::connections)),
                RuntimeCommand.of(
                        "show backend",
                        Level.USER,
                        RuntimeCommand.usage("show backend", "list backends in the current running config"),
                        (session, none) -> RuntimeReply.data(proxies.pools().stream()
                                .map(pool -> pool.name() + "\n")
                                .collect(Collectors.joining("", "# name\n", "")))));
    }

    private interface Line {
        String of(PoolController pool, PoolSnapshot snapshot, ServerEntry entry, int connections);
    }

    private RuntimeReply servers(Arguments arguments, String columns, Line line) {
        List<PoolController> pools = proxies.pools();
        if (!arguments.at(0).isEmpty()) {
            pools = List.of(
                    proxies.pool(arguments.at(0)).orElseThrow(() -> new RuntimeRefusal("Can't find backend.\n")));
        }
        StringBuilder text = new StringBuilder(columns);
        for (PoolController pool : pools) {
            PoolSnapshot snapshot = pool.snapshot();
            List<Integer> connections = proxies.connections(snapshot.entries());
            for (int i = 0; i < connections.size(); i++) {
                ServerEntry entry = snapshot.entries().get(i);
                text.append(line.of(pool, snapshot, entry, connections.get(i))).append('\n');
            }
        }
        return RuntimeReply.data(text.toString());
    }

    private String state(PoolController pool, PoolSnapshot snapshot, ServerEntry entry, int connections) {
        ServerStatus status = ServerStatus.of(snapshot, entry);
        CheckWords check = CheckWords.of(statistics.server(entry).lastCheck().map(ServerStatistics.LastCheck::result));
        String host = entry.server().address().host();
        boolean isName = entry.address() == null
                || !host.equals(entry.address().getAddress().getHostAddress());
        Duration since = Duration.between(entry.state().since(), statistics.now());
        return String.join(
                " ",
                Integer.toString(proxies.id(pool)),
                pool.name(),
                Integer.toString(proxies.serverId(pool, entry)),
                entry.server().name(),
                address(entry),
                Integer.toString(operation(entry)),
                Integer.toString(administration(entry)),
                Integer.toString(entry.weight().value()),
                Integer.toString(entry.server().weight().value()),
                Long.toString(Math.max(0, since.toSeconds())),
                Integer.toString(check.number()),
                Integer.toString(check.verdict()),
                Integer.toString(status.position()),
                Integer.toString(checking(snapshot, status)),
                "0 0 0",
                isName ? host : "-",
                Integer.toString(port(entry)),
                "- 0",
                Integer.toString(snapshot.definition().health().port().orElse(0)),
                "- - 0");
    }

    private static String address(ServerEntry entry) {
        InetSocketAddress address = entry.address();
        return address == null ? "-" : ServerStatus.host(address);
    }

    private static int port(ServerEntry entry) {
        InetSocketAddress address = entry.address();
        return address == null ? entry.server().address().port() : address.getPort();
    }

    private static int operation(ServerEntry entry) {
        if (entry.state().admin() == AdminState.MAINT || entry.address() == null) {
            return STOPPED;
        }
        HealthState health = entry.state().health();
        return switch (health) {
            case DOWN -> STOPPED;
            case STOPPING -> STOPPING;
            case UP -> entry.state().rampStart().isPresent() ? STARTING : RUNNING;
        };
    }

    private static int administration(ServerEntry entry) {
        int unresolved = entry.address() == null ? UNRESOLVED : 0;
        return unresolved
                | switch (entry.state().admin()) {
                    case READY -> 0;
                    case DRAIN -> FORCED_DRAIN;
                    case MAINT -> FORCED_MAINT;
                };
    }

    private static int checking(PoolSnapshot snapshot, ServerStatus status) {
        if (!snapshot.definition().health().enabled()) {
            return 0;
        }
        return CHECK_CONFIGURED | (status.checked() ? CHECK_ENABLED : 0) | (status.paused() ? CHECK_PAUSED : 0);
    }

    /** Connections in use are exchanges and tunnels: each has one of its own. */
    private String connections(PoolController pool, PoolSnapshot snapshot, ServerEntry entry, int connections) {
        int used = Math.min(connections, entry.inFlight());
        int idle = connections - used;
        return pool.name() + "/" + entry.server().name() + " " + proxies.id(pool) + "/" + proxies.serverId(pool, entry)
                + " " + address(entry) + " " + port(entry) + " - 0 " + used + " "
                + entry.load().most() + " " + used + " 0 " + idle + " -1 " + idle + " " + idle;
    }
}
