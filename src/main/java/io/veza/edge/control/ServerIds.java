package io.veza.edge.control;

import java.util.concurrent.atomic.AtomicInteger;

/** Hands out the numbers of servers, 0 upwards over all pools of a process, none of them twice. */
public final class ServerIds {

    private final AtomicInteger next = new AtomicInteger();

    int next() {
        return next.getAndIncrement();
    }
}
