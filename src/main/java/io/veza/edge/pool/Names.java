package io.veza.edge.pool;

import java.util.regex.Pattern;

/**
 * The rule for names of pools, servers and routes: they appear in cookies, metrics and the runtime API unquoted. And how near
 * two words are, for whoever mistyped one.
 */
public final class Names {

    private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z0-9._:-]{1,64}");

    private Names() {}

    static void check(String kind, String name) {
        if (!WELL_FORMED.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    kind + " name \"" + name + "\" is not 1 to 64 letters, digits, or any of . _ : -");
        }
    }

    /**
     * How many letters have to be inserted, removed or replaced to get from one to the other (Levenshtein): 1 from {@code
     * http} to {@code htp}.
     */
    public static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[other.length()];
    }
}
