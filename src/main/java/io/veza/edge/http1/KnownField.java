package io.veza.edge.http1;

import java.util.Locale;

/**
 * The fields whose meaning the edge knows. A name is recognised whatever its case; forwarding fields also with {@code _}
 * for {@code -}, since many servers cannot tell the two apart.
 */
public enum KnownField {
    AUTHORIZATION,
    CACHE_CONTROL,
    CONNECTION,
    CONTENT_LENGTH,
    COOKIE,
    EXPECT,
    FORWARDED,
    HOST,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION,
    SET_COOKIE,
    STRICT_TRANSPORT_SECURITY,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
    X_FORWARDED_FOR,
    X_FORWARDED_HOST,
    X_FORWARDED_PORT,
    X_FORWARDED_PROTO,
    X_REQUEST_ID,
    X_SSL_CLIENT_DN,
    X_SSL_CLIENT_SERIAL,
    X_SSL_CLIENT_SHA256,
    X_SSL_CLIENT_VERIFY,
    /** Any other field. */
    OTHER;

    private static final int LONGEST = 25;

    /** The candidates by length of name: a name is compared with those of its own length only. */
    private static final KnownField[][] BY_LENGTH = new KnownField[LONGEST + 1][];

    @SuppressWarnings("ImmutableEnumChecker") // never written to, and does not leave this type
    private final byte[] lower = Octets.ascii(name().toLowerCase(Locale.ROOT).replace('_', '-'));

    private final boolean underscores = name().startsWith("X_") || name().equals("FORWARDED");

    static {
        for (int length = 0; length <= LONGEST; length++) {
            int wanted = length;
            BY_LENGTH[length] = java.util.Arrays.stream(values())
                    .filter(field -> field != OTHER && field.lower.length == wanted)
                    .toArray(KnownField[]::new);
        }
    }

    static KnownField of(byte[] buf, int from, int to) {
        int length = to - from;
        if (length > LONGEST) {
            return OTHER;
        }
        byte first = Octets.lower(buf[from]);
        for (KnownField field : BY_LENGTH[length]) {
            if (field.lower[0] == first && field.matches(buf, from, to)) {
                return field;
            }
        }
        return OTHER;
    }

    private boolean matches(byte[] buf, int from, int to) {
        for (int i = from + 1, j = 1; i < to; i++, j++) {
            byte b = Octets.lower(buf[i]);
            if (b != lower[j] && !(underscores && b == '_' && lower[j] == '-')) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether a {@code Connection} field that names this one is obeyed. It is not for the fields a server decides
     * routing, identity or framing by: else a client could strip what the edge vouches for.
     */
    boolean mayBeNominated() {
        return switch (this) {
            case AUTHORIZATION, CONTENT_LENGTH, COOKIE, FORWARDED, HOST, TRANSFER_ENCODING -> false;
            case X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PORT, X_FORWARDED_PROTO, X_REQUEST_ID -> false;
            case X_SSL_CLIENT_DN, X_SSL_CLIENT_SERIAL, X_SSL_CLIENT_SHA256, X_SSL_CLIENT_VERIFY -> false;
            case CACHE_CONTROL, CONNECTION, EXPECT, KEEP_ALIVE, PROXY_CONNECTION, SET_COOKIE, TE, UPGRADE -> true;
            case SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION -> false;
            case OTHER, STRICT_TRANSPORT_SECURITY -> true;
        };
    }
}
