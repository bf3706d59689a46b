package io.veza.edge.admin;

import io.netty.util.NetUtil;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.veza.edge.control.ServerTransition;
import io.veza.edge.metrics.ConfigReloads;
import io.veza.edge.metrics.ListenerStatistics;
import io.veza.edge.proxy.CapturedError;
import io.veza.edge.proxy.OpenSession;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** The process, its listeners, sessions, transitions and captured errors as JSON. Stateless. */
final class JsonTraffic {

    /** The value of a field that proves who somebody is, up to the end of its line. */
    private static final Pattern SECRET =
            Pattern.compile("(?im)^((?:proxy-)?authorization|(?:set-)?cookie)([ \t]*:)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*");

    private JsonTraffic() {}

    static JsonObject info(ApiTarget edge, RuntimeApi.EdgeProcess process, ApiAccess access) {
        JsonObject failures = new JsonObject();
        edge.statistics().failures().forEach(failures::put);
        return new JsonObject()
                .put("name", "veza-edge")
                .put("version", process.version())
                .put("now", JsonActivity.time(edge.statistics().now()))
                .put("started", JsonActivity.time(edge.statistics().started()))
                .put(
                        "uptime",
                        JsonActivity.seconds(Duration.between(
                                edge.statistics().started(), edge.statistics().now())))
                .put("stopping", process.stopping().getAsBoolean())
                .put("configuration", configuration(process.reloads().get()))
                .put("connections", edge.plane().connections())
                .put("maxConnections", edge.plane().maxConnections())
                .put("writable", access.writable())
                .put("tokenWanted", access.wantsToken())
                .put("failures", failures);
    }

    private static JsonObject configuration(ConfigReloads reloads) {
        return new JsonObject()
                .put("read", JsonActivity.time(reloads.last()))
                .put("reloads", reloads.taken())
                .put("refused", reloads.refused())
                .put("lastTaken", reloads.lastTaken());
    }

    static JsonArray listeners(ApiTarget edge) {
        JsonArray listeners = new JsonArray();
        for (ListenerStatistics listener : edge.statistics().listeners()) {
            JsonObject json = new JsonObject()
                    .put("name", listener.name())
                    .put("address", address(listener.address()))
                    .put("connections", listener.activity().current())
                    .put("mostConnections", listener.activity().most())
                    .put("accepted", listener.activity().total())
                    .put("acceptRate", listener.activity().rate())
                    .put("maxConnections", listener.maxConnections())
                    .put("requestErrors", listener.requestErrors())
                    .put("refused", listener.refused());
            listeners.add(JsonActivity.put(json, listener.activity()));
        }
        return listeners;
    }

    static JsonObject session(OpenSession session) {
        return new JsonObject()
                .put("id", session.id())
                .put("listener", session.listener())
                .put("client", address(session.client()))
                .put("age", JsonActivity.seconds(session.age()))
                .put("phase", JsonFields.word(session.phase()))
                .put("phaseAge", JsonActivity.seconds(session.phaseAge()))
                .put("request", session.request().orElse(null))
                .put("pool", session.pool().orElse(null))
                .put("server", session.server().orElse(null))
                .put(
                        "serverAddress",
                        session.serverAddress().map(JsonTraffic::address).orElse(null))
                .put("bytesIn", session.bytesIn())
                .put("bytesOut", session.bytesOut());
    }

    static JsonArray transitions(List<ServerTransition> transitions) {
        JsonArray all = new JsonArray();
        for (ServerTransition transition : transitions) {
            all.add(new JsonObject()
                    .put("at", JsonActivity.time(transition.at()))
                    .put("pool", transition.pool())
                    .put("server", transition.server().server().name())
                    .put("from", transition.from().label())
                    .put("to", transition.to().label())
                    .put("cause", transition.cause()));
        }
        return all;
    }

    static JsonArray errors(List<CapturedError> errors) {
        JsonArray all = new JsonArray();
        for (CapturedError error : errors) {
            all.add(new JsonObject()
                    .put("sequence", error.sequence())
                    .put("at", JsonActivity.time(error.at()))
                    .put("kind", error.response() ? "response" : "request")
                    .put("scope", error.scope())
                    .put("listener", error.listener())
                    .put("client", address(error.client()))
                    .put("pool", error.pool().orElse(null))
                    .put("server", error.server().orElse(null))
                    .put("position", error.position())
                    .put("reason", error.reason())
                    .put("bytes", withoutSecrets(error.bytes())));
        }
        return all;
    }

    /** Each secret as stars of the same length, so that the position still points where it did. */
    static String withoutSecrets(String head) {
        return SECRET.matcher(head).replaceAll(found -> {
            String kept = found.group(1) + found.group(2);
            String value = found.group().substring(kept.length());
            return kept + value.replaceAll("[^\r\n]", "*");
        });
    }

    /** {@code 127.0.0.1:80} or {@code [::1]:80}; never looks a name up. */
    static String address(InetSocketAddress address) {
        return address.getAddress() == null
                ? address.getHostString() + ":" + address.getPort()
                : NetUtil.toSocketAddressString(address);
    }
}
