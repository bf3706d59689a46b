package io.veza.edge.proxy;

import io.netty.channel.Channel;
import java.util.function.Consumer;

/**
 * One client's connection as its event loop and operators see it, whatever protocol it speaks. Called on that event loop
 * only.
 */
interface ClientSession {

    Channel channel();

    /** Whether nothing is under way, not even a part of a request. */
    boolean isIdle();

    /** Whether it has been idle for this long. */
    boolean isIdleFor(long nanos, long nowNanos);

    /** Closes at once what nobody waits for. */
    void closeIdle();

    /** Tells the client, if the protocol can, that the edge ends and takes no new requests here. */
    void drain();

    /** Ends the exchanges under way, because the edge ends. */
    void giveUp();

    /**
     * Lets go of what its client does not take: of which nothing at all has gone out since the last call. For when memory is
     * short, and those who hold it without need have to go first.
     */
    default void shedStalled() {}

    /** Tells of what is under way: one session for each request, or for the connection if there is none. */
    void describe(long nowNanos, Consumer<OpenSession> to);

    /** Ends the session of this number because an operator wants it gone; false if it is none of this connection's. */
    boolean shutdown(long id);
}
