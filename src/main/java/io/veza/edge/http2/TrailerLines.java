package io.veza.edge.http2;

import io.netty.util.AsciiString;
import io.veza.edge.http1.HeadFault;
import io.veza.edge.http1.HeadWriter;
import io.veza.edge.http1.Octets;
import org.jspecify.annotations.Nullable;

/** Writes the trailer fields of an HTTP/2 message as the lines behind an HTTP/1.1 chunked body. */
public final class TrailerLines {

    private static final byte[] COLON = Octets.ascii(": ");

    private TrailerLines() {}

    /**
     * Leaves the lines and the empty one behind them in {@code out}.
     *
     * @return why they are refused; null if they are not
     */
    public static @Nullable HeadFault write(FieldBlock fields, HeadWriter out) {
        out.reset();
        for (int i = 0; i < fields.size(); i++) {
            AsciiString name = fields.name(i);
            if (!RequestLines.isLowerToken(name) || !RequestLines.isValue(fields.value(i))) {
                return HeadFault.BAD_TRAILER;
            }
            RequestLines.put(name, out);
            out.put(COLON);
            RequestLines.put(fields.value(i), out);
            out.crlf();
        }
        out.crlf();
        return null;
    }
}
