package io.veza.edge.proxy;

/**
 * Is told of every exchange that has ended: the seam for the access log. Each event loop has one of its own and calls it on
 * itself only; it must not block.
 */
public interface ExchangeLog {

    void ended(EndedExchange exchange);
}
