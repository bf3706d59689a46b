package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.util.NetUtil;
import io.veza.edge.http1.Octets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a PROXY protocol header of version 1 or 2 says about the connection that carries it. Netty's decoder reads the
 * addresses; where it is laxer than the specification ("The PROXY protocol", haproxy.org, 2020/03/05) the header is
 * refused here before it gets to it: signs, leading zeros, scopes and trailing blanks in version 1, TLVs that do not add up
 * and a checksum that is wrong in version 2.
 *
 * @param origin whether the addresses are to be used
 * @param source the client's address; null unless {@code origin} is {@link Origin#CLIENT}
 * @param destination where the client connected to; null likewise
 */
record ProxyHeader(Origin origin, @Nullable InetSocketAddress source, @Nullable InetSocketAddress destination) {

    /** On whose behalf a connection was made. */
    enum Origin {
        /** A client's, whose addresses are given. */
        CLIENT,
        /** The proxy's own, such as a check. */
        LOCAL,
        /** A client's of which nothing is said that has an address: unknown, a Unix socket, datagrams. */
        UNKNOWN
    }

    /** {@link #length}: more bytes are needed to say. */
    static final int MORE = 0;

    /** {@link #length}: this is no header. */
    static final int MALFORMED = -1;

    /** As long as a header of HAProxy's can be with its default buffers; TLVs carry whole certificates at most. */
    static final int LONGEST = 16 * 1024;

