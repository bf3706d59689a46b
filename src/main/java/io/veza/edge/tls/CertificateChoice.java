package io.veza.edge.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which certificate a client gets: the one for exactly the name it asks for, else one with a wildcard for it (RFC 6125
 * section 6.4.3: for one label), else the first one of all, unless strict. Of two for the same name the first counts.
 * Immutable.
 */
final class CertificateChoice {

    private final List<Entry> entries;
    private final boolean strict;
    private final Map<String, Entry> exact = new HashMap<>();

    /** By what follows the asterisk: {@code .example.com}. */
    private final Map<String, Entry> wildcards = new HashMap<>();

    /**
     * One certificate, ready to be used.
     *
     * @param staple null if no responder is asked about it
     */
    record Entry(ServerCertificate certificate, SslContext context, @Nullable Staple staple) {

        SslHandler newHandler(ByteBufAllocator allocator, InstantSource clock) {
            SslHandler handler = context.newHandler(allocator);
            // The traffic plane has its own timers.
            handler.setHandshakeTimeoutMillis(0);
            if (staple != null) {
                byte[] response = staple.at(clock.instant());
                if (response != null) {
                    ((ReferenceCountedOpenSslEngine) handler.engine()).setOcspResponse(response);
                }
            }
            return handler;
        }
    }

    /** @param entries one at least, in their order */
    CertificateChoice(List<Entry> entries, boolean strict) {
        this.entries = List.copyOf(entries);
        this.strict = strict;
        for (Entry entry : entries) {
            for (String name : entry.certificate.names()) {
                if (name.startsWith("*.")) {
                    wildcards.putIfAbsent(name.substring(1), entry);
                } else {
                    exact.putIfAbsent(name, entry);
                }
            }
        }
    }

    List<Entry> entries() {
        return entries;
    }

    /** Whether there is one for all, whatever name is asked for. */
    boolean isOneForAll() {
        return entries.size() == 1 && !strict;
    }

    Entry first() {
        return entries.get(0);
    }

    /**
     * @param name in lower case; null if the client named none
     * @return null if strict and there is none for this name
     */
    @Nullable
    Entry select(@Nullable String name) {
        Entry found = null;
        if (name != null) {
            String asked = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
            found = exact.get(asked);
            int label = asked.indexOf('.');
            if (found == null && label > 0) {
                found = wildcards.get(asked.substring(label));
            }
        }
        return found != null || strict ? found : first();
    }
}
