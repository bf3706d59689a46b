package io.veza.edge.tls;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The certificates of a listener, and what its connections speak TLS by: read once at the start, and again from files that
 * have changed. What cannot be used changes nothing. A connection keeps for its life what was there as it began.
 * Thread-safe; connections never wait for who reads files.
 */
public final class Certificates {

    private static final Duration RESPONDER_PATIENCE = Duration.ofSeconds(5);

    private final TlsOptions options;
    private final InstantSource clock;
    private final TlsContexts contexts;
    private final FileReloads reloads;
    private final OcspClient responders = new OcspClient(RESPONDER_PATIENCE);
    private final AtomicLong ocspTaken = new AtomicLong();
    private final AtomicLong ocspRefused = new AtomicLong();
    private volatile CertificateChoice choice;

    /** As of the file that was taken last; empty for not looking. */
    private volatile Optional<RevocationLists> revocations;

    @GuardedBy("this")
    private RevocationLists.Phase revocationPhase = RevocationLists.Phase.GOOD;

    @GuardedBy("this")
    private final Map<Path, CertificateChoice.Entry> entries = new TreeMap<>();

    /** What operators have set and not committed, by file. */
    @GuardedBy("this")
    private final Map<String, ServerCertificate> pending = new LinkedHashMap<>();

    /**
     * Reads all of them.
     *
     * @throws PemException for the first file that cannot be used
     */
    public Certificates(TlsOptions options, InstantSource clock) {
        this.options = options;
        this.clock = clock;
        this.contexts = new TlsContexts(options, clock.instant());
        this.reloads = new FileReloads(clock.instant());
        for (Path file : CertificateFiles.of(options.certificates())) {
            reloads.seen(file);
            entries.put(file, entry(contexts, file));
        }
        options.ticketKeys().ifPresent(reloads::seen);
        options.clients().authorities().ifPresent(reloads::seen);
        options.clients().revocations().ifPresent(reloads::seen);
        this.revocations = readRevocations();
        this.choice = choose();
    }

    private Optional<RevocationLists> readRevocations() {
        return options.clients().mode() == ClientTrust.Mode.NONE
                ? Optional.empty()
                : options.clients().revocations().map(RevocationLists::read);
    }

    private synchronized CertificateChoice choose() {
        List<CertificateChoice.Entry> all = List.copyOf(entries.values());
        contexts.use(all.stream().map(CertificateChoice.Entry::context).toList());
        return new CertificateChoice(all, options.strictNames());
    }

    private static CertificateChoice.Entry entry(TlsContexts contexts, Path file) {
        return contexts.entry(new ServerCertificate(file.toString(), Pem.keyAndChain(file)));
    }

    // What connections ask

    /** How long a handshake may take. */
    public Duration handshake() {
        return options.handshake();
    }

    /** Whether clients are asked for certificates. */
    public boolean asksClients() {
        return options.clients().mode() != ClientTrust.Mode.NONE;
    }

    /** What a new connection is to begin with; it tells of its end by an {@code SslHandshakeCompletionEvent}. */
    public ChannelHandler newHandler(ByteBufAllocator allocator) {
        CertificateChoice current = choice;
        return current.isOneForAll() ? current.first().newHandler(allocator, clock) : new NameReader(current, clock);
    }

    // What changes

    /**
     * Reads what has changed since the last look, and changes ticket keys that are due. To be called every second or so,
     * never on an event loop.
     *
     * @return what has happened, for the log
     */
    public synchronized List<ReloadEvent> look() {
        contexts.rotateTicketKeys(clock.instant());
        List<ReloadEvent> events = new ArrayList<>();
        options.ticketKeys().filter(reloads::isDue).ifPresent(file -> events.add(readTicketKeys(file)));
        options.clients().authorities().filter(reloads::isDue).ifPresent(file -> events.add(readClientTrust(file)));
        options.clients().revocations().filter(reloads::isDue).ifPresent(file -> events.add(readClientTrust(file)));
        lookAtRevocations(events);
        List<Path> files;
        try {
            files = CertificateFiles.of(options.certificates());
        } catch (PemException e) {
            reloads.missing(options.certificates(), e).ifPresent(events::add);
            return events;
        }
        reloads.forgetMissing(options.certificates());
        for (Path file : files) {
            if (reloads.isDue(file)) {
                try {
                    entries.put(file, entry(contexts, file));
                    events.add(reloads.taken(file, clock.instant()));
                } catch (PemException e) {
                    events.add(reloads.refused(file, e));
                }
            }
        }
        for (Path gone : List.copyOf(entries.keySet())) {
            if (!files.contains(gone)) {
                entries.remove(gone);
                reloads.forget(gone);
                events.add(new ReloadEvent(gone.toString(), "was taken away", true));
            }
        }
        if (!events.isEmpty() && !entries.isEmpty()) {
            choice = choose();
        }
        return events;
    }

