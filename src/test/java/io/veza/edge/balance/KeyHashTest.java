package io.veza.edge.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyHashTest {

    /** Made with {@code xxhsum -H1}, version 0.8.1. */
    @ParameterizedTest
    @CsvSource({
        "'',                                       ef46db3751d8e999",
        "a,                                        d24ec4f1a98c6e5b",
        "abc,                                      44bc2cf5ad770999",
        "abcdefgh,                                 3ad351775b4634b7",
        "0123456789abcdef0123456789abcdef,         642a94958e71e6c5",
        "Nobody inspects the spammish repetition,  fbcea83c8a378bf1",
        "/hls/7/seg1.ts?x=1&y=22222222222222222222222222222222222222222222222222222222, db007ef4358f7537",
    })
    void it_is_xxh64(String text, String hash) {
        for (int offset = 0; offset < 80; offset += 13) {
            byte[] bytes = ("x".repeat(offset) + text + "yyyyyyyyy").getBytes(StandardCharsets.US_ASCII);

            assertThat(Long.toHexString(KeyHash.hash(bytes, offset, offset + text.length())))
                    .isEqualTo(hash);
        }
    }

    @Test
    void each_bit_of_a_key_turns_about_half_of_the_hash() {
        Random random = new Random(1);
        for (int length = 1; length <= 70; length++) {
            byte[] key = new byte[length];
            int turned = 0;
            for (int round = 0; round < 50; round++) {
                random.nextBytes(key);
                long before = KeyHash.hash(key, 0, length);
                int bit = random.nextInt(length * 8);
                key[bit / 8] ^= (byte) (1 << bit % 8);
                turned += Long.bitCount(before ^ KeyHash.hash(key, 0, length));
            }
            assertThat(turned / 50.0).as("bits turned at length %d", length).isBetween(28.0, 36.0);
        }
    }
}
