package io.veza.edge.http1;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A head being read: a start line, field lines and an empty line, each ended by CR LF. Fed with whatever arrives, it
 * takes exactly the bytes of the head; once complete it is a table of offsets over its own copy of them.
 *
 * <p>Each byte is looked at a fixed number of times however the head is split, so that a client sending one byte a packet
 * costs no more than its packets. Belongs to one event loop. A fault is final until {@link #reset()}.
 */
public abstract class HeadParser {

    /** What feeding came to. */
    public enum Progress {
        MORE,
        COMPLETE,
        FAULT
    }

    static final byte[] CLOSE = Octets.ascii("close");
    static final byte[] KEEP_ALIVE = Octets.ascii("keep-alive");
    static final byte[] UPGRADE = Octets.ascii("upgrade");
    static final byte[] CHUNKED_TOKEN = Octets.ascii("chunked");

    private static final int COPY = 1024;
    private static final int MOST_NOMINATIONS = 16;

    static final int NO_LENGTH = -1;

    private final int startLineLimit;
    private final int headLimit;
    private final int fieldLimit;

    /** What every head has room for. */
    public static final int FIRST_ROOM = 2 * COPY;

    byte[] bytes = new byte[FIRST_ROOM];
    private int end;
    private int lineStart;
    private int scanned;
    private boolean startLineRead;
    private @Nullable HeadFault fault;

    /** Where the line begins that is being read. */
    private int current;

    /** What {@code Content-Length} said. */
    long length = NO_LENGTH;

    /** Whether {@code Transfer-Encoding} said chunked. */
    boolean chunked;

    private boolean close;
    private boolean keepAlive;

    private final int[] nominationStarts = new int[MOST_NOMINATIONS];
    private final int[] nominationEnds = new int[MOST_NOMINATIONS];
    private int nominations;
    private int fields;
    private int[] nameStarts = new int[32];
    private int[] nameEnds = new int[32];
    private int[] valueStarts = new int[32];
    private int[] valueEnds = new int[32];
    private KnownField[] known = new KnownField[32];

    /**
     * @param startLineLimit bytes of the first line; negative for a block of fields that has no such line
     */
    HeadParser(int startLineLimit, int headLimit, int fieldLimit) {
        this.startLineLimit = startLineLimit;
        this.headLimit = headLimit;
        this.fieldLimit = fieldLimit;
        this.startLineRead = startLineLimit < 0;
    }

    /** Forgets everything, ready for the next head. */
    public void reset() {
        length = NO_LENGTH;
        chunked = false;
        close = false;
        keepAlive = false;
        end = 0;
        lineStart = 0;
        scanned = 0;
        startLineRead = startLineLimit < 0;
        fault = null;
        current = 0;
        nominations = 0;
        fields = 0;
    }

    /**
     * Reads on. Takes all of {@code in}, or on {@link Progress#COMPLETE} all up to the end of the head; what it took on a
     * fault is of no use to anybody.
     */
    public Progress feed(ByteBuf in) {
        while (true) {
            int available = in.readableBytes();
            if (available == 0) {
                return Progress.MORE;
            }
            int count = Math.min(available, COPY);
            if (end + count > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, end + count));
            }
            in.readBytes(bytes, end, count);
            end += count;
            Progress progress = readLines();
            if (progress == Progress.COMPLETE) {
                in.readerIndex(in.readerIndex() - (end - lineStart));
                end = lineStart;
                return progress;
            }
            if (progress == Progress.FAULT) {
                return progress;
            }
        }
    }

    /** How many bytes this has room for by now; some of it may be left from a head before. */
    public int room() {
        return bytes.length;
    }

    /** Whether more has come of the head than every one has room for. */
    public boolean isLong() {
        return end > FIRST_ROOM;
    }

    private Progress readLines() {
        while (true) {
            current = lineStart;
            int lineFeed = Octets.indexOfLineFeed(bytes, scanned, end);
            if (lineFeed < 0) {
                scanned = end;
                return check(overLimit(end)) ? Progress.MORE : Progress.FAULT;
            }
            if (!check(overLimit(lineFeed + 1))) {
                return Progress.FAULT;
            }
            int from = lineStart;
            int to = lineFeed - 1;
            scanned = lineFeed + 1;
            lineStart = lineFeed + 1;
            if (to < from || bytes[to] != Octets.CR) {
                fault = HeadFault.BARE_LINE_FEED;
                return Progress.FAULT;
            }
            if (startLineRead) {
                if (to == from) {
                    return check(complete()) ? Progress.COMPLETE : Progress.FAULT;
                }
                if (!check(fieldLine(from, to))) {
                    return Progress.FAULT;
                }
            } else if (to > from || !skipsEmptyLine(from)) {
                startLineRead = true;
                if (!check(startLine(from, to))) {
                    return Progress.FAULT;
                }
            }
        }
    }

    /** Remembers a fault, if there is one; true if there is none. */
    private boolean check(@Nullable HeadFault found) {
        fault = found;
        return found == null;
    }

    /** Judges the line that reaches up to here, its line end included if it has come. */
    private @Nullable HeadFault overLimit(int upTo) {
        if (!startLineRead && upTo - lineStart > startLineLimit + 2) {
            return HeadFault.REQUEST_LINE_TOO_LONG;
        }
        return upTo > headLimit ? HeadFault.HEAD_TOO_LARGE : null;
    }

    private @Nullable HeadFault fieldLine(int from, int to) {
        if (bytes[from] == ' ' || bytes[from] == '\t') {
            return HeadFault.FOLDED_FIELD;
        }
        int colon = from;
        while (colon < to && Octets.isToken(bytes[colon])) {
            colon++;
        }
        if (colon == from || colon == to || bytes[colon] != ':') {
            return HeadFault.BAD_FIELD_NAME;
        }
        if (!Octets.isFieldValue(bytes, colon + 1, to)) {
            return HeadFault.BAD_FIELD_VALUE;
        }
        if (fields == fieldLimit) {
            return HeadFault.TOO_MANY_FIELDS;
        }
        if (fields == nameStarts.length) {
            growTable();
        }
        int index = fields++;
        int valueStart = Octets.skipBlanks(bytes, colon + 1, to);
        nameStarts[index] = from;
        nameEnds[index] = colon;
        valueStarts[index] = valueStart;
        valueEnds[index] = Octets.trimBlanks(bytes, valueStart, to);
        KnownField field = KnownField.of(bytes, from, colon);
        known[index] = field;
        if (field == KnownField.OTHER) {
            return null;
        }
        if (field == KnownField.CONNECTION && !takeNominations(valueStart, valueEnds[index])) {
            return HeadFault.BAD_FIELD_VALUE;
        }
        return knownField(field, valueStart, valueEnds[index]);
    }

    /** False if {@code Connection} names more fields than any honest sender does: each is compared with every field. */
    private boolean takeNominations(int from, int to) {
        for (int i = from; i < to; ) {
            int comma = i;
            while (comma < to && bytes[comma] != ',') {
                comma++;
            }
            int start = Octets.skipBlanks(bytes, i, comma);
            int end = Octets.trimBlanks(bytes, start, comma);
            boolean option = Octets.equalsLower(bytes, start, end, KEEP_ALIVE)
                    || Octets.equalsLower(bytes, start, end, CLOSE)
                    || Octets.equalsLower(bytes, start, end, UPGRADE);
            if (end > start && !option) {
                if (nominations == MOST_NOMINATIONS) {
                    return false;
                }
                nominationStarts[nominations] = start;
                nominationEnds[nominations++] = end;
            }
            i = comma + 1;
        }
        return true;
    }

    private void growTable() {
        int size = nameStarts.length * 2;
        nameStarts = Arrays.copyOf(nameStarts, size);
        nameEnds = Arrays.copyOf(nameEnds, size);
        valueStarts = Arrays.copyOf(valueStarts, size);
        valueEnds = Arrays.copyOf(valueEnds, size);
        known = Arrays.copyOf(known, size);
    }

    /** Reads the first line, {@code [from, to)} without its line end. */
    abstract @Nullable HeadFault startLine(int from, int to);

    /** Whether an empty line at this offset, before the start line, is passed over. */
    boolean skipsEmptyLine(int from) {
        return false;
    }

    /** Is told each field that has a meaning here, its value without blanks around it. */
    abstract @Nullable HeadFault knownField(KnownField field, int valueStart, int valueEnd);

    /** Judges the head as a whole. */
    abstract @Nullable HeadFault complete();

    /** How many of {@link #bytes} are the head's. */
    public int length() {
        return end;
    }

    /** What was taken of the head so far, the line of the fault included; one character for each byte. */
    public String taken(int most) {
        return new String(bytes, 0, Math.min(end, most), StandardCharsets.ISO_8859_1);
    }

    /** Where in {@link #taken} the line begins that came to a fault. */
    public int faultPosition() {
        return current;
    }

    /** Why the last {@link #feed} came to a fault; null if it did not. */
    public @Nullable HeadFault fault() {
        return fault;
    }

    /** Whether any byte of a head has been taken. */
    public boolean started() {
        return end > 0;
    }

    /** The bytes all offsets are into. Valid until the next {@link #reset()}. */
    public byte[] bytes() {
        return bytes;
    }

    /** The number of field lines; fields are counted from 0 in the order they came. */
    public int fields() {
        return fields;
    }

    public KnownField known(int field) {
        return known[field];
    }

    /** Where the line of this field begins; it ends with its CR LF at {@link #lineEnd}. */
    public int nameStart(int field) {
        return nameStarts[field];
    }

    public int nameEnd(int field) {
        return nameEnds[field];
    }

    public int valueStart(int field) {
        return valueStarts[field];
    }

    public int valueEnd(int field) {
        return valueEnds[field];
    }

    /** Behind the CR LF of this field's line. */
    public int lineEnd(int field) {
        return field + 1 < fields ? nameStarts[field + 1] : lineStart - 2;
    }

    /** The first field of this kind, or -1. */
    public int find(KnownField field) {
        for (int i = 0; i < fields; i++) {
            if (known[i] == field) {
                return i;
            }
        }
        return -1;
    }

    /** Whether some {@code Connection} field names this field and is to be obeyed. */
    public boolean nominated(int field) {
        if (nominations == 0 || !known[field].mayBeNominated()) {
            return false;
        }
        for (int i = 0; i < nominations; i++) {
            if (Octets.equalsIgnoreCase(
                    bytes, nominationStarts[i], nominationEnds[i], bytes, nameStarts[field], nameEnds[field])) {
                return true;
            }
        }
        return false;
    }

    /** Takes in a field of framing or connection management, whose rules are the same both ways; null if it is valid. */
    final @Nullable HeadFault framingField(KnownField field, int from, int to, boolean http10) {
        switch (field) {
            case CONTENT_LENGTH -> {
                boolean repeated = length != NO_LENGTH;
                length = contentLength(from, to);
                if (repeated || length < 0) {
                    return HeadFault.BAD_CONTENT_LENGTH;
                }
            }
            case TRANSFER_ENCODING -> {
                if (chunked || http10 || !Octets.equalsLower(bytes, from, to, CHUNKED_TOKEN)) {
                    return HeadFault.BAD_TRANSFER_ENCODING;
                }
                chunked = true;
            }
            case CONNECTION -> {
                close |= Octets.listContains(bytes, from, to, CLOSE);
                keepAlive |= Octets.listContains(bytes, from, to, KEEP_ALIVE);
            }
            default -> {}
        }
        return null;
    }

    /** What the framing fields say together. */
    final @Nullable HeadFault framing() {
        return chunked && length != NO_LENGTH ? HeadFault.LENGTH_AND_ENCODING : null;
    }

    /** Whether the sender lets the connection be used again, RFC 9112 section 9.3. */
    final boolean keepsAlive(boolean http10) {
        return !close && (!http10 || keepAlive);
    }

    /**
     * A Content-Length of RFC 9110 section 8.6, read strictly: digits only, at most 18 of them.
     *
     * @return the length, or -1
     */
    final long contentLength(int from, int to) {
        if (to == from || to - from > 18) {
            return -1;
        }
        long length = 0;
        for (int i = from; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            length = length * 10 + digit;
        }
        return length;
    }
}
