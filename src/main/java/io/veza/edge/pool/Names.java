package io.veza.edge.pool;

import java.util.regex.Pattern;

/** The rule for names of pools, servers and routes: they appear in cookies, metrics and the runtime API unquoted. */
final class Names {

    private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z0-9._:-]{1,64}");

    private Names() {}

    static void check(String kind, String name) {
        if (!WELL_FORMED.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    kind + " name \"" + name + "\" is not 1 to 64 letters, digits, or any of . _ : -");
        }
    }
}
