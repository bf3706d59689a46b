package io.veza.edge.proxy;

import io.veza.edge.proxy.Termination.Stage;

/** How far one exchange has come, and when: what is told of it at its end. Belongs to its exchange. */
final class ExchangeCourse {

    private final long startNanos;
    private long placedNanos;
    private long connectedNanos;
    private long respondedNanos;
    private int status;
    private int retries;
    private int queuePosition;
    private boolean redispatched;
    private Stage stage = Stage.QUEUE;

    /** @param startNanos when the request's head was complete, by the monotonic clock */
    ExchangeCourse(long startNanos) {
        this.startNanos = startNanos;
    }

    long startNanos() {
        return startNanos;
    }

    /** It waits for a place, this many with it. */
    void queued(int position) {
        queuePosition = position;
        stage = Stage.QUEUE;
    }

    /** It has a place on a server, at once or after waiting. */
    void placed(boolean waited) {
        if (waited) {
            placedNanos = System.nanoTime();
        } else if (placedNanos == 0) {
            placedNanos = startNanos;
        }
        connectedNanos = 0;
        stage = Stage.CONNECT;
    }

    /** There is no server for it, or nothing of the edge's own. */
    void unplaceable() {
        stage = Stage.CONNECT;
    }

    /** It has a connection that stood already: at once, or after the time that was lost at another server. */
    void reuses() {
        connectedNanos = redispatched ? System.nanoTime() : placedNanos;
    }

    void connected() {
        connectedNanos = System.nanoTime();
    }

    void sent() {
        stage = Stage.HEADERS;
    }

    void responding(int responseStatus) {
        stage = Stage.DATA;
        respondedNanos = System.nanoTime();
        status = responseStatus;
    }

    void redispatched() {
        redispatched = true;
        retries++;
    }

    void retried() {
        retries++;
    }

    /** Whether the client has seen a response of a server. */
    boolean hasResponse() {
        return status != 0;
    }

    /**
     * Fills in all this.
     *
     * @param requestOver whether the whole request had been read
     */
    void fill(ExchangeRecord record, boolean requestOver) {
        ExchangeFailure failure = record.failure;
        record.stage = stage == Stage.HEADERS && !requestOver ? Stage.DATA : stage;
        record.status = hasResponse() || failure == null ? status : failure.status();
        record.retries = retries;
        record.redispatched = redispatched;
        record.queuePosition = queuePosition;
        if (placedNanos != 0) {
            record.queueNanos = placedNanos - startNanos;
            if (connectedNanos != 0) {
                record.connectNanos = connectedNanos - placedNanos;
                if (respondedNanos != 0) {
                    record.responseNanos = respondedNanos - connectedNanos;
                }
            }
        }
    }
}
