package io.veza.edge.tls;

import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Optional;

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
        String list = first().map(each -> "its revocation list of "
                        + each.getIssuerX500Principal().getName() + " (next update "
                        + each.getNextUpdate().toInstant() + ")")
                .orElse("");
        return switch (phase) {
            case GOOD -> Optional.empty();
            case ENDING ->
                Optional.of(
                        event("needs a new list soon: past that time clients of this authority are refused, " + list));
            case ENDED ->
                Optional.of(event("has a list that is out of date: clients of this authority are refused, " + list));
        };
    }

    private ReloadEvent event(String what) {
        return new ReloadEvent(file.toString(), what, false);
    }
}
