package io.veza.edge.admin;

import io.veza.edge.admin.RuntimeApi.EdgeProcess;
import io.veza.edge.admin.RuntimeCommand.Arguments;
import io.veza.edge.admin.RuntimeSession.Level;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.proxy.TrafficPlane;
import java.util.List;

/** {@code show stat}, {@code show info}, {@code show version} and {@code clear counters}. */
final class StatCommands {

    private final Proxies proxies;
    private final Statistics statistics;
    private final StatTable table;
    private final ProcessInfo info;
    private final String version;

    StatCommands(Proxies proxies, TrafficPlane plane, Statistics statistics, EdgeProcess process) {
        this.proxies = proxies;
        this.statistics = statistics;
        this.table = new StatTable(proxies, statistics, process);
        this.info = new ProcessInfo(plane, statistics, process);
        this.version = process.version();
    }

    List<RuntimeCommand> commands() {
        return List.of(
                RuntimeCommand.of(
                        "show stat",
                        Level.USER,
                        RuntimeCommand.usage(
                                "show stat [desc|json|no-maint|typed|up]*",
                                "report counters for each proxy and server"),
                        (session, arguments) -> showStat(arguments)),
                RuntimeCommand.of(
                        "show info",
                        Level.USER,
                        RuntimeCommand.usage(
                                "show info [desc|json|typed|float]*", "report information about the running process"),
                        (session, arguments) -> RuntimeReply.data(format(arguments)
                                .fields(info.fields(arguments.all().contains("float")), described(arguments)))),
                RuntimeCommand.of(
                        "show version",
                        Level.USER,
                        RuntimeCommand.usage("show version", "show version of the current process"),
                        (session, none) ->
                                new RuntimeReply(RuntimeReply.Severity.INFO, ProcessInfo.spoken(version) + "\n")),
                RuntimeCommand.of(
                        "clear counters",
                        Level.OPERATOR,
                        RuntimeCommand.usage("clear counters [all]", "clear max statistics counters (or all counters)"),
                        this::clearCounters));
    }

    private RuntimeReply showStat(Arguments given) {
        Arguments arguments = given;
        if (arguments.at(0).equals("domain")) {
            if (!arguments.at(1).equals("proxy")) {
                throw new RuntimeRefusal("Invalid statistics domain.\n");
            }
            arguments = arguments.from(2);
        }
        StatFilter filter = StatFilter.ALL;
        if (!arguments.at(2).isEmpty()) {
            int proxy = proxies.id(arguments.at(0)).orElse(Proxies.leadingNumber(arguments.at(0)));
            if (proxy == 0) {
                throw new RuntimeRefusal("No such proxy.\n");
            }
            filter = new StatFilter(
                    proxy,
                    Proxies.leadingNumber(arguments.at(1)),
                    Proxies.leadingNumber(arguments.at(2)),
                    false,
                    false);
            arguments = arguments.from(3);
        }
        filter = new StatFilter(
                filter.proxyId(),
                filter.kinds(),
                filter.serverId(),
                arguments.all().contains("no-maint"),
                arguments.all().contains("up"));
        return RuntimeReply.data(format(arguments).rows(table.rows(filter), described(arguments)));
    }

    /** The last that is asked for. */
    private static StatFormat format(Arguments arguments) {
        int typed = arguments.all().lastIndexOf("typed");
        int json = arguments.all().lastIndexOf("json");
        if (typed < 0 && json < 0) {
            return StatFormat.PLAIN;
        }
        return typed > json ? StatFormat.TYPED : StatFormat.JSON;
    }

    private static boolean described(Arguments arguments) {
        return arguments.all().contains("desc");
    }

    private RuntimeReply clearCounters(RuntimeSession session, Arguments arguments) {
        boolean all = arguments.at(0).equals("all");
        if (all && !session.may(Level.ADMIN)) {
            throw new RuntimeRefusal("Permission denied\n");
        }
        statistics.clear(all);
        return RuntimeReply.DONE;
    }
}
