package io.veza.edge.http1;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Finds the data of one message body in what arrives: by length, by chunks, or all until the connection closes. Chunk
 * sizes, extensions and line ends are dropped; whoever forwards the data frames it anew. RFC 9112 sections 6 and 7.
 *
 * <p>Use: call {@link #next} until it says {@link Event#MORE}; on {@link Event#DATA} the piece is {@link #dataStart} and
 * {@link #dataLength} of the buffer just given, whose reader index is already behind it. Belongs to one event loop.
 */
public final class BodyReader {

    /** What came next. */
    public enum Event {
        /** The buffer is used up. */
        MORE,
        DATA,
        /** The body is over; the rest of the buffer belongs to what follows. */
        END,
        FAULT
    }

    private enum Phase {
        LENGTH,
        UNTIL_CLOSE,
        SIZE,
        EXTENSION,
        SIZE_LINE_FEED,
        CHUNK,
        CHUNK_CR,
        CHUNK_LINE_FEED,
        TRAILERS,
        OVER
    }

    private static final int MOST_SIZE_DIGITS = 16;

    /** Extension bytes in one body; they cost a reader work and carry nothing, so a sender of more means harm. */
    private static final int MOST_EXTENSION_BYTES = 16 * 1024;

    private final HeadLimits limits;
    private Phase phase = Phase.OVER;
    private long remaining;
    private int sizeDigits;
    private int extensionBytes;
    private @Nullable Trailers trailers;
    private @Nullable HeadFault fault;
    private int dataStart;
    private int dataLength;

    public BodyReader(HeadLimits limits) {
        this.limits = limits;
    }

    /** Begins a body of this many bytes; 0 is over at once. */
    public void startLength(long length) {
        start(length == 0 ? Phase.OVER : Phase.LENGTH);
        remaining = length;
    }

    /** Begins a chunked body. */
    public void startChunked() {
        start(Phase.SIZE);
        remaining = 0;
        sizeDigits = 0;
        extensionBytes = 0;
    }

    /** Begins a body that ends with its connection, hence never for this reader. */
    public void startUntilClose() {
        start(Phase.UNTIL_CLOSE);
    }

    private void start(Phase first) {
        phase = first;
        trailers = null;
        fault = null;
    }

    /** Whether the body has ended. */
    public boolean isOver() {
        return phase == Phase.OVER;
    }

    /** Whether the end of the connection is the end of the body. */
    public boolean endsWithConnection() {
        return phase == Phase.UNTIL_CLOSE;
    }

    public int dataStart() {
        return dataStart;
    }

    public int dataLength() {
        return dataLength;
    }

    /** Why the framing was refused; null unless {@link Event#FAULT} was returned. */
    public @Nullable HeadFault fault() {
        return fault;
    }

    /** The trailer fields of a chunked body that is over; null if it had none. */
    public @Nullable Trailers trailers() {
        return trailers != null && trailers.fields() > 0 ? trailers : null;
    }

    /** Reads on in {@code in}, leaving its reader index behind what was read. */
    public Event next(ByteBuf in) {
        while (true) {
            switch (phase) {
                case OVER -> {
                    return Event.END;
                }
                case LENGTH, CHUNK -> {
                    return data(in);
                }
                case UNTIL_CLOSE -> {
                    return take(in, in.readableBytes());
                }
                case TRAILERS -> {
                    return trailers(in);
                }
                case SIZE, EXTENSION, SIZE_LINE_FEED, CHUNK_CR, CHUNK_LINE_FEED -> {
                    if (!in.isReadable()) {
                        return Event.MORE;
                    }
                    HeadFault found = framing(in.readByte());
                    if (found != null) {
                        fault = found;
                        return Event.FAULT;
                    }
                }
            }
        }
    }

    private Event data(ByteBuf in) {
        int count = (int) Math.min(remaining, in.readableBytes());
        remaining -= count;
        if (remaining == 0) {
            phase = phase == Phase.LENGTH ? Phase.OVER : Phase.CHUNK_CR;
        }
        return take(in, count);
    }

    private Event take(ByteBuf in, int count) {
        if (count == 0) {
            return Event.MORE;
        }
        dataStart = in.readerIndex();
        dataLength = count;
        in.skipBytes(count);
        return Event.DATA;
    }

    private Event trailers(ByteBuf in) {
        if (trailers == null && startsWithEmptyLine(in)) {
            in.skipBytes(2);
            phase = Phase.OVER;
            return Event.END;
        }
        Trailers reading = trailers;
        if (reading == null) {
            reading = new Trailers(limits);
            trailers = reading;
        }
        return switch (reading.feed(in)) {
            case MORE -> Event.MORE;
            case COMPLETE -> {
                phase = Phase.OVER;
                yield Event.END;
            }
            case FAULT -> {
                fault = reading.fault();
                yield Event.FAULT;
            }
        };
    }

    /** The usual end of a chunked body, which needs no parser. */
    private static boolean startsWithEmptyLine(ByteBuf in) {
        int at = in.readerIndex();
        return in.readableBytes() >= 2 && in.getByte(at) == Octets.CR && in.getByte(at + 1) == Octets.LF;
    }

    /** Takes one byte of what stands around the data. */
    private @Nullable HeadFault framing(byte b) {
        switch (phase) {
            case SIZE -> {
                int digit = Octets.hex(b);
                if (digit >= 0) {
                    // 16 digits fit into 64 bits, but the top one would be a sign.
                    if (++sizeDigits > MOST_SIZE_DIGITS || remaining >>> 59 != 0) {
                        return HeadFault.BAD_CHUNK;
                    }
                    remaining = remaining << 4 | digit;
                    return null;
                }
                if (sizeDigits == 0 || (b != ';' && b != Octets.CR)) {
                    return HeadFault.BAD_CHUNK;
                }
                phase = b == ';' ? Phase.EXTENSION : Phase.SIZE_LINE_FEED;
            }
            case EXTENSION -> {
                if (b == Octets.CR) {
                    phase = Phase.SIZE_LINE_FEED;
                } else if (!Octets.isValue(b) || ++extensionBytes > MOST_EXTENSION_BYTES) {
                    return HeadFault.BAD_CHUNK;
                }
            }
            case SIZE_LINE_FEED -> {
                if (b != Octets.LF) {
                    return HeadFault.BAD_CHUNK;
                }
                phase = remaining == 0 ? Phase.TRAILERS : Phase.CHUNK;
            }
            case CHUNK_CR -> {
                if (b != Octets.CR) {
                    return HeadFault.BAD_CHUNK;
                }
                phase = Phase.CHUNK_LINE_FEED;
            }
            case CHUNK_LINE_FEED -> {
                if (b != Octets.LF) {
                    return HeadFault.BAD_CHUNK;
                }
                phase = Phase.SIZE;
                sizeDigits = 0;
            }
            default -> throw new IllegalStateException(phase + " is not framing");
        }
        return null;
    }
}
