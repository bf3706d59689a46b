package io.veza.edge.tls;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the responder of one certificate has said of it, so that clients need not ask it themselves (RFC 6066 section 8).
 * Asked anew when half of an answer's time is over: the other half is there for a responder that is down. One thread asks;
 * any thread may look.
 */
final class Staple {

    private static final Duration SOONEST = Duration.ofMinutes(5);
    private static final Duration LATEST = Duration.ofDays(1);
    private static final Duration FIRST_RETRY = Duration.ofMinutes(1);
    private static final Duration LAST_RETRY = Duration.ofHours(1);

    private final String file;
    private final OcspQuestion question;
    private volatile @Nullable OcspAnswer answer;
    private Instant due = Instant.MIN;
    private Duration retry = FIRST_RETRY;

    private String condition = "";
    private String said = "";

    Staple(String file, OcspQuestion question) {
        this.file = file;
        this.question = question;
    }

    /** What to show to clients; null if there is nothing now. Not to be changed. */
    byte @Nullable [] at(Instant now) {
        OcspAnswer known = answer;
        return known != null && now.isBefore(known.until()) ? known.encoded() : null;
    }

    boolean isDue(Instant now) {
        return !now.isBefore(due);
    }

    /**
     * Asks the responder, which may take as long as the client is patient.
     *
     * @return whether there is an answer that can be used
     */
    boolean refresh(OcspClient client, Instant now) {
        try {
            OcspAnswer next = question.verified(client.ask(question.responder(), question.encoded()), now);
            answer = next;
            due = halfway(next, now);
            retry = FIRST_RETRY;
            condition = "has an OCSP response for its clients, from " + question.responder();
            return true;
        } catch (OcspRefusal e) {
            if (e.isCertain()) {
                answer = null;
            }
            due = now.plus(retry);
            retry = shorter(retry.multipliedBy(2), LAST_RETRY);
            condition = "got no OCSP response from " + question.responder() + ": " + e.getMessage()
                    + (at(now) != null ? "; clients get the last one while it holds" : "; clients get none");
            return false;
        }
    }

    /** How it stands since the last refresh, unless this has said so before. */
    Optional<ReloadEvent> news(boolean good) {
        if (condition.equals(said)) {
            return Optional.empty();
        }
        said = condition;
        return Optional.of(new ReloadEvent(file, condition, good));
    }

    private static Instant halfway(OcspAnswer answer, Instant now) {
        Duration half = Duration.between(answer.from(), answer.until()).dividedBy(2);
        Duration wait = Duration.between(now, answer.from().plus(half));
        return now.plus(wait.compareTo(SOONEST) < 0 ? SOONEST : shorter(wait, LATEST));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
