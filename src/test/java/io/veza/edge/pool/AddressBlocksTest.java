package io.veza.edge.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.config.Cidr;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressBlocksTest {

    private static AddressBlocks blocks(String... cidrs) {
        return Cidr.blocks(Stream.of(cidrs).map(Cidr::parse).toList());
    }

    private static byte[] address(String text) {
        try {
            return InetAddress.getByName(text).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "9.255.255.255, false",
        "10.0.0.0, true",
        "10.1.2.3, true",
        "10.255.255.255, true",
        "11.0.0.0, false",
        "192.0.2.7, true",
        "192.0.2.8, false",
        "255.255.255.255, true",
        "2001:db8::, true",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff, true",
        "2001:db9::, false",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff, false",
        "fe80::1:0:0:0, true",
        "fe80::1:0:0:1, false",
        "::1, false"
    })
    void an_address_is_held_or_not(String address, boolean held) {
        AddressBlocks blocks = blocks(
                "10.1.0.0/16",
                "10.0.0.0/8",
                "10.0.0.0/9",
                "192.0.2.7",
                "255.255.255.255",
                "2001:db8::/32",
                "2001:db8:1::/48",
                "fe80::1:0:0:0/128");

        assertThat(blocks.contains(address(address))).isEqualTo(held);
    }

    @Test
    void a_block_of_everything_is_of_its_own_family() {
        assertThat(blocks("0.0.0.0/0").contains(address("203.0.113.1"))).isTrue();
        assertThat(blocks("0.0.0.0/0").contains(address("::1"))).isFalse();
        assertThat(blocks("::/0").contains(address("ffff::1"))).isTrue();
        assertThat(blocks("::/0").contains(address("203.0.113.1"))).isFalse();
        assertThat(AddressBlocks.NONE.contains(address("203.0.113.1"))).isFalse();
        assertThat(AddressBlocks.NONE.contains(address("::"))).isFalse();
    }

    @Test
    void a_mapped_address_is_the_one_it_maps() {
        byte[] mapped = new byte[16];
        mapped[10] = -1;
        mapped[11] = -1;
        System.arraycopy(address("10.1.2.3"), 0, mapped, 12, 4);

        assertThat(blocks("10.0.0.0/8").contains(mapped)).isTrue();
        assertThat(blocks("::/0").contains(mapped)).isFalse();
    }

    /** Against the plain question to each block, one after the other. */
    @Test
    void thousands_of_blocks_say_what_each_of_them_would() throws Exception {
        Random random = new Random(27);
        List<Cidr> cidrs = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            int bytes = i % 2 == 0 ? 4 : 16;
            cidrs.add(new Cidr(some(random, bytes), random.nextInt(bytes * 8 - 4) + 5));
        }
        AddressBlocks blocks = Cidr.blocks(cidrs);
        int held = 0;
        for (int i = 0; i < 20_000; i++) {
            InetAddress address = some(random, i % 2 == 0 ? 4 : 16);
            boolean expected = cidrs.stream().anyMatch(cidr -> cidr.contains(address));
            held += expected ? 1 : 0;

            assertThat(blocks.contains(address.getAddress())).as("%s", address).isEqualTo(expected);
        }
        assertThat(held).isBetween(1000, 19_000);
    }

    /** Of a small part of all addresses, so that some are held. */
    private static InetAddress some(Random random, int bytes) throws UnknownHostException {
        byte[] address = new byte[bytes];
        random.nextBytes(address);
        address[0] = (byte) (random.nextInt(32) * 8);
        return InetAddress.getByAddress(address);
    }
}
