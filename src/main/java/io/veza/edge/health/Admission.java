package io.veza.edge.health;

/** Which traffic a server may be given. */
public enum Admission {
    /** New sessions and persistent ones. */
    ALL,
    /** Only holders of its sticky cookie, and what is running on it already. */
    PERSISTENT,
    NONE;

    /**
     * What a pair of states admits:
     *
     * <pre>
     *            READY        DRAIN        MAINT
     * UP         ALL          PERSISTENT   NONE
     * STOPPING   PERSISTENT   PERSISTENT   NONE
     * DOWN       NONE         NONE         NONE
     * </pre>
     */
    public static Admission of(AdminState admin, HealthState health) {
        return switch (health) {
            case DOWN -> NONE;
            case STOPPING -> admin == AdminState.MAINT ? NONE : PERSISTENT;
            case UP ->
                switch (admin) {
                    case READY -> ALL;
                    case DRAIN -> PERSISTENT;
                    case MAINT -> NONE;
                };
        };
    }
}
