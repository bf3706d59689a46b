package io.veza.edge.http2;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one header block in the order in which they came, as they were decoded: nothing is checked here. Belongs
 * to one connection, which reads one block after the other into it.
 *
 * <p>It is an {@link Http2Headers} only because the decoder wants one; none of what those can be asked is answered but the
 * size and the status.
 */
public final class FieldBlock extends DefaultHttp2Headers {

    private AsciiString[] names = new AsciiString[24];
    private AsciiString[] values = new AsciiString[24];
    private int size;

    public FieldBlock() {
        super(false, 2);
    }

    /** Forgets all fields. */
    public void reset() {
        Arrays.fill(names, 0, size, null);
        Arrays.fill(values, 0, size, null);
        size = 0;
    }

    @Override
    public Http2Headers add(CharSequence name, CharSequence value) {
        if (size == names.length) {
            names = Arrays.copyOf(names, size * 2);
            values = Arrays.copyOf(values, size * 2);
        }
        names[size] = AsciiString.of(name);
        values[size++] = AsciiString.of(value);
        return this;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean isEmpty() {
        return size == 0;
    }

    /** Asked by the decoder, which must tell interim responses from others. */
    @Override
    public @Nullable CharSequence status() {
        return size > 0 && names[0].equals(PseudoHeaderName.STATUS.value()) ? values[0] : null;
    }

    /** Whether it means to begin a request: trailers have no pseudo-fields. */
    public boolean beginsRequest() {
        return size > 0 && names[0].length() > 0 && names[0].byteAt(0) == ':';
    }

    AsciiString name(int field) {
        return names[field];
    }

    AsciiString value(int field) {
        return values[field];
    }
}
