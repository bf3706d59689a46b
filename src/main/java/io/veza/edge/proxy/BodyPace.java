package io.veza.edge.proxy;

/**
 * Whether the body of a request comes fast enough: in each span of time so many bytes on average. Time in which the client is
 * kept waiting does not count, and what came fast in one span is no credit for the next. Belongs to one event loop.
 */
final class BodyPace {

    private final TimerWheel wheel;
    private final long spanTicks;
    private final double leastPerTick;
    private long since;
    private long bytes;
    private boolean resting;
    private long restingSince;

    BodyPace(TrafficLoop loop) {
        this.wheel = loop.wheel;
        this.spanTicks = loop.bodySpanTicks;
        this.leastPerTick = loop.leastBytesPerTick;
    }

    /** A body is about to come. */
    void begin() {
        since = wheel.now();
        bytes = 0;
        resting = false;
    }

    /** The client is kept waiting. */
    void rest() {
        if (!resting) {
            resting = true;
            restingSince = wheel.now();
        }
    }

    /** The client is waited for again. */
    void goOn() {
        if (resting) {
            resting = false;
            since += wheel.now() - restingSince;
        }
    }

    /** Counts what came; true if that is too little. */
    boolean isTooSlow(int more) {
        goOn();
        bytes += more;
        long ticks = wheel.now() - since;
        if (ticks < spanTicks) {
            return false;
        }
        boolean slow = bytes < leastPerTick * ticks;
        since = wheel.now();
        bytes = 0;
        return slow;
    }
}
