package io.veza.edge.http2;

import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;

/**
 * Compresses fields with a table of the size that RFC 7541 begins with, or a smaller one. The peer's settings say how large it
 * may be, and are no reason to have it be so: nothing else would bound what a connection keeps of all fields ever sent.
 * Belongs to one connection.
 */
public final class BoundedFieldsEncoder extends DefaultHttp2HeadersEncoder {

    private static final int SLOTS = 64;

    /** Values from here on are Huffman coded: it saves bytes and costs time. */
    private static final int HUFFMAN_FROM = 512;

    public BoundedFieldsEncoder(SensitivityDetector sensitive) {
        super(sensitive, true, SLOTS, HUFFMAN_FROM);
    }

    @Override
    public void maxHeaderTableSize(long most) throws Http2Exception {
        super.maxHeaderTableSize(Math.min(most, Http2CodecUtil.DEFAULT_HEADER_TABLE_SIZE));
    }
}
