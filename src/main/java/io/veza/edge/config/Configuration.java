package io.veza.edge.config;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.SmallRyeConfig;
import java.util.List;

/**
 * A configuration as it was read: what it comes to, and the texts it was made of, by which another one is compared with it.
 */
public final class Configuration {

    private final EdgeConfig texts;
    private final EdgeSettings settings;

    private Configuration(EdgeConfig texts, EdgeSettings settings) {
        this.texts = texts;
        this.settings = settings;
    }

    /**
     * That of a running application.
     *
     * @throws InvalidConfigException with all problems
     */
    public static Configuration of(SmallRyeConfig config) {
        EdgeSettings settings = EdgeSettings.from(config);
        return new Configuration(config.getConfigMapping(EdgeConfig.class), settings);
    }

    /**
     * The sources that a Quarkus application reads, read anew: files as they are now, environment and system properties. Not
     * for {@code main} in dev mode, as {@link EdgeSettings#load}.
     */
    public static SmallRyeConfig sources() {
        return ConfigUtils.configBuilder().build();
    }

    public EdgeSettings settings() {
        return settings;
    }

    /** A problem for each value of a later configuration, valid or not, that a process running by this one cannot take. */
    public List<Problem> obstacles(SmallRyeConfig later) {
        EdgeSettings.register(later);
        return KeyEffect.obstacles(texts, later.getConfigMapping(EdgeConfig.class));
    }
}
