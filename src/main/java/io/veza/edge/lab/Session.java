package io.veza.edge.lab;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * Who a lab user is and which server authenticated them. The cookie carries it whole: it stands in for the session
 * store that real API servers share, so every server can read it, and the one that wrote it can tell that it did. It
 * is not signed: nothing is protected by it.
 */
record Session(String user, String authenticatedBy) {

    static final String COOKIE = "VEZA_SESSION";

    String toCookieValue() {
        String json = new JsonObject()
                .put("user", user)
                .put("server", authenticatedBy)
                .encode();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    /** Reads a cookie value; empty if this is not one of ours. */
    static Optional<Session> fromCookieValue(String value) {
        try {
            String json = new String(Base64.getUrlDecoder().decode(value), StandardCharsets.UTF_8);
            JsonObject object = new JsonObject(json);
            String user = object.getString("user");
            String server = object.getString("server");
            return user == null || server == null ? Optional.empty() : Optional.of(new Session(user, server));
        } catch (IllegalArgumentException | DecodeException | ClassCastException e) {
            return Optional.empty();
        }
    }
}
