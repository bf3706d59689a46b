package io.veza.edge.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/**
 * TLS 1.2 and 1.3 towards the servers of one pool: whom the edge trusts and as whom it shows itself, read from files,
 * and again when they change: what cannot be used changes nothing. A connection keeps for its life what was there as it
 * began. Sessions are resumed; they are kept by name and port of the server, until a file changes. Thread-safe.
 */
public final class ServerTls {

    /**
     * What is asked of TLS.
     *
     * @param verified whether a server's certificate must be good and for its name
     * @param ca file with those who may have signed it; empty for those that the JDK trusts
     * @param clientCert file with the chain and the key that the edge shows, if it shows any
     * @param http2 whether HTTP/2, and nothing else, is offered by ALPN
     */
    public record Terms(boolean verified, Optional<Path> ca, Optional<Path> clientCert, boolean http2) {}

    private static final String HTTP2 = "h2";

    private final Terms terms;
    private final List<Path> files;
    private final FileReloads reloads;
    private volatile SslContext context;

    private ServerTls(Terms terms, Instant now) {
        this.terms = terms;
        this.files = Stream.of(terms.ca.filter(file -> terms.verified), terms.clientCert)
                .flatMap(Optional::stream)
                .toList();
        this.reloads = new FileReloads(now);
        files.forEach(reloads::seen);
        this.context = context(terms);
    }

    /**
     * Reads the files.
     *
     * @throws PemException if one of them cannot be used
     */
    public static ServerTls of(Terms terms) {
        return new ServerTls(terms, Instant.now());
    }

    /**
     * Reads what has changed since the last look. To be called every second or so, never on an event loop.
     *
     * @return what has happened, for the log
     */
    public synchronized List<ReloadEvent> look(Instant now) {
        List<Path> changed = files.stream().filter(reloads::isDue).toList();
        if (changed.isEmpty()) {
            return List.of();
        }
        try {
            context = context(terms);
            // Both are read as one: who was refused for the other is not any more.
            return files.stream()
                    .filter(file -> changed.contains(file)
                            || reloads.summary().refused().containsKey(file.toString()))
                    .map(file -> reloads.taken(file, now))
                    .toList();
        } catch (PemException e) {
            return changed.stream().map(file -> reloads.refused(file, e)).toList();
        }
    }

    public Reloads reloads() {
        return reloads.summary();
    }

    private static SslContext context(Terms terms) {
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2")
                .endpointIdentificationAlgorithm(terms.verified ? "HTTPS" : null);
        if (!terms.verified) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        } else {
            terms.ca.ifPresent(file -> builder.trustManager(Pem.certificates(file)));
        }
        terms.clientCert.ifPresent(file -> {
            KeyAndChain own = Pem.keyAndChain(file);
            builder.keyManager(own.key(), own.chain());
        });
        if (terms.http2) {
            builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    HTTP2));
        }
        try {
            return builder.build();
        } catch (SSLException e) {
            throw new PemException("no TLS towards servers by these files: " + e.getMessage(), e);
        }
    }

    /**
     * The handler of a new connection.
     *
     * @param name to ask for and to verify: a name, or an IP address, which is verified only
     * @param port with the name, what sessions are kept by
     */
    public SslHandler newHandler(ByteBufAllocator allocator, String name, int port) {
        SslHandler handler = context.newHandler(allocator, name, port);
        if (name.indexOf('.') < 0 && name.indexOf(':') < 0) {
            askFor(name, handler.engine());
        }
        return handler;
    }

    /** By itself Netty asks only for names with a dot; those of containers have none. */
    private static void askFor(String name, SSLEngine engine) {
        try {
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(name)));
            engine.setSSLParameters(parameters);
        } catch (IllegalArgumentException e) {
            // Not a name that may be asked for (RFC 6066 section 3), such as one with an underscore: verified all the
            // same.
        }
    }

    /** Whether both sides mean to speak the same over this connection, whose handshake is over. */
    public boolean agreed(SslHandler handler) {
        return !terms.http2 || HTTP2.equals(handler.applicationProtocol());
    }
}
