package io.veza.edge.tls;

import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The lists of revoked client certificates as they were read from a file. A list that is past its next update says nothing
 * of anybody any more (RFC 5280 section 6.3.3), and so nobody whose certificate it would have to clear comes in.
 */
public record RevocationLists(Path file, List<X509CRL> lists) {

    /** How long before its end a list is warned of: long enough to find out why no new one came. */
    static final Duration WARNING = Duration.ofDays(1);

    /** What can be said of the lists' dates, in the order in which it happens. */
    enum Phase {
        GOOD,
        ENDING,
        ENDED
    }

    public RevocationLists {
        lists = List.copyOf(lists);
    }

    /** @throws PemException if the file cannot be used */
    static RevocationLists read(Path file) {
        return new RevocationLists(file, Pem.revocationLists(file));
    }

    /** The first time at which one of them is to be replaced; empty if none says. */
    public Optional<Instant> nextUpdate() {
        return first().map(list -> list.getNextUpdate().toInstant());
    }

    private Optional<X509CRL> first() {
        return lists.stream()
                .filter(list -> list.getNextUpdate() != null)
                .min(Comparator.<X509CRL, Date>comparing(X509CRL::getNextUpdate));
    }

    Phase phase(Instant now) {
        Optional<Instant> end = nextUpdate();
        if (end.isEmpty() || now.isBefore(end.get().minus(WARNING))) {
            return Phase.GOOD;
        }
        return now.isBefore(end.get()) ? Phase.ENDING : Phase.ENDED;
    }

    /** What somebody has to know of them in this phase; empty if all is well. */
    Optional<ReloadEvent> news(Phase phase) {
        return first().flatMap(list -> Optional.ofNullable(words(phase, list)).map(this::event));
    }

    private static @Nullable String words(Phase phase, X509CRL list) {
        String issuer = list.getIssuerX500Principal().getName();
        String end = list.getNextUpdate().toInstant().toString();
        return switch (phase) {
            case GOOD -> null;
            case ENDING ->
                "needs a new list soon: that of " + issuer + " ends at " + end
                        + ", and then clients of that authority are refused";
            case ENDED ->
                "has a list that is out of date: that of " + issuer + " ended at " + end
                        + ", and clients of that authority are refused";
        };
    }

    private ReloadEvent event(String what) {
        return new ReloadEvent(file.toString(), what, false);
    }
}
