package io.veza.edge.config;

/**
 * Who comes in through one listener.
 *
 * @param acceptProxy whether connections of trusted proxies begin with a PROXY header
 */
public record ListenerAccess(boolean acceptProxy) {}
