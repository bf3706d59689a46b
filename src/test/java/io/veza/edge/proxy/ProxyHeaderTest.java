package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The PROXY header, byte by byte. */
class ProxyHeaderTest {

    private static final byte[] SIGNATURE = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a");
    private static final byte[] IPV4 = HexFormat.of().parseHex("c0000207" + "c6336401" + "c001" + "01bb");

    /** A header of version 2 with what stands behind its fixed part. */
    static byte[] v2(int versionAndCommand, int family, byte[]... rest) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : rest) {
            all.writeBytes(part);
        }
        ByteBuffer header = ByteBuffer.allocate(16 + all.size());
        header.put(SIGNATURE)
                .put((byte) versionAndCommand)
                .put((byte) family)
                .putShort((short) all.size())
                .put(all.toByteArray());
        return header.array();
    }

    private static byte[] tlv(int type, byte... value) {
        return ByteBuffer.allocate(3 + value.length)
                .put((byte) type)
                .putShort((short) value.length)
                .put(value)
                .array();
    }

    /** With the checksum of a header whose last TLV it is. */
    private static byte[] withChecksum() {
        byte[] header = v2(0x21, 0x11, IPV4, tlv(0x04, (byte) 0), tlv(0x03, new byte[4]));
        CRC32C crc = new CRC32C();
        crc.update(header);
        ByteBuffer.wrap(header).putInt(header.length - 4, (int) crc.getValue());
        return header;
    }

    private static String read(byte[] bytes) {
        ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
        int length = ProxyHeader.length(buffer);
        if (length <= 0) {
            return length == ProxyHeader.MORE ? "more" : "malformed";
        }
        ChannelInboundHandlerAdapter handler = new ChannelInboundHandlerAdapter();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        ChannelHandlerContext context = channel.pipeline().context(handler);
        @Nullable ProxyHeader header = ProxyHeader.read(context, buffer.slice(0, length));
        channel.close();
        if (header == null) {
            return "malformed";
        }
        String rest = buffer.toString(length, bytes.length - length, StandardCharsets.ISO_8859_1);
        String addresses = header.source() == null ? "" : header.source() + " " + header.destination() + " ";
        return header.origin() + " " + addresses + "[" + rest + "]";
    }

    private static byte[] ascii(String text) {
        return text.replace("\\r", "\r").replace("\\n", "\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = true,
            textBlock =
                    """
            PROXY TCP4 192.0.2.7 198.51.100.1 49153 443\\r\\nGET /     | CLIENT /192.0.2.7:49153 /198.51.100.1:443 [GET /]
            PROXY TCP4 0.0.0.0 255.255.255.255 1 65535\\r\\n            | CLIENT /0.0.0.0:1 /255.255.255.255:65535 []
            PROXY TCP6 2001:db8::7 ::1 1 2\\r\\n                        | CLIENT /[2001:db8:0:0:0:0:0:7]:1 /[0:0:0:0:0:0:0:1]:2 []
            PROXY TCP6 ::ffff:192.0.2.7 ::ffff:192.0.2.8 1 2\\r\\n      | CLIENT /192.0.2.7:1 /192.0.2.8:2 []
            PROXY UNKNOWN\\r\\nx                                        | UNKNOWN [x]
            PROXY UNKNOWN ffff:f...f:ffff whatever 65535 x\\r\\n        | UNKNOWN []
            """)
    void reads_a_line(String line, String expected) {
        assertThat(read(ascii(line))).isEqualTo(expected);
    }

    /** Netty's decoder takes several of these: +1, 010.0.0.1, scopes, and blanks at the end. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY TCP4 192.0.2.7 198.51.100.1 49153 443 \\r\\n",
                "PROXY TCP4 192.0.2.7  198.51.100.1 49153 443\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 +1 443\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 0 443\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 -1 443\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 01 443\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 1 65536\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 1 443 9\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 1\\r\\n",
                "PROXY TCP4 192.0.2.07 198.51.100.1 1 443\\r\\n",
                "PROXY TCP4 192.0.2.256 198.51.100.1 1 443\\r\\n",
                "PROXY TCP4 ::1 ::1 1 443\\r\\n",
                "PROXY TCP4 example.org 198.51.100.1 1 443\\r\\n",
                "PROXY TCP6 192.0.2.7 198.51.100.1 1 443\\r\\n",
                "PROXY TCP6 fe80::1%eth0 ::1 1 443\\r\\n",
                "PROXY TCP6 [::1] ::1 1 443\\r\\n",
                "PROXY TCP6 :::1 ::1 1 443\\r\\n",
                "PROXY UDP4 192.0.2.7 198.51.100.1 1 443\\r\\n",
                "PROXY UNKNOWNX\\r\\n",
                "PROXY\\r\\n",
                "PROXY \\r\\n",
                "PROXY\\tTCP4 192.0.2.7 198.51.100.1 1 443\\r\\n",
                "proxy TCP4 192.0.2.7 198.51.100.1 1 443\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 1 443\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 1 443\\rx",
                "PROXY UNKNOWN \u0000\\r\\n",
                "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
                "POST / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
                "\\r\\n\\r\\nGET"
            })
    void refuses_what_is_no_line_of_version_1(String line) {
        assertThat(read(ascii(line))).isEqualTo("malformed");
    }

    @Test
    void a_line_has_107_bytes_at_most() {
        String longest = "PROXY UNKNOWN " + "x".repeat(107 - 14 - 2) + "\r\n";

        assertThat(read(ascii(longest))).isEqualTo("UNKNOWN []");
        assertThat(read(ascii("PROXY UNKNOWN x" + longest.substring(14)))).isEqualTo("malformed");
        assertThat(read(ascii("PROXY UNKNOWN ".concat("x".repeat(107 - 14))))).isEqualTo("malformed");
        assertThat(read(ascii(longest.substring(0, 106)))).isEqualTo("more");
    }

    @Test
    void reads_version_2() {
        byte[] ipv6 = HexFormat.of()
                .parseHex("20010db8000000000000000000000007" + "00000000000000000000000000000001" + "0001" + "0002");

        assertThat(read(v2(0x21, 0x11, IPV4))).isEqualTo("CLIENT /192.0.2.7:49153 /198.51.100.1:443 []");
        assertThat(read(v2(0x21, 0x21, ipv6))).isEqualTo("CLIENT /[2001:db8:0:0:0:0:0:7]:1 /[0:0:0:0:0:0:0:1]:2 []");
        assertThat(read(v2(0x21, 0x11, IPV4, tlv(0x05, (byte) 1), tlv(0xEA))))
                .as("a unique id, and a type of Amazon's own that is empty")
                .startsWith("CLIENT");
        assertThat(read(v2(0x21, 0x11, IPV4, tlv(0x20, (byte) 1, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 9))))
                .as("what is in a TLV of TLS, here nonsense, is not looked at")
                .startsWith("CLIENT");
        assertThat(read(withChecksum())).startsWith("CLIENT");
    }

    @Test
    void what_version_2_cannot_name_is_the_connection_itself() {
        byte[] padded = new byte[5];

        assertThat(read(v2(0x20, 0x00))).isEqualTo("LOCAL []");
        assertThat(read(v2(0x20, 0x11, IPV4))).isEqualTo("LOCAL []");
        assertThat(read(v2(0x20, 0x21, padded))).as("anything may follow LOCAL").isEqualTo("LOCAL []");
        assertThat(read(v2(0x21, 0x00))).isEqualTo("UNKNOWN []");
        assertThat(read(v2(0x21, 0x00, padded))).isEqualTo("UNKNOWN []");
        assertThat(read(v2(0x21, 0x31, new byte[216]))).as("Unix").isEqualTo("UNKNOWN []");
        assertThat(read(v2(0x21, 0x12, IPV4))).as("UDP").isEqualTo("UNKNOWN []");
    }

    @Test
    void refuses_what_is_not_in_order_in_version_2() {
        byte[] wrongSum = withChecksum();
        wrongSum[20] ^= 1;

        assertThat(read(wrongSum)).as("a checksum of other bytes").isEqualTo("malformed");
        assertThat(read(v2(0x21, 0x11, IPV4, tlv(0x03, (byte) 1)))).isEqualTo("malformed");
        assertThat(read(v2(0x21, 0x11, IPV4, new byte[] {4, 0})))
                .as("half a TLV")
                .isEqualTo("malformed");
        assertThat(read(v2(0x21, 0x11, IPV4, new byte[] {4, 0, 9, 1})))
                .as("a TLV beyond the end")
                .isEqualTo("malformed");
        assertThat(read(v2(0x21, 0x11, new byte[11]))).as("half an address").isEqualTo("malformed");
        assertThat(read(v2(0x21, 0x31, new byte[215]))).isEqualTo("malformed");
        assertThat(read(v2(0x11, 0x11, IPV4))).as("version 1").isEqualTo("malformed");
        assertThat(read(v2(0x31, 0x11, IPV4))).as("version 3").isEqualTo("malformed");
        assertThat(read(v2(0x22, 0x11, IPV4))).as("no such command").isEqualTo("malformed");
        assertThat(read(v2(0x21, 0x41, IPV4))).as("no such family").isEqualTo("malformed");
        assertThat(read(v2(0x21, 0x13, IPV4))).as("no such protocol").isEqualTo("malformed");
        assertThat(read(v2(0x21, 0x11, IPV4, new byte[16 * 1024])))
                .as("too long")
                .isEqualTo("malformed");
    }

    /** Whatever the bytes are there is a verdict, and more of a header never turns a verdict into "more". */
    @Test
    void every_beginning_of_a_header_asks_for_more_and_every_mutation_has_a_verdict() {
        Random random = new Random(20);
        byte[][] headers = {
            ascii("PROXY TCP4 192.0.2.7 198.51.100.1 49153 443\r\n"),
            ascii("PROXY TCP6 2001:db8::7 ::1 1 2\r\n"),
            withChecksum(),
            v2(0x21, 0x31, new byte[216]),
            v2(0x20, 0x00)
        };
        for (byte[] header : headers) {
            for (int length = 0; length < header.length; length++) {
                assertThat(read(Arrays.copyOf(header, length))).isEqualTo("more");
            }
            for (int i = 0; i < 5000; i++) {
                byte[] mutated = header.clone();
                for (int changes = random.nextInt(3); changes >= 0; changes--) {
                    mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
                }
                assertThat(read(mutated)).matches("(?s)more|malformed|LOCAL.*|UNKNOWN.*|CLIENT.*");
            }
        }
    }
}
