package io.veza.edge.config;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.SmallRyeConfig;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * A configuration as it was read: what it comes to, and the texts it was made of, by which another one is compared with it.
 */
public final class Configuration {

    /** As the source of a properties file is called by its reader. */
    private static final Pattern FILE = Pattern.compile("\\[source=(file:/[^]]+)]$");

    private final EdgeConfig texts;
    private final EdgeSettings settings;

    private final List<Path> files;

    private Configuration(EdgeConfig texts, EdgeSettings settings, List<Path> files) {
        this.texts = texts;
        this.settings = settings;
        this.files = List.copyOf(files);
    }

    /**
     * That of a running application.
     *
     * @throws InvalidConfigException with all problems
     */
    public static Configuration of(SmallRyeConfig config) {
        EdgeSettings settings = EdgeSettings.from(config);
        return new Configuration(config.getConfigMapping(EdgeConfig.class), settings, files(config));
    }

    /** Those of its sources that are files; a file in a jar is none. */
    private static List<Path> files(SmallRyeConfig config) {
        List<Path> files = new ArrayList<>();
        for (ConfigSource source : config.getConfigSources()) {
            Matcher file = FILE.matcher(source.getName());
            if (file.find()) {
                files.add(Path.of(URI.create(file.group(1))));
            }
        }
        return files;
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

    /**
     * A problem for each file that this was read from and that is there no more. Without it a later configuration would be a
     * good one with half of the pools, since a missing file is only warned of by those who read it.
     */
    public List<Problem> missingFiles() {
        return files.stream()
                .filter(file -> !Files.exists(file))
                .map(
                        file -> new Problem(
                                file.toString(),
                                "",
                                "is gone, and what runs was read from it; if nothing of it is to count any more, leave an empty file"))
                .toList();
    }

    /** A problem for each value of a later configuration, valid or not, that a process running by this one cannot take. */
    public List<Problem> obstacles(SmallRyeConfig later) {
        EdgeSettings.register(later);
        return KeyEffect.obstacles(texts, later.getConfigMapping(EdgeConfig.class));
    }
}
