package io.veza.edge;

import io.veza.edge.config.Cidr;
import io.veza.edge.config.EdgeSettings;
import io.veza.edge.config.HttpsPolicy;
import io.veza.edge.config.TlsSettings;
import io.veza.edge.http1.HeadLimits;
import io.veza.edge.pool.AddressBlocks;
import io.veza.edge.proxy.ClientLimits;
import io.veza.edge.proxy.Http2Limits;
import io.veza.edge.proxy.HttpsRedirect;
import io.veza.edge.proxy.ListenerSettings;
import io.veza.edge.proxy.StrictTransport;
import io.veza.edge.proxy.TrafficSettings;
import java.net.InetAddress;
import java.util.function.Predicate;

/** What is configured, in the words of the traffic plane. */
final class PlaneSettings {

    private static final int HTTPS_PORT = 443;

    /** An eighth of the heap may be in heads that have not ended; an attacker from many addresses could fill it else. */
    private static final int HEADS_SHARE = 8;

    private PlaneSettings() {}

    /** How clients connect to the listener of this name, {@code http} or {@code https}; TLS is left to the caller. */
    static ListenerSettings listener(String name, EdgeSettings settings) {
        boolean http2 = name.equals("https")
                ? settings.tls().filter(TlsSettings::http2).isPresent()
                : settings.listen().h2c();
        HttpsPolicy https = settings.httpsPolicy();
        ListenerSettings listener = new ListenerSettings(name, http2)
                .withAcceptProxy(settings.access(name).acceptProxy())
                .withClients(settings.access(name).clients());
        if (name.equals("https")) {
            return listener.withStrictTransport(https.hsts()
                    .map(hsts -> new StrictTransport(hsts.maxAge(), hsts.includeSubdomains(), hsts.preload()))
                    .orElse(null));
        }
        int port =
                settings.tls().map(TlsSettings::port).filter(bound -> bound > 0).orElse(HTTPS_PORT);
        return https.redirectHttp()
                ? listener.withRedirect(new HttpsRedirect(https.redirectPort().orElse(port)))
                : listener;
    }

    /** All that is not of one pool or listener. */
    static TrafficSettings traffic(EdgeSettings settings) {
        EdgeSettings.Limits limits = settings.limits();
        EdgeSettings.Timeouts timeouts = settings.timeouts();
        AddressBlocks trusted = Cidr.blocks(settings.trustedProxies());
        Predicate<InetAddress> trustedProxy = peer -> trusted.contains(peer.getAddress());
        return new TrafficSettings(
                new HeadLimits(limits.requestLine(), limits.head(), limits.headers()),
                limits.connections(),
                new ClientLimits(
                        limits.connectionsPerAddress().orElse(ClientLimits.NO_MOST),
                        limits.connectionRatePerAddress().orElse(ClientLimits.NO_MOST),
                        limits.bodyRate().orElse(0),
                        ClientLimits.BODY_SPAN,
                        Runtime.getRuntime().maxMemory() / HEADS_SHARE / settings.threads()),
                new Http2Limits(limits.streams(), limits.streamResets()),
                limits.idleConnections(),
                timeouts.requestHead(),
                timeouts.client(),
                timeouts.keepAlive(),
                timeouts.serverKeepAlive(),
                trustedProxy);
    }
}
