package io.veza.edge.persistence;

/** The {@code SameSite} attribute of a cookie (RFC 6265bis section 5.6.7), or that it has none. */
public enum SameSite {
    NONE_GIVEN(""),
    LAX("; SameSite=Lax"),
    STRICT("; SameSite=Strict"),
    NONE("; SameSite=None");

    private final String attribute;

    SameSite(String attribute) {
        this.attribute = attribute;
    }

    String attribute() {
        return attribute;
    }
}
