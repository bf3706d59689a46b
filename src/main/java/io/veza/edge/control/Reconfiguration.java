package io.veza.edge.control;

import io.veza.edge.health.Admission;
import io.veza.edge.health.HealthPolicy;
import io.veza.edge.health.ServerState;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a pool's changed configuration makes of its servers while operators have had their say, too. Value by value: what
 * the configuration changes counts, and what it leaves as it was stays as it is, by whomever. So a server that an operator
 * has added stays, and one that he has removed stays away, unless the configuration now says something else of it.
 *
 * <p>Example: {@code b1} is configured with weight 10, and an operator has set 5. A configuration with another address
 * and still weight 10 leaves it at 5; one with weight 20 sets 20.
 *
 * <p>No two servers may have one address. Where one that an operator has set is given to another server now, the
 * configuration counts as well: his change of address is undone, and a server that he has added goes.
 */
final class Reconfiguration {

    private final Map<String, Server> before = new HashMap<>();
    private final Map<String, Server> configured = new HashMap<>();
    private final Map<ServerAddress, String> owners = new HashMap<>();
    private final PoolSnapshot present;
    private final Map<ServerAddress, InetSocketAddress> addresses;
    private final Instant now;
    private final List<Server> servers;
    private final PoolDefinition definition;

    /**
     * @param before what was configured until now, whatever became of it
     * @param next what is configured from now on
     * @param addresses of names that servers have now, as far as they were looked up
     */
    Reconfiguration(
            PoolDefinition before,
            PoolDefinition next,
            PoolSnapshot present,
            Map<ServerAddress, InetSocketAddress> addresses,
            Instant now) {
        this.present = present;
        this.addresses = addresses;
        this.now = now;
        before.pool().servers().forEach(server -> this.before.put(server.name(), server));
        next.pool().servers().forEach(server -> configured.put(server.name(), server));
        claim(next.pool().servers());
        this.servers = servers(next.pool().servers());
        this.definition = servers.equals(next.pool().servers()) ? next : next.withServers(servers);
    }

    /** Finds out whose each address is to be. What operators have moved or removed leaves its configured one to others. */
    private void claim(List<Server> wanted) {
        for (Server server : wanted) {
            if (isToBeThere(server)) {
                owners.put(server.address(), server.name());
            }
        }
        boolean more = true;
        while (more) {
            more = false;
            for (Server server : wanted) {
                // Where an operator had moved it is another's now, so it comes back.
                ServerEntry entry = present.entry(server.name());
                if (entry != null && !owners.containsKey(server.address()) && isAnothers(entry.server())) {
                    owners.put(server.address(), server.name());
                    more = true;
                }
            }
        }
    }

    private boolean isToBeThere(Server server) {
        ServerEntry entry = present.entry(server.name());
        Server earlier = before.get(server.name());
        if (entry == null) {
            return !server.equals(earlier);
        }
        return earlier == null
                || !server.address().equals(earlier.address())
                || server.address().equals(entry.server().address());
    }

    private boolean isAnothers(Server running) {
        return !owners.getOrDefault(running.address(), running.name()).equals(running.name());
    }

    /** Those that there are to be, the ones that operators have added at the end. */
    private List<Server> servers(List<Server> wanted) {
        List<Server> all = new ArrayList<>();
        for (Server server : wanted) {
            ServerEntry entry = present.entry(server.name());
            Server earlier = before.get(server.name());
            if (entry != null) {
                all.add(merged(entry.server(), earlier, server));
            } else if (!server.equals(earlier)) {
                all.add(server);
            }
        }
        for (ServerEntry entry : present.entries()) {
            Server running = entry.server();
            boolean added = !before.containsKey(running.name()) && !configured.containsKey(running.name());
            if (added && !owners.containsKey(running.address())) {
                all.add(running);
            }
        }
        return all;
    }

    private Server merged(Server running, @Nullable Server earlier, Server wanted) {
        if (earlier == null) {
            // Added by an operator first and configured now.
            return wanted;
        }
        boolean keepsAddress = wanted.address().equals(earlier.address()) && !isAnothers(running);
        boolean keepsMost = wanted.maxConnections().equals(earlier.maxConnections());
        ServerAddress address = keepsAddress ? running.address() : wanted.address();
        OptionalInt most = keepsMost ? running.maxConnections() : wanted.maxConnections();
        return wanted.at(address).bounded(most);
    }

    /** The pool as it is to be, with what operators have changed. */
    PoolDefinition definition() {
        return definition;
    }

    /** One for each of its servers: those that stay as they are, new ones as if they had just been added. */
    List<ServerEntry> entries(ServerIds ids) {
        Map<String, ServerEntry> staying = new HashMap<>();
        for (Server server : servers) {
            ServerEntry entry = present.entry(server.name());
            if (entry != null) {
                staying.put(server.name(), changed(entry, server));
            }
        }
        boolean served = staying.values().stream()
                .anyMatch(entry ->
                        entry.admission() == Admission.ALL && entry.weight().value() > 0);
        return servers.stream()
                .map(server -> staying.containsKey(server.name())
                        ? staying.get(server.name())
                        : appearing(ids.next(), server, served))
                .toList();
    }

    private ServerEntry changed(ServerEntry entry, Server server) {
        HealthPolicy policy = definition.health();
        HealthPolicy earlier = present.definition().health();
        ServerEntry next = entry.withServer(server).withState(entry.state().under(policy, earlier, now));
        if (setsWeight(server)) {
            next = next.withWeight(server.weight());
        }
        if (!server.address().equals(entry.server().address())) {
            InetSocketAddress address = addresses.get(server.address());
            next = next.withAddress(address).withState(next.state().resolved(address != null, policy, now));
        }
        return next;
    }

    /** Whether the configuration says something new of the server's weight. */
    private boolean setsWeight(Server server) {
        Server earlier = before.get(server.name());
        return earlier == null
                ? configured.containsKey(server.name())
                : !earlier.weight().equals(server.weight());
    }

    /** @param served whether there is somebody who takes sessions in the meantime */
    private ServerEntry appearing(int id, Server server, boolean served) {
        HealthPolicy policy = definition.health();
        ServerState state = served ? ServerState.added(policy, now) : ServerState.atStart(policy, now);
        InetSocketAddress address = addresses.get(server.address());
        return new ServerEntry(id, server, state.resolved(address != null, policy, now)).withAddress(address);
    }

    /** Those of the present that will not be any more. */
    List<ServerEntry> gone() {
        Set<String> names = servers.stream().map(Server::name).collect(Collectors.toSet());
        return present.entries().stream()
                .filter(entry -> !names.contains(entry.server().name()))
                .toList();
    }
}