    private static final byte[] V1 = Octets.ascii("PROXY ");
    private static final byte[] V2 = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};

    /** Section 2.1: 107 characters and a zero, which nobody sends. */
    private static final int V1_LONGEST = 107;

    private static final int V2_FIXED = 16;
    private static final int TLV_FIXED = 3;
    private static final int TYPE_CRC32C = 0x03;
    private static final int CRC_LENGTH = 4;

    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String IPV4 = OCTET + "(?:\\." + OCTET + "){3}";
    /** Port 0, which the specification's grammar has and no connection, is not taken by the decoder either. */
    private static final String PORTS = " [1-9][0-9]{0,4} [1-9][0-9]{0,4}\r\n";

    private static final Pattern TCP4 = Pattern.compile("PROXY TCP4 " + IPV4 + " " + IPV4 + PORTS);
    private static final Pattern TCP6 = Pattern.compile("PROXY TCP6 [0-9A-Fa-f:.]{2,39} [0-9A-Fa-f:.]{2,39}" + PORTS);
    private static final Pattern UNKNOWN_V1 = Pattern.compile("PROXY UNKNOWN(?: [ -~]*)?\r\n");

    /** Opens Netty's decoder to whoever has a whole header at hand. Keeps nothing between two of them. */
    private static final class Decoder extends HAProxyMessageDecoder {
        /** @throws Exception if it is no header; the connection is closed then, too */
        @Nullable
        HAProxyMessage read(ChannelHandlerContext ctx, ByteBuf header) throws Exception {
            List<Object> out = new ArrayList<>(1);
            decode(ctx, header, out);
            return out.isEmpty() ? null : (HAProxyMessage) out.get(0);
        }
    }

    /** How long the header is that begins with the buffer's readable bytes, {@link #MORE} or {@link #MALFORMED}. */
    static int length(ByteBuf in) {
        if (!in.isReadable()) {
            return MORE;
        }
        int from = in.readerIndex();
        return in.getByte(from) == V1[0] ? lengthOfLine(in, from) : lengthOfBinary(in, from);
    }

    private static int lengthOfLine(ByteBuf in, int from) {
        int count = Math.min(in.readableBytes(), V1_LONGEST);
        for (int i = 0; i < count; i++) {
            byte b = in.getByte(from + i);
            boolean fits = i < V1.length ? b == V1[i] : b >= ' ' && b <= '~';
            if (!fits) {
                boolean lineEnds = i > V1.length && b == '\r' && i + 2 <= V1_LONGEST;
                if (lineEnds && i + 1 == in.readableBytes()) {
                    return MORE;
                }
                return lineEnds && in.getByte(from + i + 1) == '\n' ? i + 2 : MALFORMED;
            }
        }
        return count < V1_LONGEST ? MORE : MALFORMED;
    }

    private static int lengthOfBinary(ByteBuf in, int from) {
        int readable = in.readableBytes();
        for (int i = 0; i < Math.min(readable, V2.length); i++) {
            if (in.getByte(from + i) != V2[i]) {
                return MALFORMED;
            }
        }
        if (readable < V2_FIXED) {
            return MORE;
        }
        int whole = V2_FIXED + in.getUnsignedShort(from + 14);
        if (whole > LONGEST) {
            return MALFORMED;
        }
        return readable < whole ? MORE : whole;
    }

    /**
     * Reads a whole header.
     *
     * @param header as many bytes as {@link #length} said
     * @return null if it is malformed
     */
    static @Nullable ProxyHeader read(ChannelHandlerContext ctx, ByteBuf header) {
        boolean line = header.getByte(header.readerIndex()) == V1[0];
        ByteBuf plain = line ? checkedLine(header) : checkedBinary(header);
        if (plain == null) {
            return null;
        }
        HAProxyMessage message;
        try {
            message = new Decoder().read(ctx, plain);
        } catch (Exception malformed) {
            return null;
        }
        if (message == null) {
            return null;
        }
        try {
            return of(message);
        } finally {
            message.release();
        }
    }

    private static @Nullable ByteBuf checkedLine(ByteBuf header) {
        String line = header.toString(StandardCharsets.US_ASCII);
        boolean valid = TCP4.matcher(line).matches()
                || TCP6.matcher(line).matches()
                || UNKNOWN_V1.matcher(line).matches();
        return valid ? header : null;
    }

    /** The header without its TLVs, which nobody asks for, once they are found to be in order. */
    private static @Nullable ByteBuf checkedBinary(ByteBuf header) {
        int from = header.readerIndex();
        int family = header.getUnsignedByte(from + 13) >>> 4;
        int addresses =
                switch (family) {
                    case 1 -> 12;
                    case 2 -> 36;
                    case 3 -> 216;
                    default -> 0;
                };
        boolean proxied = (header.getByte(from + 12) & 0x0F) == 1;
        int length = header.readableBytes();
        int given = V2_FIXED + addresses;
        if (proxied && addresses > 0 && (given > length || !tlvsAreInOrder(header, given))) {
            return null;
        }
        ByteBuf plain = Unpooled.buffer(V2_FIXED + addresses);
        plain.writeBytes(header, from, Math.min(given, length));
        plain.setShort(14, plain.readableBytes() - V2_FIXED);
        return plain;
    }

    /** Section 2.2: each a type, a length and as many bytes; with the checksum, if there is one, over all of it. */
    private static boolean tlvsAreInOrder(ByteBuf header, int given) {
        int start = header.readerIndex();
        int end = header.writerIndex();
        int at = start + given;
        while (end - at >= TLV_FIXED) {
            int type = header.getUnsignedByte(at);
            int value = at + TLV_FIXED;
            int next = value + header.getUnsignedShort(at + 1);
            if (next > end || (type == TYPE_CRC32C && !isChecksum(header, value, next))) {
                return false;
            }
            at = next;
        }
        return at == end;
    }

    private static boolean isChecksum(ByteBuf header, int value, int next) {
        if (next - value != CRC_LENGTH) {
            return false;
        }
        byte[] whole = new byte[header.readableBytes()];
        header.getBytes(header.readerIndex(), whole);
        int at = value - header.readerIndex();
        for (int i = 0; i < CRC_LENGTH; i++) {
            whole[at + i] = 0;
        }
        CRC32C crc = new CRC32C();
        crc.update(whole, 0, whole.length);
        return crc.getValue() == header.getUnsignedInt(value);
    }

    private static @Nullable ProxyHeader of(HAProxyMessage message) {
        if (message.command() == HAProxyCommand.LOCAL) {
            return new ProxyHeader(Origin.LOCAL, null, null);
        }
        HAProxyProxiedProtocol protocol = message.proxiedProtocol();
        if (protocol != HAProxyProxiedProtocol.TCP4 && protocol != HAProxyProxiedProtocol.TCP6) {
            return new ProxyHeader(Origin.UNKNOWN, null, null);
        }
        InetSocketAddress source = address(message.sourceAddress(), message.sourcePort());
        InetSocketAddress destination = address(message.destinationAddress(), message.destinationPort());
        return source == null || destination == null ? null : new ProxyHeader(Origin.CLIENT, source, destination);
    }

    /** Never asks for a name. */
    private static @Nullable InetSocketAddress address(String text, int port) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        try {
            return bytes == null ? null : new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
        }
    }
}