    /** Says once that a list is about to end, and once that it has. */
    private synchronized void lookAtRevocations(List<ReloadEvent> events) {
        revocations.ifPresent(lists -> {
            RevocationLists.Phase phase = lists.phase(clock.instant());
            if (phase != revocationPhase) {
                revocationPhase = phase;
                lists.news(phase).ifPresent(events::add);
            }
        });
    }

    /** Sessions made by the old rules are not resumed; connections that are open stay. */
    private synchronized ReloadEvent readClientTrust(Path file) {
        try {
            Map<Path, CertificateChoice.Entry> anew = new TreeMap<>();
            entries.forEach((path, entry) -> anew.put(path, contexts.again(entry)));
            revocations = readRevocations();
            entries.putAll(anew);
            contexts.forgetTickets();
            return reloads.taken(file, clock.instant());
        } catch (PemException e) {
            return reloads.refused(file, e);
        }
    }

    private ReloadEvent readTicketKeys(Path file) {
        try {
            contexts.readTicketKeys(file);
            return reloads.taken(file, clock.instant());
        } catch (PemException e) {
            return reloads.refused(file, e);
        }
    }

    /**
     * Keeps a certificate with its key for {@link #commit}, in place of what an operator has set before.
     *
     * @return false if there was none before
     * @throws PemException if it cannot be used
     */
    public synchronized boolean set(String file, String pem) {
        ServerCertificate next = new ServerCertificate(file, Pem.keyAndChain(file, pem));
        contexts.entry(next);
        return pending.put(file, next) != null;
    }

    /**
     * Uses what was set: until the file changes or the process starts anew, since the file stays as it is.
     *
     * @return false if nothing was set
     */
    public synchronized boolean commit(String file) {
        ServerCertificate next = pending.remove(file);
        if (next == null) {
            return false;
        }
        entries.put(Path.of(file), contexts.entry(next));
        choice = choose();
        reloads.succeeded(clock.instant());
        return true;
    }

    /**
     * Asks the responders whose answers are due, one after the other, in no hurry. To be called every second or so by one
     * thread that does nothing else, since a responder may be silent for seconds.
     *
     * @return what has changed by that, for the log
     */
    public List<ReloadEvent> staple() {
        List<ReloadEvent> events = new ArrayList<>();
        for (CertificateChoice.Entry entry : choice.entries()) {
            Staple staple = entry.staple();
            if (staple != null && staple.isDue(clock.instant())) {
                boolean good = staple.refresh(responders, clock.instant());
                (good ? ocspTaken : ocspRefused).incrementAndGet();
                staple.news(good).ifPresent(events::add);
            }
        }
        return events;
    }

    /** Forgets what was set; false if nothing was. */
    public synchronized boolean abort(String file) {
        return pending.remove(file) != null;
    }

    // What operators see

    /** Who does the cryptography, for people. */
    public String provider() {
        return contexts.provider();
    }

    /** In the order of their files: the first is the default. */
    public List<ServerCertificate> all() {
        return choice.entries().stream()
                .map(CertificateChoice.Entry::certificate)
                .toList();
    }

    /** The certificate of this file. */
    public Optional<ServerCertificate> find(String file) {
        return all().stream()
                .filter(certificate -> certificate.file().equals(file))
                .findFirst();
    }

    /** The lists of revoked client certificates that are in use; empty if clients are not looked up. */
    public Optional<RevocationLists> revocations() {
        return revocations;
    }

    /** What was set and is not used yet. */
    public synchronized List<ServerCertificate> pending() {
        return List.copyOf(pending.values());
    }

    /** Sessions that were resumed so far. */
    public long resumed() {
        return contexts.resumed();
    }

    /** Answers of responders that could be used so far. */
    public long ocspTaken() {
        return ocspTaken.get();
    }

    /** Questions to responders that none such came of. */
    public long ocspRefused() {
        return ocspRefused.get();
    }

    public Reloads reloads() {
        return reloads.summary();
    }
}
