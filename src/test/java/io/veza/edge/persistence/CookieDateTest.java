package io.veza.edge.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CookieDateTest {

    @ParameterizedTest
    @CsvSource({
        "1700000000, ZVPxA", // a multiple of four
        "1700000001, ZVPxB", // rounded up
        "1700000004, ZVPxB",
        "1798761599, azbsg",
        "4294967292, '/////'", // the last one: 2106-02-07T06:28:12Z
    })
    void a_date_is_written_as_haproxy_writes_it(long second, String text) {
        StringBuilder written = new StringBuilder();

        CookieDate.append(written, Instant.ofEpochSecond(second));

        assertThat(written).hasToString(text);
        assertThat(parse(text)).isEqualTo((second + 3) / 4 * 4);
    }

    @Test
    void every_digit_is_read_as_it_is_written() {
        for (long quarters = 1; quarters < 1L << 30; quarters = quarters * 5 + 3) {
            StringBuilder written = new StringBuilder();
            CookieDate.append(written, Instant.ofEpochSecond(quarters * 4));

            assertThat(parse(written.toString())).isEqualTo(quarters * 4);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "ZVPx", "ZVPx=", "ZVPx|", "ZVPx\u00e4", "ZV-xA", "ZV_xA", "@VPxA", "[VPxA", "`VPxA", "{VPxA"
            })
    void what_is_no_date_counts_as_none(String text) {
        assertThat(parse(text)).isEqualTo(CookieDate.NONE);
    }

    private static long parse(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return CookieDate.parse(bytes, 0, bytes.length);
    }
}
