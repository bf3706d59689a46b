package io.veza.edge.pool;

import java.util.OptionalInt;

/**
 * Where a server is reached: a host name or an IP literal (IPv6 without brackets), not yet resolved, and a TCP port in
 * 1..65535.
 */
public record ServerAddress(String host, int port) {

    public ServerAddress {
        if (host.isEmpty() || host.length() > 253 || !host.chars().allMatch(ServerAddress::isHostCharacter)) {
            throw new IllegalArgumentException("\"" + host + "\" is not a host name or an IP address");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is not in 1..65535");
        }
    }

    /**
     * Reads {@code host:port}, {@code [v6]:port}, or a bare {@code host} or {@code [v6]} where there is a default port.
     *
     * @throws IllegalArgumentException if the text is none of these, saying which forms there are
     */
    public static ServerAddress parse(String text, OptionalInt defaultPort) {
        int portColon = text.lastIndexOf(':');
        String host;
        if (text.startsWith("[")) {
            int close = text.indexOf(']');
            if (close < 0 || (close + 1 < text.length() && portColon != close + 1)) {
                throw malformed(text);
            }
            host = text.substring(1, close);
            portColon = close + 1 < text.length() ? close + 1 : -1;
        } else {
            if (portColon >= 0 && text.indexOf(':') != portColon) {
                throw new IllegalArgumentException("\"" + text + "\": write an IPv6 address in brackets, [v6]:port");
            }
            host = portColon < 0 ? text : text.substring(0, portColon);
        }
        if (portColon < 0) {
            return new ServerAddress(
                    host,
                    defaultPort.orElseThrow(() -> new IllegalArgumentException(
                            "\"" + text + "\" has no port and the pool has no default-port")));
        }
        String port = text.substring(portColon + 1);
        if (port.isEmpty() || port.length() > 5 || !port.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw malformed(text);
        }
        return new ServerAddress(host, Integer.parseInt(port));
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException("\"" + text + "\" is not host:port, [v6]:port or a host");
    }

    private static boolean isHostCharacter(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '.'
                || c == '_'
                || c == ':'
                || c == '%';
    }

    /** {@code host:port}, with brackets around an IPv6 literal. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
