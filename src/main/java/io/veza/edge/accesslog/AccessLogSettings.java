package io.veza.edge.accesslog;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What is logged, how and where to.
 *
 * @param file appended to; empty for the standard output
 * @param sample the share of the exchanges that is logged, 0..1
 * @param errorsOnly leaves out what ended in good order
 * @param query whether queries are logged, of the target and of the referring page
 */
public record AccessLogSettings(Format format, Optional<Path> file, double sample, boolean errorsOnly, boolean query) {

    /** How an exchange is written. */
    public enum Format {
        /** {@code option httplog} of HAProxy 2.6, behind a syslog header. */
        HAPROXY,
        /** One object a line. */
        JSON,
        /** What Apache and NGINX call combined. */
        COMBINED
    }

    public AccessLogSettings {
        if (!(sample >= 0 && sample <= 1)) {
            throw new IllegalArgumentException("a sample is a share in 0..1, not " + sample);
        }
    }
}
