package io.veza.edge.accesslog;

/**
 * A way to write an exchange as one line. What comes from outside is escaped byte by byte, so that no request can end its
 * line or its field; a text beyond {@link #LONGEST_TEXT} ends with {@code ...} there. One thread's.
 */
interface LineFormat {

    /**
     * Bytes of one text as it is written. Beside everything else in a line this stays below the 16 KiB that halog reads; a
     * request line of 8 KiB, the most that is accepted without being told otherwise, fits.
     */
    int LONGEST_TEXT = 8 * 1024;

    /** Appends the line with its end. The head is read already. */
    void write(LoggedExchange exchange, LoggedHead head, Line line);

    /** Whether it shows fields, and not the request line alone. */
    boolean showsFields();

    /** What of a text is written as it is, and how the rest is. */
    interface Escape {
        boolean isPlain(byte b);

        /** Writes one byte that is not plain. */
        void write(byte b, Line line);
    }

    /** Appends a text: what needs no escape in runs, since that is nearly all. */
    static void text(byte[] bytes, int from, int to, Escape escape, Line line) {
        int end = line.length() + LONGEST_TEXT;
        int at = from;
        while (at < to) {
            int run = at;
            int most = Math.min(to, at + end - line.length());
            while (run < most && escape.isPlain(bytes[run])) {
                run++;
            }
            line.put(bytes, at, run);
            at = run;
            if (at < to) {
                if (line.length() >= end) {
                    line.put("...");
                    return;
                }
                escape.write(bytes[at], line);
                at++;
            }
        }
    }

    /** Appends method, target and version as the client sent them, the target in origin-form. */
    static void requestLine(LoggedExchange exchange, LoggedHead head, Escape escape, Line line) {
        byte[] bytes = head.bytes();
        text(bytes, head.methodStart(), head.methodEnd(), escape, line);
        line.put(' ');
        text(bytes, head.targetStart(), head.targetEnd(), escape, line);
        line.put(" HTTP/").put(exchange.protocol.version());
    }

    /** Printable ASCII, blanks included. */
    static boolean isPrintable(byte b) {
        return b >= ' ' && b < 0x7f;
    }
}
