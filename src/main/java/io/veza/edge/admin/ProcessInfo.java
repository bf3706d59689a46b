package io.veza.edge.admin;

import io.veza.edge.admin.RuntimeApi.EdgeProcess;
import io.veza.edge.admin.StatFormat.InfoField;
import io.veza.edge.metrics.ListenerStatistics;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.proxy.TrafficPlane;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * What {@code show info} says: HAProxy 2.6's fields by name and position, without those that would need something the edge
 * does not have. Memory is the Java heap.
 */
final class ProcessInfo {

    private static final long MEGABYTE = 1 << 20;
    private static final String UNKNOWN_DATE = "1970/01/01";

    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("yyyy/MM/dd").withZone(ZoneOffset.UTC);

    private final TrafficPlane plane;
    private final Statistics statistics;
    private final EdgeProcess process;
    private final String node = nodeName();

    ProcessInfo(TrafficPlane plane, Statistics statistics, EdgeProcess process) {
        this.plane = plane;
        this.statistics = statistics;
        this.process = process;
    }

    /** @param fractions whether times have fractions of a second */
    List<InfoField> fields(boolean fractions) {
        Fields fields = new Fields();
        fields.text(0, "Name", "POS", "HAProxy", "Whose runtime API this is");
        fields.text(1, "Version", "POS", spoken(process.version()), "Its version, and what speaks it");
        fields.text(2, "Release_date", "POS", buildDate(), "Date of the build");
        process(fields, fractions);
        memory(fields);
        connections(fields);
        absent(fields);
        load(fields);
        fields.text(66, "Build info", "POS", "veza-edge " + process.version(), "Name and version");
        fields.sort();
        return fields.all;
    }

    /**
     * The version of HAProxy whose runtime API this is, before that of the edge. Clients decide by it what they may send:
     * Ansible's module drains nothing below 1.5, haproxyadmin wants the name, too.
     */
    static String spoken(String version) {
        return "2.6.0-veza-edge-" + version;
    }

    private void process(Fields fields, boolean fractions) {
        Duration uptime = Duration.between(statistics.started(), statistics.now());
        fields.number(3, "Nbthread", "CGS", process.threads(), "Event loops that carry traffic");
        fields.number(4, "Nbproc", "CGS", 1, "Always 1");
        fields.number(5, "Process_num", "KGP", 1, "Always 1");
        fields.number(6, "Pid", "SGP", ProcessHandle.current().pid(), "Number of the process");
        fields.text(7, "Uptime", "MDP", words(uptime), "Since the start");
        fields.seconds(8, "Uptime_sec", uptime.toMillis(), fractions, "Seconds since the start");
        fields.text(50, "node", "COS", node, "Name of the machine");
        fields.number(52, "Stopping", "MGP", process.stopping().getAsBoolean() ? 1 : 0, "1 while the process stops");
        fields.seconds(
                70, "Start_time_sec", statistics.started().toEpochMilli(), fractions, "Start in seconds since 1970");
        fields.text(71, "Tainted", "SGP", "0", "Always 0");
    }

    private static void memory(Fields fields) {
        Runtime jvm = Runtime.getRuntime();
        long used = jvm.totalMemory() - jvm.freeMemory();
        fields.number(9, "Memmax_MB", "CLP", jvm.maxMemory() / MEGABYTE, "Bound on the heap in MB");
        fields.number(10, "PoolAlloc_MB", "MGP", jvm.totalMemory() / MEGABYTE, "The heap in MB");
        fields.number(11, "PoolUsed_MB", "MGP", used / MEGABYTE, "What is used of it, garbage included");
        fields.number(12, "PoolFailed", "MCP", 0, "Always 0");
        fields.large(67, "Memmax_bytes", "CLP", jvm.maxMemory(), "Bound on the heap in bytes");
        fields.large(68, "PoolAlloc_bytes", "MGP", jvm.totalMemory(), "The heap in bytes");
        fields.large(69, "PoolUsed_bytes", "MGP", used, "What is used of it, garbage included");
    }

    private void connections(Fields fields) {
        List<ListenerStatistics> listeners = statistics.listeners();
        long rate = sum(listeners, listener -> listener.activity().rate());
        long mostRate = sum(listeners, listener -> listener.activity().mostRate());
        if (ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.UnixOperatingSystemMXBean system) {
            fields.number(13, "Ulimit-n", "CLP", system.getMaxFileDescriptorCount(), "Bound on file descriptors");
            fields.number(14, "Maxsock", "CLP", system.getMaxFileDescriptorCount(), "Bound on sockets");
        }
        fields.number(15, "Maxconn", "CLP", plane.maxConnections(), "Client connections at which accepting pauses");
        fields.number(16, "Hard_maxconn", "CLP", plane.maxConnections(), "The same");
        fields.number(17, "CurrConns", "MGP", plane.connections(), "Client connections now");
        fields.number(
                18,
                "CumConns",
                "MCP",
                sum(listeners, listener -> listener.activity().total()),
                "Client connections in all");
        fields.number(
                19,
                "CumReq",
                "MCP",
                sum(listeners, listener -> listener.activity().requests()),
                "Requests in all");
        fields.number(26, "ConnRate", "MRP", rate, "New connections in the last second");
        fields.number(28, "MaxConnRate", "MMP", mostRate, "Most new connections in one second");
        fields.number(29, "SessRate", "MRP", rate, "The same as ConnRate");
        fields.number(31, "MaxSessRate", "MRP", mostRate, "The same as MaxConnRate");
        fields.number(53, "Jobs", "MGP", plane.connections() + listeners.size(), "Connections and listeners");
        fields.number(55, "Listeners", "MGP", listeners.size(), "Listeners that are bound");
        fields.large(
                61,
                "TotalBytesOut",
                "MGP",
                sum(listeners, listener -> listener.activity().bytesOut()),
                "Bytes to clients");
    }

