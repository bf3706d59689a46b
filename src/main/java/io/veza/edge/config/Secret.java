package io.veza.edge.config;

/** A configured text that nobody may read back: its own text form hides it, so that no log or dump of settings has it. */
public record Secret(String value) {

    /** The characters of a bearer token (RFC 6750, section 2.1), and enough of them not to be guessed. */
    static final Format<Secret> TOKEN = text -> {
        if (!text.matches("[A-Za-z0-9._~+/-]{14,}={0,2}") || text.length() < 16 || text.length() > 256) {
            throw new IllegalArgumentException(
                    "must be 16 to 256 letters, digits or any of - . _ ~ + /, such as of openssl rand -hex 24");
        }
        return new Secret(text);
    };

    @Override
    public String toString() {
        return "(hidden)";
    }
}
