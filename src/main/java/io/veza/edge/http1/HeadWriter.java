package io.veza.edge.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;

/**
 * Assembles a head in a reused array and hands it out as one buffer. Untouched fields are taken over as runs of lines,
 * not one by one. Belongs to one event loop.
 */
public final class HeadWriter {

    private static final byte[] CRLF = {Octets.CR, Octets.LF};
    private static final byte[] CONTENT_LENGTH = Octets.ascii("Content-Length: ");
    private static final byte[] CHUNKED = Octets.ascii("Transfer-Encoding: chunked\r\n");

    private byte[] bytes = new byte[4096];
    private int end;
    private int runStart = -1;
    private int runEnd;

    /** Forgets what was assembled. */
    public HeadWriter reset() {
        end = 0;
        runStart = -1;
        return this;
    }

    public HeadWriter put(byte[] literal) {
        return put(literal, 0, literal.length);
    }

    public HeadWriter put(byte[] from, int start, int stop) {
        int length = stop - start;
        ensure(length);
        System.arraycopy(from, start, bytes, end, length);
        end += length;
        return this;
    }

    public HeadWriter put(byte b) {
        ensure(1);
        bytes[end++] = b;
        return this;
    }

    public HeadWriter crlf() {
        return put(CRLF);
    }

    /** A non-negative number in decimal digits. */
    public HeadWriter decimal(long number) {
        ensure(20);
        int digits = 1;
        for (long rest = number; rest >= 10; rest /= 10) {
            digits++;
        }
        long rest = number;
        for (int i = end + digits - 1; i >= end; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        end += digits;
        return this;
    }

    public HeadWriter contentLength(long length) {
        return put(CONTENT_LENGTH).decimal(length).crlf();
    }

    public HeadWriter chunked() {
        return put(CHUNKED);
    }

    /** Keeps the line of this field as it came. Kept lines that follow each other are copied in one go. */
    public void keep(HeadParser head, int field) {
        if (runStart >= 0 && runEnd == head.nameStart(field)) {
            runEnd = head.lineEnd(field);
            return;
        }
        endRun(head);
        runStart = head.nameStart(field);
        runEnd = head.lineEnd(field);
    }

    /** Must be called behind the last {@link #keep} and before anything is put. */
    public void endRun(HeadParser head) {
        if (runStart >= 0) {
            put(head.bytes(), runStart, runEnd);
            runStart = -1;
        }
    }

    /** The array being filled, with room for {@code length} more bytes at {@link #size()}; for writers of their own. */
    public byte[] room(int length) {
        ensure(length);
        return bytes;
    }

    /** Counts in what was written into {@link #room}. */
    public void advance(int length) {
        end += length;
    }

    public int size() {
        return end;
    }

    /** What was assembled, in a buffer with room for {@code more} bytes behind it. */
    public ByteBuf toBuffer(ByteBufAllocator allocator, int more) {
        ByteBuf buffer = allocator.ioBuffer(end + more);
        buffer.writeBytes(bytes, 0, end);
        return buffer;
    }

    private void ensure(int length) {
        if (end + length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, end + length));
        }
    }
}
