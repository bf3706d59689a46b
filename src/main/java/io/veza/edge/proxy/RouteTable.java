package io.veza.edge.proxy;

import io.veza.edge.http1.Octets;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.pool.AddressRule;
import io.veza.edge.pool.Route;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which pool a request goes to. The longest path prefix wins, then the greater priority, then a route with hosts over one
 * without, then the name. Immutable; a look-up allocates nothing and costs one hash of the path, however many routes
 * there are: each prefix that a path could have is looked up by its hash, the longest first.
 *
 * <p>Example: with prefixes {@code /} and {@code /api}, the path {@code /api/v1} has the boundaries {@code /api} (found) and
 * {@code /}, so {@code /api} takes it; {@code /apis} has no boundary at {@code /api}.
 *
 * @param <P> what a pool is to the caller
 */
final class RouteTable<P> {

    @SuppressWarnings("ArrayRecordComponent") // entries are not compared, and nobody else sees their arrays
    private record Entry<P>(byte[] prefix, int hash, List<byte[]> hosts, Route route, P pool) {}

    private static final byte[] ROOT = {'/'};
    private static final int ROOT_HASH = hash(ROOT, 0, 1);

    /** Deeper boundaries than any configured prefix are not looked up. */
    private final int deepest;

    private final List<List<Entry<P>>> buckets;
    private final @Nullable P defaultPool;

    /**
     * @param pools by name; must hold every route's pool
     * @param defaultPool where requests go that no route takes; null for nowhere
     */
    RouteTable(List<Route> routes, Map<String, P> pools, @Nullable P defaultPool) {
        this.defaultPool = defaultPool;
        List<Entry<P>> entries = new ArrayList<>();
        int depth = 0;
        for (Route route : routes) {
            P pool = pools.get(route.pool());
            if (pool == null) {
                throw new IllegalArgumentException("route " + route.name() + " names no pool: " + route.pool());
            }
            for (String text : route.pathPrefixes()) {
                byte[] prefix = Octets.ascii(text.length() > 1 && text.endsWith("/") ? withoutLast(text) : text);
                List<byte[]> hosts = route.hosts().stream().map(Octets::ascii).toList();
                entries.add(new Entry<>(prefix, hash(prefix, 0, prefix.length), hosts, route, pool));
                depth = Math.max(depth, (int) text.chars().filter(c -> c == '/').count());
            }
        }
        entries.sort(Comparator.comparingInt((Entry<P> e) -> e.route().priority())
                .reversed()
                .thenComparing((Entry<P> e) -> e.hosts().isEmpty())
                .thenComparing((Entry<P> e) -> e.route().name()));
        this.deepest = depth;
        int size = Integer.highestOneBit(Math.max(16, entries.size() * 4));
        List<List<Entry<P>>> filled = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            filled.add(new ArrayList<>());
        }
        for (Entry<P> entry : entries) {
            filled.get(entry.hash() & (size - 1)).add(entry);
        }
        this.buckets = filled.stream().map(List::copyOf).toList();
    }

    private static String withoutLast(String text) {
        return text.substring(0, text.length() - 1);
    }

    private static int hash(byte[] buf, int from, int to) {
        int hash = 0;
        for (int i = from; i < to; i++) {
            hash = step(hash, buf[i]);
        }
        return finish(hash);
    }

    private static int step(int hash, byte b) {
        return hash * 31 + b;
    }

    private static int finish(int hash) {
        return hash ^ hash >>> 15;
    }

    /** The pool for this request of this client; null if there is none, for the reason of {@link #refusal}. */
    @Nullable
    P find(RequestHead head, ClientAddress client) {
        Entry<P> found = entry(head);
        if (found == null) {
            return defaultPool;
        }
        AddressRule clients = found.route().clients();
        return clients.isOpen() || clients.admits(client.bytes()) ? found.pool() : null;
    }

    /** Why {@link #find} has found nothing. */
    ExchangeFailure refusal(RequestHead head) {
        return entry(head) == null ? ExchangeFailure.Cause.NO_ROUTE : ExchangeFailure.Cause.DENIED;
    }

    private @Nullable Entry<P> entry(RequestHead head) {
        int start = head.targetStart();
        // The asterisk of OPTIONS has no segments; only the root takes it.
        Entry<P> found = head.bytes()[start] == '/' ? longest(head, start, head.pathEnd(), 0, 0) : null;
        return found != null ? found : match(head, ROOT, 0, 1, ROOT_HASH);
    }

    /** Hashes on over the segment that begins at {@code at} and asks for longer prefixes before the one it ends. */
    private @Nullable Entry<P> longest(RequestHead head, int at, int pathEnd, int hash, int depth) {
        if (depth == deepest || at == pathEnd) {
            return null;
        }
        byte[] buf = head.bytes();
        int end = at;
        int next = hash;
        do {
            next = step(next, buf[end++]);
        } while (end < pathEnd && buf[end] != '/');
        Entry<P> longer = longest(head, end, pathEnd, next, depth + 1);
        return longer != null ? longer : match(head, buf, head.targetStart(), end, finish(next));
    }

    private @Nullable Entry<P> match(RequestHead head, byte[] buf, int from, int to, int hash) {
        List<Entry<P>> bucket = buckets.get(hash & (buckets.size() - 1));
        for (int i = 0; i < bucket.size(); i++) {
            Entry<P> entry = bucket.get(i);
            if (entry.hash() == hash
                    && Arrays.equals(buf, from, to, entry.prefix(), 0, entry.prefix().length)
                    && takesHost(entry.hosts(), head)) {
                return entry;
            }
        }
        return null;
    }

    private static boolean takesHost(List<byte[]> hosts, RequestHead head) {
        if (hosts.isEmpty()) {
            return true;
        }
        int from = head.hostStart();
        int to = head.hostNameEnd();
        for (int i = 0; from >= 0 && i < hosts.size(); i++) {
            byte[] host = hosts.get(i);
            boolean wildcard = host[0] == '*';
            // "*.example.org" takes what ends with ".example.org" and has something before it.
            int begin = wildcard ? to - (host.length - 1) : from;
            if ((!wildcard || begin > from) && equals(head.bytes(), begin, to, host, wildcard ? 1 : 0)) {
                return true;
            }
        }
        return false;
    }

    private static boolean equals(byte[] buf, int from, int to, byte[] lower, int lowerFrom) {
        if (to - from != lower.length - lowerFrom) {
            return false;
        }
        for (int i = from, j = lowerFrom; i < to; i++, j++) {
            if (Octets.lower(buf[i]) != lower[j]) {
                return false;
            }
        }
        return true;
    }
}
