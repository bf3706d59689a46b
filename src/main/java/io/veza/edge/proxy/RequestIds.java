package io.veza.edge.proxy;

import io.veza.edge.http1.HeadWriter;
import java.util.SplittableRandom;

/** Makes request ids: 128 random bits as 32 hexadecimal digits. Unique, not secret. Belongs to one event loop. */
final class RequestIds {

    private static final byte[] DIGITS = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
    };

    private final SplittableRandom random = new SplittableRandom();

    long nextLong() {
        return random.nextLong();
    }

    void write(HeadWriter out) {
        byte[] target = out.room(32);
        hex(random.nextLong(), target, out.size());
        hex(random.nextLong(), target, out.size() + 16);
        out.advance(32);
    }

    private static void hex(long bits, byte[] target, int at) {
        for (int i = 0; i < 16; i++) {
            target[at + i] = DIGITS[(int) (bits >>> (60 - 4 * i)) & 15];
        }
    }
}
