package io.veza.edge.admin;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;

/** Names, times and numbers of certificates as OpenSSL writes them, and HAProxy after it. Stateless. */
final class OpenSslText {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "MMM ppd HH:mm:ss yyyy 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private OpenSslText() {}

    static String time(Instant time) {
        return TIME.format(time);
    }

    /** On one line: {@code /C=CH/CN=edge.test}. */
    static String name(X500Principal principal) {
        try {
            List<Rdn> parts = new ArrayList<>(new LdapName(principal.getName()).getRdns());
            return parts.stream()
                    .map(part -> "/" + part.getType() + "=" + part.getValue())
                    .collect(Collectors.joining());
        } catch (InvalidNameException e) {
            return principal.getName();
        }
    }
}
