package io.veza.edge.proxy;

/**
 * What one HTTP/2 client may do.
 *
 * @param streams requests under way at once on one connection
 * @param resets requests it may take back, or have refused as malformed, in each ten seconds
 */
public record Http2Limits(int streams, int resets) {

    /** As browsers and common servers expect. */
    public static final Http2Limits DEFAULT = new Http2Limits(100, 200);
}
