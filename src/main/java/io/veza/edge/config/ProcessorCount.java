package io.veza.edge.config;

import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/**
 * The default of {@code edge.threads}: the number of processors. A source, since a constant could not know it and Vert.x's
 * event loops are sized by an expression over this key.
 */
public final class ProcessorCount implements ConfigSource {

    private static final String KEY = "edge.threads";

    /** Not listed, or the build would record the number of its own machine. */
    @Override
    public Set<String> getPropertyNames() {
        return Set.of();
    }

    /** Below every source a user could write to. */
    @Override
    public int getOrdinal() {
        return -1_000;
    }

    @Override
    public @Nullable String getValue(String key) {
        return key.equals(KEY) ? Integer.toString(Runtime.getRuntime().availableProcessors()) : null;
    }

    @Override
    public String getName() {
        return "number of processors";
    }
}
