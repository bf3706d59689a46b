package io.veza.edge.proxy;

import io.veza.edge.control.PoolSnapshot;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.http1.KnownField;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.persistence.StickyCookie;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What one request's sticky cookies say: the server it belongs to, if any, and what its response owes the client. */
final class StickySession {

    private final StickyCookie sticky;
    private @Nullable String server;
    private boolean refresh;
    private @Nullable Instant firstSeen;
    private Termination.Cookie seen = Termination.Cookie.NONE;

    /** Takes the first cookie that names a usable server and has not expired. */
    StickySession(StickyCookie sticky, PoolSnapshot snapshot, RequestHead head) {
        this.sticky = sticky;
        for (int i = 0; i < head.fields() && server == null; i++) {
            if (head.known(i) == KnownField.COOKIE) {
                read(snapshot, head.bytes(), head.valueStart(i), head.valueEnd(i));
            }
        }
    }

    private void read(PoolSnapshot snapshot, byte[] buf, int from, int to) {
        long found;
        for (int at = from; server == null && (found = sticky.next(buf, at, to)) >= 0; at = (int) found) {
            int valueStart = (int) (found >>> 32);
            int valueEnd = (int) found;
            ServerEntry named = snapshot.persistent(buf, valueStart, valueEnd);
            if (named == null) {
                seen = snapshot.names(buf, valueStart, valueEnd) ? Termination.Cookie.DOWN : Termination.Cookie.INVALID;
            } else if (honours(buf, valueStart, valueEnd)) {
                server = named.server().name();
                seen = Termination.Cookie.VALID;
            } else {
                seen = Termination.Cookie.EXPIRED;
            }
        }
    }

    /** Whether the dates in the cookie, if it has any, let it count. */
    private boolean honours(byte[] buf, int from, int to) {
        if (sticky.timeless() && StickyCookie.serverEnd(buf, from, to) == to) {
            return true;
        }
        Instant now = Instant.now();
        switch (sticky.age(buf, from, to, now)) {
            case EXPIRED -> {
                return false;
            }
            case REFRESH -> {
                refresh = true;
                firstSeen = sticky.firstSeen(buf, from, to, now);
            }
            case FRESH -> {}
        }
        return true;
    }

    /** The name of the server the client belongs to, or null for a new session. */
    @Nullable
    String server() {
        return server;
    }

    /** What the request's cookie was. */
    Termination.Cookie seen() {
        return seen;
    }

    /** What it was and what a response of this server made of it. */
    Termination.Cookie after(ServerEntry served) {
        boolean holdsIt = served.server().name().equals(server);
        if (!holdsIt) {
            return seen.set();
        }
        return refresh ? Termination.Cookie.VALID_UPDATED : seen;
    }

    /** The cookie line that a response of this server must carry, or null if the client's cookie is right as it is. */
    byte @Nullable [] setCookie(ServerEntry served) {
        boolean holdsIt = served.server().name().equals(server);
        if (holdsIt && !refresh) {
            return null;
        }
        Instant now = sticky.timeless() ? Instant.EPOCH : Instant.now();
        return sticky.setCookie(served.cookieValue(), holdsIt && firstSeen != null ? firstSeen : now, now);
    }
}
