package io.veza.edge.http1;

/** The {@code host[:port]} of a request, RFC 3986 section 3.2 without user information. */
final class Authority {

    private Authority() {}

    /** Whether the range is one: a registered name or IPv4 address, or an IP literal in brackets, and maybe a port. */
    static boolean isValid(byte[] buf, int from, int to) {
        int portColon = hostEnd(buf, from, to);
        if (portColon <= from) {
            return false;
        }
        return portColon == to || isPort(buf, portColon + 1, to);
    }

    /** Where the host ends, be it at a colon or at {@code to}; -1 if there is no valid host. */
    static int hostEnd(byte[] buf, int from, int to) {
        if (from < to && buf[from] == '[') {
            return literalEnd(buf, from, to);
        }
        int i = from;
        while (i < to && buf[i] != ':') {
            if (!Octets.isRegName(buf[i])) {
                return -1;
            }
            if (buf[i] == '%' && !isEscape(buf, i, to)) {
                return -1;
            }
            i++;
        }
        return i;
    }

    private static int literalEnd(byte[] buf, int from, int to) {
        int i = from + 1;
        while (i < to && (Octets.hex(buf[i]) >= 0 || buf[i] == ':' || buf[i] == '.')) {
            i++;
        }
        boolean closed = i < to && buf[i] == ']' && i > from + 2;
        return closed && (i + 1 == to || buf[i + 1] == ':') ? i + 1 : -1;
    }

    private static boolean isEscape(byte[] buf, int at, int to) {
        return at + 2 < to && Octets.hex(buf[at + 1]) >= 0 && Octets.hex(buf[at + 2]) >= 0;
    }

    private static boolean isPort(byte[] buf, int from, int to) {
        if (to - from > 5) {
            return false;
        }
        int port = 0;
        for (int i = from; i < to; i++) {
            if (buf[i] < '0' || buf[i] > '9') {
                return false;
            }
            port = port * 10 + buf[i] - '0';
        }
        return to > from && port <= 65_535;
    }
}
