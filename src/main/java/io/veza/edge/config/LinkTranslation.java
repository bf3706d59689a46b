package io.veza.edge.config;

import io.smallrye.config.ConfigValue;
import io.veza.edge.control.ServerLink;
import io.veza.edge.control.ServerLink.Protocol;
import io.veza.edge.control.ServerLink.ProxyHeader;
import io.veza.edge.pool.ServerAddress;
import java.util.Optional;

/** The translation of what a pool's settings say of how its servers are spoken to into a {@link ServerLink}. */
final class LinkTranslation {

    private enum Verify {
        REQUIRED,
        NONE
    }

    private static final Format<String> SERVER_NAME = text -> {
        String name = new ServerAddress(text, 1).host();
        if (name.indexOf(':') >= 0 || name.matches("[0-9.]+")) {
            throw new IllegalArgumentException("must be a name, not an IP address");
        }
        return name;
    };

    private final Problems problems;

    LinkTranslation(Problems problems) {
        this.problems = problems;
    }

    ServerLink link(PoolConfig config) {
        Protocol protocol = problems.read(config.protocol(), Format.oneOf(Protocol.values()), Protocol.HTTP1);
        ProxyHeader header = problems.read(config.sendProxy(), Format.oneOf(ProxyHeader.values()), ProxyHeader.NONE);
        Optional<ServerLink.Tls> tls = tls(config.tls());
        return problems.attempt(
                        config.protocol().getName(),
                        String.valueOf(config.protocol().getValue()),
                        () -> new ServerLink(protocol, tls, header))
                .orElse(ServerLink.PLAIN);
    }

    private Optional<ServerLink.Tls> tls(PoolConfig.ServerTls config) {
        boolean enabled = problems.read(config.enabled(), Format.FLAG, false);
        ServerLink.Tls tls = new ServerLink.Tls(
                problems.read(config.verify(), Format.oneOf(Verify.values()), Verify.REQUIRED) == Verify.REQUIRED,
                problems.readIfPresent(config.ca(), Format.PATH),
                problems.readIfPresent(config.sni(), SERVER_NAME),
                problems.readIfPresent(config.clientCert(), Format.PATH));
        if (!enabled) {
            // Somebody relies on what would be without effect: requests would go to the servers in the clear.
            needsTls(config.verify(), problems.isGiven(config.verify()));
            needsTls(config.ca(), tls.ca().isPresent());
            needsTls(config.sni(), tls.sni().isPresent());
            needsTls(config.clientCert(), tls.clientCert().isPresent());
        }
        return Optional.of(tls).filter(read -> enabled);
    }

    private void needsTls(ConfigValue setting, boolean given) {
        if (given) {
            problems.add(setting, "needs tls.enabled=true of the same pool");
        }
    }
}
