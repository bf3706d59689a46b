package io.veza.edge.http1;

/** Request methods as far as the edge treats them differently, RFC 9110 section 9. */
public enum Method {
    GET(true),
    HEAD(true),
    POST(false),
    PUT(true),
    DELETE(true),
    OPTIONS(true),
    PATCH(false),
    CONNECT(false),
    TRACE(true),
    /** Any other token; passed on as it is. */
    OTHER(false);

    private static final Method[] NAMED = {GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH, CONNECT, TRACE};

    @SuppressWarnings("ImmutableEnumChecker") // never written to, and does not leave this type
    private final byte[] token = Octets.ascii(name());

    private final boolean idempotent;

    Method(boolean idempotent) {
        this.idempotent = idempotent;
    }

    /** Methods are case-sensitive. */
    static Method of(byte[] buf, int from, int to) {
        for (Method method : NAMED) {
            if (method.token.length == to - from && method.matches(buf, from)) {
                return method;
            }
        }
        return OTHER;
    }

    private boolean matches(byte[] buf, int from) {
        for (int i = 0; i < token.length; i++) {
            if (buf[from + i] != token[i]) {
                return false;
            }
        }
        return true;
    }

    /** Whether doing it twice is doing it once, RFC 9110 section 9.2.2: only then may a request be repeated. */
    public boolean isIdempotent() {
        return idempotent;
    }
}
