package io.veza.edge.config;

import io.veza.edge.pool.AddressBlocks;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A block of IP addresses (RFC 4632, RFC 4291 section 2.3). IPv4-mapped IPv6 addresses ({@code ::ffff:10.0.0.1}) are the
 * IPv4 addresses they map, on both sides.
 *
 * @param network its address; the bits beyond the prefix do not matter
 * @param prefixLength 0..32 or 0..128
 */
public record Cidr(InetAddress network, int prefixLength) {

    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
    private static final int MAPPED_PREFIX = 96;

    public Cidr {
        if (prefixLength < 0 || prefixLength > network.getAddress().length * Byte.SIZE) {
            throw new IllegalArgumentException(
                    "prefix length " + prefixLength + " is not in 0.." + network.getAddress().length * Byte.SIZE);
        }
    }

    /**
     * Reads {@code 10.0.0.0/8}, {@code fd00::/8}, or an address alone, which is a block of one.
     *
     * @throws IllegalArgumentException if the text is none of these; names are never resolved
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        String prefix = slash < 0 ? "" : text.substring(slash + 1);
        boolean v6 = IPV6.matcher(address).matches();
        if ((!v6 && !IPV4.matcher(address).matches()) || (slash >= 0 && !prefix.matches("[0-9]{1,3}"))) {
            throw malformed(text);
        }
        InetAddress network;
        try {
            network = InetAddress.getByName(address);
        } catch (UnknownHostException e) {
            throw malformed(text);
        }
        int bits = network.getAddress().length * Byte.SIZE;
        int length = slash < 0 ? bits : Integer.parseInt(prefix);
        // The JDK has made an IPv4 address of a mapped one; its prefix still counts the 96 bits before it.
        boolean mapped = v6 && bits == 32 && slash >= 0;
        length -= mapped ? MAPPED_PREFIX : 0;
        if (length < 0 || length > bits) {
            throw malformed(text);
        }
        return new Cidr(network, length);
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "\"" + text + "\" is not an address or CIDR such as 10.0.0.0/8, fd00::/8 or 192.0.2.1");
    }

    /** All of these, for quick look-ups. */
    public static AddressBlocks blocks(List<Cidr> cidrs) {
        return new AddressBlocks(cidrs.stream()
                .map(cidr -> new AddressBlocks.Block(cidr.network.getAddress(), cidr.prefixLength))
                .toList());
    }

    /** Whether the address lies in this block. */
    public boolean contains(InetAddress address) {
        byte[] ours = network.getAddress();
        byte[] theirs = unmapped(address.getAddress());
        if (ours.length != theirs.length) {
            return false;
        }
        int whole = prefixLength / Byte.SIZE;
        for (int i = 0; i < whole; i++) {
            if (ours[i] != theirs[i]) {
                return false;
            }
        }
        int rest = prefixLength % Byte.SIZE;
        return rest == 0 || ((ours[whole] ^ theirs[whole]) & 0xFF) >>> (Byte.SIZE - rest) == 0;
    }

    private static byte[] unmapped(byte[] address) {
        if (address.length != 16 || address[10] != -1 || address[11] != -1) {
            return address;
        }
        for (int i = 0; i < 10; i++) {
            if (address[i] != 0) {
                return address;
            }
        }
        return new byte[] {address[12], address[13], address[14], address[15]};
    }

    @Override
    public String toString() {
        return network.getHostAddress() + "/" + prefixLength;
    }
}
