package io.veza.edge.admin;

import io.vertx.core.buffer.Buffer;
import io.veza.edge.control.Command;
import io.veza.edge.control.PoolController;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.health.AdminState;
import io.veza.edge.health.HealthState;
import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Turns the bodies of writing requests into commands and has {@code control} carry them out. Stateless. */
final class JsonCommands {

    static final String[] STATE = {"state", "deadline", "holders", "then"};
    static final String[] WEIGHT = {"weight"};
    static final String[] HEALTH = {"health"};
    static final String[] CHECKS = {"enabled"};
    static final String[] ADDRESS = {"address"};
    static final String[] MAX_CONNECTIONS = {"maxConnections"};
    static final String[] SERVER = {"name", "address", "weight", "maxConnections", "backup", "state", "checks"};

    private static final Duration LONGEST_DRAIN = Duration.ofDays(30);
    private static final int MOST_CONNECTIONS = 1_000_000;

    private JsonCommands() {}

    /** {@code {"state": "drain", "deadline": "10m", "holders": "stay", "then": "maint"}}; all but the state may be left out. */
    static Command state(String server, @Nullable Buffer body) {
        JsonFields fields = JsonFields.read(body, STATE);
        AdminState state = fields.constant("state", AdminState.values());
        Optional<Duration> deadline = fields.duration("deadline", LONGEST_DRAIN);
        boolean move = fields.is("holders", "move", "stay");
        boolean thenMaintenance = fields.is("then", "maint", "drain");
        if (deadline.isEmpty() || state != AdminState.DRAIN) {
            for (String key : new String[] {"deadline", "holders", "then"}) {
                if (fields.has(key)) {
                    throw ApiProblem.value(key, null, "goes with state drain and a deadline only");
                }
            }
            return new Command.SetAdmin(server, state);
        }
        return new Command.DrainWithin(server, deadline.get(), !move, thenMaintenance);
    }

    static Command weight(String server, @Nullable Buffer body) {
        JsonFields fields = JsonFields.read(body, WEIGHT);
        return new Command.SetWeight(server, new Weight(fields.number("weight", 0, Weight.MAX)));
    }

    static Command health(String server, @Nullable Buffer body) {
        JsonFields fields = JsonFields.read(body, HEALTH);
        return new Command.SetHealth(server, fields.constant("health", HealthState.values()));
    }

    static Command checks(String server, @Nullable Buffer body) {
        return new Command.SetChecked(server, JsonFields.read(body, CHECKS).flag("enabled"));
    }

    /** Only literals: a name would have to be looked up, and its answers to come. */
    static Command address(String server, @Nullable Buffer body) {
        JsonFields fields = JsonFields.read(body, ADDRESS);
        return new Command.SetAddress(
                server, fields.text("address", JsonCommands::literal, "an IP address and port, such as 10.0.0.7:8080"));
    }

    private static InetSocketAddress literal(String text) {
        ServerAddress address = ServerAddress.parse(text, OptionalInt.empty());
        return AddressChange.literal(address.host())
                .map(host -> new InetSocketAddress(host, address.port()))
                .orElseThrow(() -> new IllegalArgumentException(address.host() + " is a name"));
    }

    /** Null takes the bound away. */
    static Command maxConnections(String server, @Nullable Buffer body) {
        JsonFields fields = JsonFields.read(body, MAX_CONNECTIONS);
        fields.mention("maxConnections", "must be a whole number in 1.." + MOST_CONNECTIONS + ", or null");
        return new Command.SetMaxConnections(server, maxConnections(fields));
    }

    private static OptionalInt maxConnections(JsonFields fields) {
        return fields.has("maxConnections")
                ? OptionalInt.of(fields.number("maxConnections", 1, MOST_CONNECTIONS))
                : OptionalInt.empty();
    }

    static Command.AddServer server(@Nullable Buffer body) {
        JsonFields fields = JsonFields.read(body, SERVER);
        ServerAddress address = fields.text(
                "address", text -> ServerAddress.parse(text, OptionalInt.empty()), "host:port or [v6]:port");
        Weight weight = fields.has("weight") ? new Weight(fields.number("weight", 0, Weight.MAX)) : Weight.DEFAULT;
        Server server = fields.text(
                "name",
                name -> new Server(name, address, weight, maxConnections(fields), fields.flag("backup", false)),
                "1 to 64 letters, digits, or any of . _ : -");
        AdminState state = fields.has("state") ? fields.constant("state", AdminState.values()) : AdminState.READY;
        return new Command.AddServer(server, state, fields.flag("checks", true));
    }

    /**
     * Has the command carried out.
     *
     * @return the server as it is then
     * @throws ApiProblem if there is no such server, or the command is not possible now
     */
    static ServerEntry apply(PoolController pool, Command command) {
        if (!(command instanceof Command.AddServer)) {
            ApiTarget.server(pool.snapshot(), command.server());
        }
        try {
            pool.apply(command);
        } catch (IllegalArgumentException e) {
            throw new ApiProblem(409, String.valueOf(e.getMessage()));
        }
        return ApiTarget.server(pool.snapshot(), command.server());
    }

    /** As {@link #apply} for a server that is to be no more. */
    static void remove(PoolController pool, String server) {
        ApiTarget.server(pool.snapshot(), server);
        try {
            pool.apply(new Command.RemoveServer(server));
        } catch (IllegalArgumentException e) {
            throw new ApiProblem(409, String.valueOf(e.getMessage()));
        }
    }
}
