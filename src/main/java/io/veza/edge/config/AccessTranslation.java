package io.veza.edge.config;

import io.smallrye.config.ConfigValue;
import io.veza.edge.pool.AddressBlocks;
import io.veza.edge.pool.AddressRule;
import java.util.List;
import java.util.Map;

/** The translation of the keys that say who comes in, into a {@link ListenerAccess} for each listener. */
final class AccessTranslation {

    static final String HTTP = "http";
    static final String HTTPS = "https";

    private static final Format<String> LISTENER = text -> {
        if (!text.equals(HTTP) && !text.equals(HTTPS)) {
            throw new IllegalArgumentException("must be a list of http, https");
        }
        return text;
    };

    private AccessTranslation() {}

    /** What each listener asks of a connection, by the listener's name; also of those that are not bound. */
    static Map<String, ListenerAccess> listeners(EdgeConfig config, List<Cidr> trustedProxies, Problems problems) {
        List<String> acceptProxy = acceptProxy(config, problems);
        if (!acceptProxy.isEmpty() && trustedProxies.isEmpty()) {
            problems.add(
                    config.listen().acceptProxy(),
                    "needs edge.trusted-proxies: a PROXY header is believed from those alone");
        }
        return Map.of(
                HTTP, listener(acceptProxy.contains(HTTP), config.access().http(), problems),
                HTTPS, listener(acceptProxy.contains(HTTPS), config.access().https(), problems));
    }

    /** The names of the listeners on which a PROXY header must come. */
    static List<String> acceptProxy(EdgeConfig config, Problems problems) {
        return problems.readIfPresent(config.listen().acceptProxy(), Format.listOf(LISTENER))
                .orElse(List.of());
    }

    private static ListenerAccess listener(boolean acceptProxy, EdgeConfig.Clients clients, Problems problems) {
        return new ListenerAccess(acceptProxy, rule(clients.allow(), clients.deny(), problems));
    }

    static AddressRule rule(ConfigValue allow, ConfigValue deny, Problems problems) {
        AddressBlocks allowed = blocks(allow, problems);
        AddressBlocks denied = blocks(deny, problems);
        return allowed.isEmpty() && denied.isEmpty() ? AddressRule.OPEN : new AddressRule(allowed, denied);
    }

    private static AddressBlocks blocks(ConfigValue setting, Problems problems) {
        return Cidr.blocks(
                problems.readIfPresent(setting, Format.listOf(Cidr::parse)).orElse(List.of()));
    }
}
