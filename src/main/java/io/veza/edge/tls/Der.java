package io.veza.edge.tls;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One value in DER (ITU-T X.690): its tag and its content. As much of it as key formats and OCSP need: tags below 31 and
 * lengths up to 2^31.
 */
final class Der {

    static final int BOOLEAN = 0x01;
    static final int INTEGER = 0x02;
    static final int OCTETS = 0x04;
    static final int NULL = 0x05;
    static final int OID = 0x06;
    static final int ENUMERATED = 0x0a;
    static final int TIME = 0x18;
    static final int SEQUENCE = 0x30;

    private final int tag;
    private final byte[] content;

    Der(int tag, byte[] content) {
        this.tag = tag;
        this.content = content;
    }

    int tag() {
        return tag;
    }

    byte[] content() {
        return content;
    }

    /** The tag of {@code [number]} around other values. */
    static int explicit(int number) {
        return 0xa0 | number;
    }

    /**
     * The only value of these bytes.
     *
     * @throws IllegalArgumentException if they are not exactly one
     */
    static Der read(byte[] bytes) {
        List<Der> all = readAll(bytes);
        if (all.size() != 1) {
            throw new IllegalArgumentException(all.size() + " values where there must be one");
        }
        return all.get(0);
    }

    private static List<Der> readAll(byte[] bytes) {
        List<Der> values = new ArrayList<>();
        int at = 0;
        while (at < bytes.length) {
            int tag = bytes[at] & 0xff;
            if ((tag & 0x1f) == 0x1f || at + 1 >= bytes.length) {
                throw cut();
            }
            int length = bytes[at + 1] & 0xff;
            at += 2;
            if (length >= 0x80) {
                int octets = length & 0x7f;
                if (octets == 0 || octets > 4 || at + octets > bytes.length) {
                    throw cut();
                }
                length = 0;
                for (int i = 0; i < octets; i++) {
                    length = (length << 8) | (bytes[at++] & 0xff);
                }
            }
            if (length < 0 || length > bytes.length - at) {
                throw cut();
            }
            values.add(new Der(tag, Arrays.copyOfRange(bytes, at, at + length)));
            at += length;
        }
        return values;
    }

    private static IllegalArgumentException cut() {
        return new IllegalArgumentException("is not DER, or not all of it");
    }

    /** The values inside this one. */
    List<Der> values() {
        return readAll(content);
    }

    /** The value at this place inside this one, which must have that tag. */
    Der at(int index, int wanted) {
        List<Der> values = values();
        if (index >= values.size() || values.get(index).tag != wanted) {
            throw new IllegalArgumentException("value " + index + " is not of the tag " + wanted);
        }
        return values.get(index);
    }

    boolean is(Der other) {
        return tag == other.tag && Arrays.equals(content, other.content);
    }

    static Der of(int tag, Der... values) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (Der value : values) {
            content.writeBytes(value.encoded());
        }
        return new Der(tag, content.toByteArray());
    }

    /** The object identifier of these numbers, such as {@code 1.2.840.10045.2.1}. */
    static Der oid(String dotted) {
        int[] numbers = Pattern.compile("\\.")
                .splitAsStream(dotted)
                .mapToInt(Integer::parseInt)
                .toArray();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(numbers[0] * 40 + numbers[1]);
        for (int i = 2; i < numbers.length; i++) {
            int number = numbers[i];
            for (int shift = 28; shift > 0; shift -= 7) {
                if (number >>> shift != 0) {
                    content.write(((number >>> shift) & 0x7f) | 0x80);
                }
            }
            content.write(number & 0x7f);
        }
        return new Der(OID, content.toByteArray());
    }

    byte[] encoded() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 6);
        out.write(tag);
        int length = content.length;
        if (length < 0x80) {
            out.write(length);
        } else {
            int octets = 4 - Integer.numberOfLeadingZeros(length) / 8;
            out.write(0x80 | octets);
            for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8) {
                out.write(length >>> shift);
            }
        }
        out.writeBytes(content);
        return out.toByteArray();
    }
}
