package io.veza.edge.accesslog;

import io.netty.buffer.ByteBuf;
import io.veza.edge.proxy.EndedExchange;
import io.veza.edge.proxy.ExchangeLog;
import io.veza.edge.proxy.TunnelEnd;

/**
 * One event loop's end of the access log: chooses what is logged and puts the facts into the loop's ring. On that loop only;
 * takes no lock, allocates nothing and never waits.
 */
final class LoopLog implements ExchangeLog {

    /** The odd number next to 2^64 over the golden ratio: its multiples are spread evenly, Knuth volume 3, section 6.4. */
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final FactsRing ring;
    private final boolean errorsOnly;
    private final boolean wholeHead;

    /** Of 2^32. */
    private final long sample;

    private long seen;

    /** @param wholeHead whether lines show fields of the head, or its first line alone */
    LoopLog(FactsRing ring, AccessLogSettings settings, boolean wholeHead) {
        this.ring = ring;
        this.errorsOnly = settings.errorsOnly();
        this.sample = (long) (settings.sample() * (1L << 32));
        this.wholeHead = wholeHead;
    }

    @Override
    public void ended(EndedExchange exchange) {
        if ((errorsOnly && isNormal(exchange)) || !isSampled()) {
            return;
        }
        ByteBuf head = exchange.requestHead();
        ring.put(exchange, head, head == null ? 0 : length(head));
    }

    /** HAProxy's {@code option dontlog-normal}: no error, no timeout, no retry or redispatch, no status 5xx. */
    private static boolean isNormal(EndedExchange exchange) {
        TunnelEnd end = exchange.tunnelEnd();
        return exchange.failure() == null
                && (end == null || end == TunnelEnd.CLIENT || end == TunnelEnd.SERVER)
                && exchange.retries() == 0
                && !exchange.redispatched()
                && exchange.status() > 0
                && exchange.status() < 500;
    }

    /**
     * The same choice in every run, and near the exact share over any stretch. Not every n-th: a client that asks in turn for
     * two things would show up with one of them alone.
     */
    private boolean isSampled() {
        long next = ++seen * GOLDEN;
        return next >>> 32 < sample;
    }

    private int length(ByteBuf head) {
        int readable = head.readableBytes();
        if (wholeHead) {
            return readable;
        }
        int end = head.indexOf(head.readerIndex(), head.writerIndex(), (byte) '\r');
        return end < 0 ? readable : end - head.readerIndex();
    }
}
