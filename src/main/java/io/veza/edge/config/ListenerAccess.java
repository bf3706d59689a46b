package io.veza.edge.config;

import io.veza.edge.pool.AddressRule;

/**
 * Who comes in through one listener.
 *
 * @param acceptProxy whether connections of trusted proxies begin with a PROXY header
 * @param clients which may connect
 */
public record ListenerAccess(boolean acceptProxy, AddressRule clients) {}
