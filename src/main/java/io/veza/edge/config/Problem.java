package io.veza.edge.config;

/**
 * One thing that is wrong with the configuration.
 *
 * @param key the whole key, as it would be written in a properties file
 * @param value what was given, empty if nothing was
 * @param allowed what is wrong with it or what could be there instead
 */
public record Problem(String key, String value, String allowed) {

    @Override
    public String toString() {
        return key + (value.isEmpty() ? "" : " = " + value) + ": " + allowed;
    }
}
