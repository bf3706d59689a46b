package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.veza.edge.http1.Trailers;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The server's half of an exchange, and then maybe of a tunnel, whatever protocol the server speaks. Called on the
 * exchange's event loop only; nothing is sent before {@link #flush}.
 */
interface ServerSide {

    /**
     * Sends a request's head; its body follows by {@link #requestData}. Takes over the buffer.
     *
     * @param requestHead as HTTP/1.1
     * @param chunked whether the length of the body is not known
     * @param bodyless whether there is none, and so no {@link #requestEnd} either
     */
    void begin(Exchange exchange, ByteBuf requestHead, boolean chunked, boolean bodyless);

    /** Whether the server takes more without piling up. */
    boolean isWritable();

    /** Sends a piece of the request's body. Takes over the buffer. */
    void requestData(ByteBuf data);

    void requestEnd(@Nullable Trailers trailers);

    /** Sends what came through the tunnel. Takes over the buffer. */
    void tunnelData(ByteBuf data);

    void flush();

    /** Stops reading until the client has taken what there is. */
    void pauseResponse();

    void resumeResponse();

    /** Lets the exchange go on without this side, which ends if it was in the middle of something. */
    void abandon();

    /** Ends a tunnel's side behind all that was written, or when the server has not taken it within this time. */
    void closeAfterWrites(long ticks);

    void close();

    InetSocketAddress address();
}
