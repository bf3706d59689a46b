package io.veza.edge.config;

import io.veza.edge.pool.ServerAddress;
import java.util.OptionalInt;

/** The translation of {@code edge.listen} but for HTTPS, and of what needs the HTTP listener that it may take away. */
final class ListenTranslation {

    private static final Format<String> HOST = text -> new ServerAddress(text, 1).host();

    private static final Format<Integer> PORT = Format.number(0, 65_535);

    private static final Format<OptionalInt> PORT_OR_OFF = text -> {
        try {
            return text.equals("off") ? OptionalInt.empty() : OptionalInt.of(PORT.read(text));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("must be a number in 0..65535, or off", e);
        }
    };

    private ListenTranslation() {}

    static EdgeSettings.Listen of(EdgeConfig config, Problems problems) {
        EdgeConfig.Listen listen = config.listen();
        OptionalInt http = problems.read(listen.http(), PORT_OR_OFF, OptionalInt.of(0));
        boolean h2c = problems.read(listen.h2c(), Format.FLAG, false);
        boolean off = problems.readIfPresent(listen.http(), Format.TEXT)
                .filter("off"::equals)
                .isPresent();
        if (off) {
            withoutHttp(config, h2c, problems);
        }
        return new EdgeSettings.Listen(problems.read(listen.host(), HOST, "localhost"), http, h2c);
    }

    private static void withoutHttp(EdgeConfig config, boolean h2c, Problems problems) {
        String needs = "needs the HTTP listener, which edge.listen.http=off takes away";
        if (problems.readIfPresent(config.tls().certPath(), Format.TEXT).isEmpty()) {
            problems.add(
                    config.listen().http(), "needs edge.tls.cert-path, for HTTPS; else nobody would be listened to");
        }
        if (h2c) {
            problems.add(config.listen().h2c(), needs);
        }
        if (!problems.read(config.tls().redirectHttp(), Format.TEXT, "false").equals("false")) {
            problems.add(config.tls().redirectHttp(), needs);
        }
        if (AccessTranslation.acceptProxy(config, problems).contains(AccessTranslation.HTTP)) {
            problems.add(config.listen().acceptProxy(), needs);
        }
    }
}
