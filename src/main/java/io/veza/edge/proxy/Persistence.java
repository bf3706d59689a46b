package io.veza.edge.proxy;

/** What a request's sticky cookie came to. */
public enum Persistence {
    /** The pool has none, or the request ended before its cookie led anywhere: in the queue, or while connecting. */
    UNUSED,
    /** It led to its server. */
    HIT,
    /** It led to its server, which is in DRAIN and takes nobody else. */
    DRAINED,
    /** The request had none. */
    MISS,
    /** It named nobody, or a server that takes nothing or could not be reached, or its dates were over. */
    STALE
}