    private static long sum(List<ListenerStatistics> listeners, ToLongFunction<ListenerStatistics> number) {
        return listeners.stream().mapToLong(number).sum();
    }

    /** What the edge has none of. */
    private static void absent(Fields fields) {
        String none = "Always 0";
        fields.number(20, "MaxSslConns", "MMP", 0, none);
        fields.number(21, "CurrSslConns", "MGP", 0, none);
        fields.number(22, "CumSslConns", "MCP", 0, none);
        fields.number(23, "Maxpipes", "CLP", 0, none);
        fields.number(24, "PipesUsed", "MGP", 0, none);
        fields.number(25, "PipesFree", "MGP", 0, none);
        fields.number(27, "ConnRateLimit", "CLP", 0, none);
        fields.number(30, "SessRateLimit", "CLP", 0, none);
        fields.number(32, "SslRate", "MRP", 0, none);
        fields.number(33, "SslRateLimit", "CLP", 0, none);
        fields.number(34, "MaxSslRate", "MMP", 0, none);
        fields.number(35, "SslFrontendKeyRate", "MGP", 0, none);
        fields.number(36, "SslFrontendMaxKeyRate", "MMP", 0, none);
        fields.number(37, "SslFrontendSessionReuse_pct", "MGP", 0, none);
        fields.number(38, "SslBackendKeyRate", "MRP", 0, none);
        fields.number(39, "SslBackendMaxKeyRate", "MMP", 0, none);
        fields.number(40, "SslCacheLookups", "MCP", 0, none);
        fields.number(41, "SslCacheMisses", "MCP", 0, none);
        fields.number(42, "CompressBpsIn", "MRP", 0, none);
        fields.number(43, "CompressBpsOut", "MRP", 0, none);
        fields.number(44, "CompressBpsRateLim", "CLP", 0, none);
        fields.number(54, "Unstoppable Jobs", "MGP", 0, none);
        fields.number(56, "ActivePeers", "MGP", 0, none);
        fields.number(57, "ConnectedPeers", "MGP", 0, none);
        fields.number(59, "BusyPolling", "MGP", 0, none);
        fields.large(62, "TotalSplicdedBytesOut", "MGP", 0, none);
        fields.number(64, "DebugCommandsIssued", "MGP", 0, none);
        fields.number(65, "CumRecvLogs", "MCP", 0, none);
    }

    private static void load(Fields fields) {
        OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
        fields.number(47, "Tasks", "MGP", Thread.activeCount(), "Threads");
        fields.number(48, "Run_queue", "MGP", 0, "Always 0");
        if (system instanceof com.sun.management.OperatingSystemMXBean detailed) {
            double busy = Math.max(0, Math.min(1, detailed.getProcessCpuLoad()));
            fields.number(49, "Idle_pct", "MaP", Math.round(100 * (1 - busy)), "Per cent of all processors left over");
        }
    }

    private static String words(Duration time) {
        return String.format(
                Locale.ROOT,
                "%dd %dh%02dm%02ds",
                time.toDays(),
                time.toHoursPart(),
                time.toMinutesPart(),
                time.toSecondsPart());
    }

    /** When what runs here was built, as its file says: clients want a date. */
    private static String buildDate() {
        try {
            CodeSource source = ProcessInfo.class.getProtectionDomain().getCodeSource();
            if (source != null) {
                Path file = Path.of(source.getLocation().toURI());
                return DATE.format(Files.getLastModifiedTime(file).toInstant());
            }
        } catch (IOException | URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            return UNKNOWN_DATE;
        }
        return UNKNOWN_DATE;
    }

    /** Not by the resolver, which may take seconds to find that it does not know. */
    private static String nodeName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            return "localhost";
        }
    }

    /** Collects fields in any order. */
    private static final class Fields {

        private final List<InfoField> all = new ArrayList<>();

        void text(int position, String name, String tags, String value, String description) {
            all.add(new InfoField(position, name, tags, "str", value, description));
        }

        void number(int position, String name, String tags, long value, String description) {
            all.add(new InfoField(position, name, tags, "u32", Long.toString(value), description));
        }

        void large(int position, String name, String tags, long value, String description) {
            all.add(new InfoField(position, name, tags, "u64", Long.toString(value), description));
        }

        void seconds(int position, String name, long millis, boolean fractions, String description) {
            if (fractions) {
                String value = millis / 1000 + "." + String.format("%03d", millis % 1000) + "000";
                all.add(new InfoField(position, name, "MDP", "flt", value, description));
            } else {
                number(position, name, "MDP", millis / 1000, description);
            }
        }

        void sort() {
            all.sort(Comparator.comparingInt(InfoField::position));
        }
    }
}
