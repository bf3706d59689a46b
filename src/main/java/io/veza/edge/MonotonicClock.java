package io.veza.edge;

import java.time.Instant;
import java.time.InstantSource;

/** The time since the start by the monotonic clock, counted from what the wall clock said then: it never jumps. */
final class MonotonicClock implements InstantSource {

    private final Instant start = Instant.now();
    private final long startNanos = System.nanoTime();

    @Override
    public Instant instant() {
        return start.plusNanos(System.nanoTime() - startNanos);
    }
}
