package io.veza.edge.health;

import java.util.Locale;

/** What brought a server into the health it is in. */
public enum Reason {
    /** Nothing was observed yet: the health a server starts with, or comes back from maintenance with. */
    INITIAL,
    /** Active checks. */
    CHECK,
    /** An operator said so. */
    ADMIN,
    /** Its name has no address, so there is nothing to check. */
    DNS;

    /** The word for it in logs and on the page. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
