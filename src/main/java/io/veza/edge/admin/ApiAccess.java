package io.veza.edge.admin;

import io.vertx.core.MultiMap;
import io.vertx.core.net.HostAndPort;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what over the management address, by the head of a request. Immutable.
 *
 * <p>States and numbers are open to everybody who reaches the address, as metrics and health beside them are. What shows the
 * traffic of single clients, and every change, asks for the token where there is one, and is refused on an address that
 * others reach if there is none. A browser is not to be made an accomplice: a page from elsewhere cannot set {@link
 * #HEADER}, is told by its origin, and cannot pass under another name for this address (DNS rebinding).
 */
public final class ApiAccess {

    /** What every change must carry; any value will do. A page from another origin cannot send it unasked. */
    public static final String HEADER = "X-Veza-Edge";

    /** What a request is about to do. */
    public enum Intent {
        /** Reads states and numbers. */
        READ,
        /** Reads what single clients send and ask for. */
        READ_CLIENTS,
        /** Changes something. */
        WRITE
    }

    private static final String BEARER = "bearer ";
    private static final Pattern IP_LITERAL = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:.%]+]");

    private final String host;
    private final boolean loopback;
    private final Optional<byte[]> token;

    /**
     * @param host the management address as configured
     * @param loopback whether only this machine reaches it
     */
    public ApiAccess(String host, boolean loopback, Optional<String> token) {
        this.host = host.toLowerCase(Locale.ROOT);
        this.loopback = loopback;
        this.token = token.map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether a change has to show a token, so that whoever offers one can ask for it. */
    boolean wantsToken() {
        return token.isPresent();
    }

    /** Whether a change is possible at all. */
    boolean writable() {
        return loopback || token.isPresent();
    }

    /** @throws ApiProblem if it may not, saying why */
    public void check(Intent intent, @Nullable HostAndPort authority, MultiMap headers) {
        boolean shown = showsToken(headers);
        // Who shows the token is no page that was talked into asking.
        if (!shown && (authority == null || !isOurs(authority))) {
            throw new ApiProblem(
                    421,
                    "this address does not answer by that name: ask by IP address, as localhost or as " + host
                            + ", or show the token");
        }
        if (intent == Intent.WRITE) {
            checkOrigin(authority, headers);
            if (!headers.contains(HEADER)) {
                throw new ApiProblem(403, "a change needs the header " + HEADER + ", such as \"" + HEADER + ": 1\"");
            }
        }
        if (intent != Intent.READ && !shown) {
            checkTokenNotNeeded(intent, headers);
        }
    }

    /** @throws ApiProblem if a page of another origin asks; who is no browser says nothing of an origin */
    public void checkOrigin(@Nullable HostAndPort authority, MultiMap headers) {
        String site = headers.get("Sec-Fetch-Site");
        if (site != null && !site.equals("same-origin") && !site.equals("none")) {
            throw new ApiProblem(403, "only pages of this address may ask this; Sec-Fetch-Site is " + clean(site));
        }
        String origin = headers.get("Origin");
        if (origin != null && !isSame(origin, authority)) {
            throw new ApiProblem(403, "only pages of this address may ask this; Origin is " + clean(origin));
        }
    }

    private void checkTokenNotNeeded(Intent intent, MultiMap headers) {
        if (token.isPresent()) {
            String how = headers.contains("Authorization") ? "the token shown is not the configured one" : "show it";
            throw new ApiProblem(401, "this needs the token as \"Authorization: Bearer …\": " + how);
        }
        if (!loopback) {
            throw new ApiProblem(
                    403,
                    (intent == Intent.WRITE ? "changes are" : "this is")
                            + " refused: others reach the management address " + host
                            + ", and edge.admin.token is not set");
        }
    }

    private boolean showsToken(MultiMap headers) {
        String given = headers.get("Authorization");
        return token.isPresent()
                && given != null
                && given.regionMatches(true, 0, BEARER, 0, BEARER.length())
                // Takes as long wherever the first difference is.
                && MessageDigest.isEqual(
                        given.substring(BEARER.length()).strip().getBytes(StandardCharsets.UTF_8), token.get());
    }

    /** Rebinding needs a name, which an attacker has resolve to this address: an IP address cannot be one. */
    private boolean isOurs(HostAndPort authority) {
        String name = authority.host().toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.equals(host)
                || IP_LITERAL.matcher(name).matches();
    }

    private static boolean isSame(String origin, @Nullable HostAndPort authority) {
        try {
            URI uri = new URI(origin);
            boolean https = "https".equals(uri.getScheme());
            int port = uri.getPort() >= 0 ? uri.getPort() : https ? 443 : 80;
            return authority != null
                    && authority.host().equalsIgnoreCase(uri.getHost())
                    && port == (authority.port() >= 0 ? authority.port() : https ? 443 : 80);
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static String clean(String value) {
        String printable = value.replaceAll("[^!-~]", "?");
        return printable.length() <= 100 ? printable : printable.substring(0, 100) + "…";
    }

    @Override
    public String toString() {
        return "ApiAccess[" + host + ", token " + (token.isPresent() ? "set" : "not set") + "]";
    }
}
