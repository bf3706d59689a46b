package io.veza.edge.accesslog;

import java.net.InetAddress;

/** An IP address as text: dotted, or as RFC 5952 wants IPv6, in lower case with the longest run of zeros as {@code ::}. */
final class ClientText {

    private static final int WORDS = 8;
    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

    private ClientText() {}

    static void write(InetAddress address, Line line) {
        byte[] bytes = address.getAddress();
        if (bytes.length == 4) {
            for (int i = 0; i < 4; i++) {
                line.number(bytes[i] & 0xff);
                if (i < 3) {
                    line.put('.');
                }
            }
        } else {
            writeIpv6(bytes, line);
        }
    }

    private static int word(byte[] bytes, int i) {
        return (bytes[2 * i] & 0xff) << 8 | (bytes[2 * i + 1] & 0xff);
    }

    private static void writeIpv6(byte[] bytes, Line line) {
        // A run of one word stays as it is, section 4.2.2; of equal runs the first goes, 4.2.3.
        int run = -1;
        int longest = 1;
        for (int i = 0; i < WORDS; i++) {
            int end = i;
            while (end < WORDS && word(bytes, end) == 0) {
                end++;
            }
            if (end - i > longest) {
                run = i;
                longest = end - i;
            }
            i = Math.max(i, end - 1);
        }
        for (int i = 0; i < WORDS; i++) {
            if (i == run) {
                line.put(':').put(':');
                i += longest - 1;
            } else {
                if (i > 0 && i != run + longest) {
                    line.put(':');
                }
                hex(word(bytes, i), line);
            }
        }
    }

    private static void hex(int word, Line line) {
        boolean begun = false;
        for (int shift = 12; shift >= 0; shift -= 4) {
            int digit = word >> shift & 15;
            if (digit != 0 || begun || shift == 0) {
                line.put(HEX[digit]);
                begun = true;
            }
        }
    }
}
