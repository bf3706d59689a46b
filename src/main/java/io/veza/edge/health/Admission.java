package io.veza.edge.health;

/** Which traffic a server may be given. */
public enum Admission {
    /** New sessions and persistent ones. */
    ALL,
    /** Only holders of its sticky cookie. */
    PERSISTENT,
    NONE
}
