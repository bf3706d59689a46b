package io.veza.edge.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.util.internal.PlatformDependent;
import io.veza.edge.control.Pools;
import io.veza.edge.proxy.TrafficCounters;
import io.veza.edge.proxy.TrafficCounters.Histogram;
import io.veza.edge.proxy.TrafficCounters.Scope;
import io.veza.edge.proxy.TrafficPlane;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.OptionalLong;

/** The metrics of the process, but for what Micrometer says of the JVM. */
final class ProcessFamilies {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";

    private final ProcessFacts facts;
    private final Pools pools;

    ProcessFamilies(ProcessFacts facts, Pools pools) {
        this.facts = facts;
        this.pools = pools;
    }

    void add(Families families, Collection<TrafficCounters> loops) {
        families.add(Metric.PROCESS_INFO, 1, facts.version(), Runtime.version().toString());
        families.add(Metric.PROCESS_START_TIME_SECONDS, facts.started().toEpochMilli() / 1e3);
        families.add(Metric.PROCESS_STOPPING, facts.stopping().getAsBoolean() ? 1 : 0);
        families.add(Metric.PROCESS_CONFIG_VERSION, 1 + pools.configurations());
        ConfigReloads reloads = facts.reloads().get();
        families.add(Metric.PROCESS_CONFIG_RELOADS, reloads.taken(), "taken");
        families.add(Metric.PROCESS_CONFIG_RELOADS, reloads.refused(), "refused");
        families.add(Metric.PROCESS_CONFIG_LAST_RELOAD_SUCCESS, reloads.lastTaken() ? 1 : 0);
        families.add(
                Metric.PROCESS_CONFIG_RELOAD_TIMESTAMP_SECONDS, reloads.last().toEpochMilli() / 1e3);
        families.histogram(
                Metric.PROCESS_EVENT_LOOP_DELAY_SECONDS,
                TrafficCounters.histogram(loops, Scope.LOOP, 0, Histogram.DELAY));
        resident().ifPresent(bytes -> families.add(Metric.PROCESS_RESIDENT_MEMORY_BYTES, bytes));
        // Netty counts all of its own where the JVM lets it free by itself, and says -1 where not.
        families.add(
                Metric.PROCESS_DIRECT_MEMORY_BYTES,
                Math.max(PlatformDependent.usedDirectMemory(), TrafficPlane.directMemory()));
        families.add(Metric.PROCESS_DIRECT_MEMORY_LIMIT_BYTES, PlatformDependent.maxDirectMemory());
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            families.add(Metric.PROCESS_CPU_SECONDS, system.getProcessCpuTime() / 1e9);
            families.add(Metric.PROCESS_DESCRIPTORS_OPEN, system.getOpenFileDescriptorCount());
            families.add(Metric.PROCESS_DESCRIPTORS_LIMIT, system.getMaxFileDescriptorCount());
        }
        families.add(Metric.PROCESS_LOG_LINES_DROPPED, facts.logLinesDropped().getAsLong());
    }

    private static OptionalLong resident() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith(RESIDENT))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
