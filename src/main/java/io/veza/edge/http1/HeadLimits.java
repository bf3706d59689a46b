package io.veza.edge.http1;

/**
 * How large a head may be.
 *
 * @param requestLine bytes of the first line without its line end
 * @param head bytes of the whole head, line ends included
 * @param fields number of field lines
 */
public record HeadLimits(int requestLine, int head, int fields) {

    public static final HeadLimits DEFAULT = new HeadLimits(8 * 1024, 32 * 1024, 100);

    public HeadLimits {
        if (requestLine < 64 || head < 64 || fields < 1) {
            throw new IllegalArgumentException("a request line and a head need 64 bytes, and one field, at least");
        }
    }
}
