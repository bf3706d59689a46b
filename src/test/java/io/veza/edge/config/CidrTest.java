package io.veza.edge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.Inet6Address;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8,           10.255.255.255,   true",
        "10.0.0.0/8,           11.0.0.0,         false",
        "10.9.8.7/8,           10.1.2.3,         true",
        "192.0.2.128/25,       192.0.2.128,      true",
        "192.0.2.128/25,       192.0.2.127,      false",
        "192.0.2.1,            192.0.2.1,        true",
        "192.0.2.1,            192.0.2.0,        false",
        "192.0.2.1/32,         192.0.2.1,        true",
        "0.0.0.0/0,            203.0.113.9,      true",
        "0.0.0.0/0,            2001:db8::1,      false",
        "::/0,                 2001:db8::1,      true",
        "::/0,                 203.0.113.9,      false",
        "2001:db8::/33,        2001:db8:7fff::1, true",
        "2001:db8::/33,        2001:db8:8000::1, false",
        "::1,                  ::1,              true",
        "::1,                  ::2,              false",
        "::ffff:10.0.0.0/104,  10.1.2.3,         true",
        "::ffff:10.0.0.0/104,  11.1.2.3,         false",
        "::ffff:10.0.0.1,      10.0.0.1,         true",
        "10.0.0.0/8,           ::ffff:10.1.2.3,  true"
    })
    void an_address_is_in_the_block_or_not(String cidr, String address, boolean contained) throws Exception {
        assertThat(Cidr.parse(cidr).contains(InetAddress.getByName(address))).isEqualTo(contained);
    }

    @Test
    void a_mapped_address_that_the_jdk_left_mapped_is_the_ipv4_address() throws Exception {
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 10, 1, 2, 3};

        assertThat(Cidr.parse("10.0.0.0/8").contains(Inet6Address.getByAddress(null, mapped, -1)))
                .isTrue();
        mapped[0] = 1;
        assertThat(Cidr.parse("10.0.0.0/8").contains(Inet6Address.getByAddress(null, mapped, -1)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/8",
                "10/8",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/8/8",
                "10.0.0.256/8",
                "10.0.0.010/8",
                "::/129",
                "::ffff:10.0.0.0/95",
                ":::/8",
                "localhost",
                "fe80::1%eth0",
                "[::1]"
            })
    void what_is_no_block_is_refused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Cidr.parse(text))
                .withMessageContaining("is not an address or CIDR such as");
    }
}
