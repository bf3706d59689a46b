package io.veza.edge.config;

import io.smallrye.config.ConfigValue;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What holds clients to TLS.
 *
 * @param redirectHttp whether the HTTP listener sends them to the HTTPS one
 * @param redirectPort where clients reach that if not at the port it listens on
 * @param hsts what responses of the HTTPS listener say
 */
public record HttpsPolicy(boolean redirectHttp, OptionalInt redirectPort, Optional<Hsts> hsts) {

    /**
     * {@code Strict-Transport-Security}.
     *
     * @param maxAge zero has browsers forget
     */
    public record Hsts(Duration maxAge, boolean includeSubdomains, boolean preload) {}

    private static final Format<Duration> AGE = Format.duration(Duration.ZERO, Duration.ofDays(3_650));

    /** What the operators of the browsers' common list ask for. */
    private static final Duration PRELOAD_AGE = Duration.ofDays(365);

    private static final Format<OptionalInt> REDIRECT = text -> {
        if (text.equals("true") || text.equals("false")) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(Format.PORT.read(text));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("must be true, false or a port in 1..65535", e);
        }
    };

    static HttpsPolicy from(EdgeConfig.Tls tls, Problems problems) {
        OptionalInt port = problems.read(tls.redirectHttp(), REDIRECT, OptionalInt.empty());
        String redirect = problems.read(tls.redirectHttp(), Format.TEXT, "false");
        boolean hasHttps = problems.readIfPresent(tls.certPath(), Format.TEXT).isPresent();
        if (redirect.equals("true") && !hasHttps) {
            problems.add(
                    tls.redirectHttp(),
                    "needs edge.tls.cert-path, or the port of somebody else who speaks TLS for this edge");
        }
        return new HttpsPolicy(!redirect.equals("false"), port, hsts(tls.hsts(), hasHttps, problems));
    }

    private static Optional<Hsts> hsts(EdgeConfig.Hsts config, boolean hasHttps, Problems problems) {
        Optional<Duration> maxAge = problems.readIfPresent(config.maxAge(), AGE);
        boolean subdomains = problems.read(config.includeSubdomains(), Format.FLAG, false);
        boolean preload = problems.read(config.preload(), Format.FLAG, false);
        if (maxAge.isPresent() && !hasHttps) {
            // Browsers would be told by nobody, and somebody relies on it.
            problems.add(config.maxAge(), "needs edge.tls.cert-path; only responses over HTTPS say it");
        }
        if (maxAge.isEmpty()) {
            needsAge(subdomains, config.includeSubdomains(), problems);
            needsAge(preload, config.preload(), problems);
        } else if (preload && (!subdomains || maxAge.get().compareTo(PRELOAD_AGE) < 0)) {
            problems.add(
                    config.preload(),
                    "needs edge.tls.hsts.include-subdomains=true and edge.tls.hsts.max-age=365d or more");
        }
        return maxAge.map(age -> new Hsts(age, subdomains, preload));
    }

    private static void needsAge(boolean set, ConfigValue setting, Problems problems) {
        if (set) {
            problems.add(setting, "needs edge.tls.hsts.max-age");
        }
    }
}
