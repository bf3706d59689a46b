package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.veza.edge.control.ServerEntry;
import io.veza.edge.http1.ResponseHead;
import io.veza.edge.http1.Trailers;
import org.jspecify.annotations.Nullable;

/**
 * The client's half of an exchange, whatever protocol the client speaks. Called on the exchange's event loop only; nothing
 * is sent before {@link #flush}.
 */
interface ClientSide {

    /** Passes on an interim response. */
    void interim(ResponseHead head);

    /**
     * Begins the response.
     *
     * @param bodyLength as of {@link ResponseHead#bodyLength}
     * @param ready how many bytes of the body are at hand and follow at once
     */
    void responseHead(ResponseHead head, Exchange exchange, long bodyLength, int ready);

    /** Takes over a piece of the response's body. */
    void responseData(ByteBuf data);

    /** Writes the end of the response. */
    void responseEnd(@Nullable Trailers trailers);

    /** Fills in what is known on this side of the exchange under way. */
    void describe(ExchangeRecord record);

    /** Keeps a malformed response for an operator to look at. */
    void captureResponse(String pool, ServerEntry server, ResponseHead head);

    /** Lets go of the exchange, which is over and told of: turns to the next one or ends. */
    void exchangeOver();

    /** Answers that the upgrade is granted and from now on speaks through the tunnel. */
    void switchTo(Tunnel tunnel, ResponseHead head, Exchange exchange);

    /** Sends what came through the tunnel. Takes over the buffer. */
    void tunnelData(ByteBuf data);

    /** Stops reading until the server has taken what came through the tunnel. */
    void pauseReading();

    void resumeReading();

    /** Lets go of the tunnel, which has ended: its request is no more to be asked for. */
    void tunnelOver();

    /** The tunnel has ended; what was sent through it still goes out. */
    void closeTunnel();

    /** Writes an answer if none has begun, else has the connection end so that the client sees that its response is cut. */
    void failed(ExchangeFailure failure);

    /** Whether the client takes more without piling up. */
    boolean isWritable();

    /** The server takes the request's body, or more of it. */
    void resumeUpload();

    void flush();
}
