package io.veza.edge.config;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;

/** Configurations made of given keys and nothing of this machine's environment. */
final class ConfigFixture {

    private ConfigFixture() {}

    /** The least that is valid: one pool of one server. */
    static Map<String, String> minimal() {
        return Map.of("edge.pools.p.servers.s.address", "127.0.0.1:8081");
    }

    /** {@link #minimal} with more keys, or other values, {@code key=value} each. */
    static Map<String, String> minimalWith(String... settings) {
        Map<String, String> all = new HashMap<>(minimal());
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            all.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        return all;
    }

    static SmallRyeConfig config(Map<String, String> properties, Map<String, String> environment) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withSources(new ProcessorCount())
                .withSources(new PropertiesConfigSource(properties, "test.properties", 250))
                .withSources(new EnvConfigSource(environment, 300))
                .withValidateUnknown(false)
                .build();
    }

    static EdgeSettings settings(String... minimalWith) {
        return EdgeSettings.from(config(minimalWith(minimalWith), Map.of()));
    }
}
