package io.veza.edge.pool;

import java.util.List;

/**
 * Which requests go to a pool: those of one of the hosts (none given: any) whose path begins with one of the prefixes.
 * A prefix ends at a segment boundary: {@code /api} takes {@code /api} and {@code /api/x}, not {@code /apis}.
 *
 * @param pathPrefixes each beginning with {@code /}; none given is the same as {@code /}
 * @param hosts names in lower case without a port, or {@code *.name} for every name below it
 * @param priority decides between routes with prefixes of equal length; the greater wins
 * @param clients which may ask for it; others are refused, not led elsewhere
 */
public record Route(
        String name, String pool, List<String> pathPrefixes, List<String> hosts, int priority, AddressRule clients) {

    /** For every client. */
    public Route(String name, String pool, List<String> pathPrefixes, List<String> hosts, int priority) {
        this(name, pool, pathPrefixes, hosts, priority, AddressRule.OPEN);
    }

    public Route {
        Names.check("route", name);
        pathPrefixes = pathPrefixes.isEmpty() ? List.of("/") : List.copyOf(pathPrefixes);
        hosts = List.copyOf(hosts);
        for (String prefix : pathPrefixes) {
            if (!prefix.startsWith("/") || !prefix.chars().allMatch(c -> c > ' ' && c < 127 && c != '?' && c != '#')) {
                throw new IllegalArgumentException(
                        "path prefix \"" + prefix + "\" does not begin with / or has a character no path has");
            }
        }
        for (String host : hosts) {
            if (!host.matches("(\\*\\.)?[a-z0-9._-]+|\\[[0-9a-f:.]+]")) {
                throw new IllegalArgumentException(
                        "host \"" + host + "\" is not a name in lower case without a port, *.name or [v6]");
            }
        }
    }
}
