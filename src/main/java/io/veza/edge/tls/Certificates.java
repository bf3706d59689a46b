package io.veza.edge.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The certificates of a listener, and what its connections speak TLS by. A connection keeps for its life what was there as
 * it began. Thread-safe.
 */
public final class Certificates {

    private final Duration handshake;
    private final TlsContexts contexts;
    private volatile CertificateChoice choice;

    /**
     * Reads all of them.
     *
     * @throws PemException for the first file that cannot be used
     */
    public Certificates(TlsOptions options) {
        this.handshake = options.handshake();
        this.contexts = new TlsContexts(options);
        List<CertificateChoice.Entry> entries = new ArrayList<>();
        for (Path file : CertificateFiles.of(options.certificates())) {
            entries.add(entry(contexts, file));
        }
        this.choice = new CertificateChoice(entries, options.strictNames());
    }

    private static CertificateChoice.Entry entry(TlsContexts contexts, Path file) {
        ServerCertificate certificate = new ServerCertificate(file.toString(), Pem.keyAndChain(file));
        return new CertificateChoice.Entry(certificate, contexts.context(certificate));
    }

    /** Why these options cannot be used; all reasons, for each file one. */
    public static List<String> problems(TlsOptions options) {
        List<String> problems = new ArrayList<>();
        try {
            TlsContexts contexts = new TlsContexts(options);
            for (Path file : CertificateFiles.of(options.certificates())) {
                try {
                    entry(contexts, file);
                } catch (PemException e) {
                    problems.add(String.valueOf(e.getMessage()));
                }
            }
        } catch (PemException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
        return problems;
    }

    /** Who does the cryptography, for people. */
    public String provider() {
        return contexts.provider();
    }

    /** How long a handshake may take. */
    public Duration handshake() {
        return handshake;
    }

    /** In the order in which they were read: the first is the default. */
    public List<ServerCertificate> all() {
        return choice.entries().stream()
                .map(CertificateChoice.Entry::certificate)
                .toList();
    }

    /** What a new connection is to begin with; it tells of its end by an {@code SslHandshakeCompletionEvent}. */
    public ChannelHandler newHandler(ByteBufAllocator allocator) {
        CertificateChoice current = choice;
        return current.isOneForAll() ? handler(current.first(), allocator) : new NameReader(current);
    }

    /** The traffic plane has its own timers. */
    static SslHandler handler(SslContext context, ByteBufAllocator allocator) {
        SslHandler handler = context.newHandler(allocator);
        handler.setHandshakeTimeoutMillis(0);
        return handler;
    }
}
