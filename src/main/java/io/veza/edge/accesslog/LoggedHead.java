package io.veza.edge.accesslog;

/**
 * What lines show of a request's head: where its line ends and where the values of four fields are, and nothing of any other
 * field. Reused from line to line; one thread's.
 */
final class LoggedHead {

    /** One of the fields that may be logged, and where its value is. */
    static final class Field {
        private final String lower;
        private int start;
        private int end;

        private Field(String lower) {
            this.lower = lower;
        }

        /** Whether the head has it, be it empty. */
        boolean present() {
            return start >= 0;
        }

        int start() {
            return start;
        }

        int end() {
            return end;
        }

        private boolean isNameAt(byte[] bytes, int at) {
            for (int i = 0; i < lower.length(); i++) {
                int b = bytes[at + i];
                if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != lower.charAt(i)) {
                    return false;
                }
            }
            return true;
        }
    }

    final Field host = new Field("host");
    final Field userAgent = new Field("user-agent");
    final Field referer = new Field("referer");
    final Field requestId = new Field("x-request-id");

    /** There is none of what tells who somebody is, such as {@code Cookie}. */
    private final Field[] fields = {host, userAgent, referer, requestId};

    private final boolean query;
    private byte[] bytes = {};
    private int lineStart;
    private int methodEnd;
    private int targetEnd;
    private boolean understood;
    private boolean cut;

    /** @param query whether targets and referring pages are shown with theirs */
    LoggedHead(boolean query) {
        this.query = query;
    }

    /** Reads the head of this exchange, whose bytes must not change until the next call. */
    void read(LoggedExchange exchange, byte[] bytes, boolean withFields) {
        this.bytes = bytes;
        understood = exchange.headLength >= 0;
        cut = exchange.cut;
        for (Field field : fields) {
            field.start = -1;
        }
        if (!understood) {
            return;
        }
        int end = exchange.headStart + exchange.headLength;
        lineStart = exchange.headStart;
        int lineEnd = find('\r', lineStart, end);
        methodEnd = find(' ', lineStart, lineEnd);
        targetEnd = find(' ', Math.min(methodEnd + 1, lineEnd), lineEnd);
        if (!query) {
            targetEnd = find('?', methodEnd, targetEnd);
        }
        if (withFields) {
            readFields(Math.min(lineEnd + 2, end), end);
        }
    }

    private void readFields(int from, int end) {
        int at = from;
        while (at < end) {
            int stop = find('\r', at, end);
            int colon = find(':', at, stop);
            for (Field field : fields) {
                if (colon - at == field.lower.length() && colon < stop && field.isNameAt(bytes, at)) {
                    value(field, colon + 1, stop);
                }
            }
            at = stop + 2;
        }
    }

    private void value(Field field, int from, int to) {
        int start = from;
        while (start < to && (bytes[start] == ' ' || bytes[start] == '\t')) {
            start++;
        }
        int end = to;
        while (end > start && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t')) {
            end--;
        }
        if (!query && field == referer) {
            end = find('?', start, end);
        }
        field.start = start;
        field.end = end;
    }

    /** Where this byte is, or {@code to}. */
    private int find(char wanted, int from, int to) {
        int at = from;
        while (at < to && bytes[at] != wanted) {
            at++;
        }
        return at;
    }

    /** Whether there is a head at all. */
    boolean understood() {
        return understood;
    }

    /** Whether the end of the head, and so perhaps a field, is missing. */
    boolean cut() {
        return cut;
    }

    byte[] bytes() {
        return bytes;
    }

    int methodStart() {
        return lineStart;
    }

    int methodEnd() {
        return methodEnd;
    }

    int targetStart() {
        return Math.min(methodEnd + 1, targetEnd);
    }

    int targetEnd() {
        return targetEnd;
    }
}
