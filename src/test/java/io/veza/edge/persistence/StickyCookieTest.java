package io.veza.edge.persistence;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.veza.edge.persistence.StickyCookie.Age;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StickyCookieTest {

    private static final StickyCookie COOKIE = cookie(null, null);

    /** 1,700,000,000 seconds, {@code ZVPxA}. */
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);

    @ParameterizedTest(name = "[{0}] has [{1}]")
    @CsvSource(
            delimiter = '!',
            quoteCharacter = '#',
            value = {
                "SRV=b1                  ! b1",
                "SRV=b1; SRV=b2          ! b1,b2",
                "a=1; SRV=b1; c=3        ! b1",
                "a=1;SRV=b1;c=3          ! b1",
                "a=1; SRV = b1 ; c=3     ! b1",
                "#a=1;\tSRV\t=\tb1\t;#   ! b1",
                "SRV=                    ! ##",
                "SRV=; SRV=b2            ! #,b2#",
                "#SRV=\"b1\"#            ! #\"b1\"#",
                "SRV=b1=c                ! b1=c",
                "SRV=b1|ZVPxA|ZVPxA      ! b1|ZVPxA|ZVPxA",
                "; ;SRV=b1;              ! b1",
                // a semicolon ends a cookie within quotes too
                "#a=\"x; SRV=b1; y\"#    ! b1",
            })
    void cookies_of_its_name_are_found(String field, String values) {
        assertThat(values(field)).containsExactly(values.split(",", -1));
        assertThat(COOKIE.presentIn(bytes("<" + field + ">"), 1, 1 + field.length()))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";",
                " ",
                "SRV",
                "SRV; a=1",
                "SR=b1",
                "SRVX=b1",
                "XSRV=b1",
                "X SRV=b1",
                "SRV X=b1",
                "srv=b1",
                "Srv=b1",
                "a=SRV=b1",
                "a=1, SRV=b1",
                "=SRV",
                "=b1"
            })
    void other_cookies_are_not_ours(String field) {
        byte[] bytes = bytes(field);

        assertThat(COOKIE.presentIn(bytes, 0, bytes.length)).isFalse();
        assertThat(stripped(field)).isEqualTo(field);
    }

    @Test
    void what_follows_the_field_is_not_looked_at() {
        byte[] bytes = bytes("a=1; SRV=b1");

        for (int to = 0; to < "a=1; SRV=".length(); to++) {
            assertThat(COOKIE.presentIn(bytes, 0, to)).as("up to %d", to).isFalse();
        }
        assertThat(COOKIE.presentIn(bytes, 0, "a=1; SRV=".length())).isTrue();
    }

    @ParameterizedTest(name = "[{0}] becomes [{1}]")
    @CsvSource(
            delimiter = '!',
            quoteCharacter = '#',
            value = {
                "SRV=b1                       ! ##",
                "SRV=b1;                      ! ##",
                "SRV=b1; SRV=b2               ! ##",
                "SRV=b1; a=1                  ! a=1",
                "SRV=b1;a=1                   ! a=1",
                "a=1; SRV=b1                  ! a=1",
                "a=1; SRV=b1; b=2             ! a=1; b=2",
                "a=1;SRV=b1;b=2               ! a=1;b=2",
                "a=1; SRV=b1; SRV=b2; b=2     ! a=1; b=2",
                "SRV=b1; a=1; SRV=b2; b=2     ! a=1; b=2",
                "SRV=b1; a=1 ;  b = 2;; c     ! a=1 ;  b = 2;; c",
                "#SRV=b1; a=\" \u00ff\t\"#    ! #a=\" \u00ff\t\"#",
                "srv=b1; SRV=b1; SRVX=b1      ! srv=b1; SRVX=b1",
                "#SRV=\"b1\"; a=1#            ! a=1",
            })
    void stripping_takes_its_cookies_and_leaves_the_others_byte_for_byte(String field, String left) {
        assertThat(stripped(field)).isEqualTo(left);
    }

    @Test
    void stripping_may_write_over_what_it_reads() {
        byte[] bytes = bytes("cookie: a=1; SRV=b1; b=2; SRV=b3; c=3");

        int length = COOKIE.strip(bytes, 8, bytes.length, bytes, 3);

        assertThat(new String(bytes, 3, length, ISO_8859_1)).isEqualTo("a=1; b=2; c=3");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '#',
            value = {
                "SRV=b1,           true",
                "SRV=,             true",
                "SRV = b1; path=/, true",
                "srv=b1,           false",
                "SRVX=b1,          false",
                "SRV,              false",
                "##,               false",
                "a=1; SRV=b1,      false",
                "a; SRV=b1,        false",
            })
    void a_response_field_that_sets_its_cookie_is_recognised(String field, boolean sets) {
        byte[] bytes = bytes(field);

        assertThat(COOKIE.sets(bytes, 0, bytes.length)).isEqualTo(sets);
    }

    @ParameterizedTest
    @CsvSource({
        "false, false, NONE_GIVEN, Set-Cookie: SRV=b1; path=/",
        "false, true,  NONE_GIVEN, Set-Cookie: SRV=b1; path=/; HttpOnly",
        "true,  false, NONE_GIVEN, Set-Cookie: SRV=b1; path=/; Secure",
        "true,  true,  LAX,        Set-Cookie: SRV=b1; path=/; HttpOnly; Secure; SameSite=Lax",
        "false, true,  STRICT,     Set-Cookie: SRV=b1; path=/; HttpOnly; SameSite=Strict",
        "true,  true,  NONE,       Set-Cookie: SRV=b1; path=/; HttpOnly; Secure; SameSite=None",
    })
    void the_field_line_carries_the_attributes(boolean secure, boolean httpOnly, SameSite sameSite, String line) {
        StickyCookie cookie = new StickyCookie("SRV", secure, httpOnly, sameSite, Optional.empty(), Optional.empty());

        assertThat(cookie.timeless()).isTrue();
        assertThat(new String(cookie.setCookie(bytes("b1"), NOW, NOW), ISO_8859_1))
                .isEqualTo(line + "\r\n");
    }

    @ParameterizedTest(name = "idle {0}, life {1}: {2}")
    @CsvSource({
        "60,   , b1|ZVPxA",
        "  , 60, b1|ZVPxA|ZVPwx",
        "60, 60, b1|ZVPxA|ZVPwx",
    })
    void with_limits_the_value_carries_dates(@Nullable Integer idle, @Nullable Integer life, String value) {
        StickyCookie cookie = cookie(idle, life);

        String line = new String(cookie.setCookie(bytes("b1"), NOW.minusSeconds(60), NOW), ISO_8859_1);

        assertThat(cookie.timeless()).isFalse();
        assertThat(line).isEqualTo("Set-Cookie: SRV=" + value + "; path=/; HttpOnly\r\n");
    }

    // ZVPxA is now, each letter back is four seconds; ZVOxA is 1024 s ago; ZVVCg is a day ahead, ZVVCh four seconds
    // more
    @ParameterizedTest(name = "{0} with idle {1}, life {2} is {3}")
    @CsvSource({
        "b1,             ,     ,   FRESH",
        "b1,             60,   ,   REFRESH", // no date: accepted, and given one
        "b1,             ,     60, REFRESH",
        "b1|ZVPxA,       60,   ,   FRESH",
        "b1|ZVPxB,       60,   ,   FRESH", // rounded up: up to four seconds ahead
        "b1|ZVPw/,       60,   ,   REFRESH",
        "b1|ZVPwx,       60,   ,   REFRESH", // 60 s: not above the limit yet
        "b1|ZVPww,       60,   ,   EXPIRED",
        "b1|ZVOxA,       60,   ,   EXPIRED",
        "b1|ZVVCg,       60,   ,   FRESH",
        "b1|ZVVCh,       60,   ,   EXPIRED", // more than a day ahead
        "b1|ZVPxA|ZVPxA, ,     60, FRESH",
        "b1|ZVOxA|ZVPxA, ,     60, FRESH", // last seen is nobody's business without max-idle
        "b1|ZVPxA|ZVPwx, ,     60, FRESH",
        "b1|ZVPxA|ZVPww, ,     60, EXPIRED",
        "b1|ZVPxA|ZVVCh, ,     60, EXPIRED",
        "b1|ZVPxA,       ,     60, REFRESH", // no first date: accepted, and given one
        "b1|ZVPxA|,      ,     60, REFRESH",
        "b1|ZVPxA|ZVPx,  ,     60, REFRESH",
        "b1|x|ZVPww,     ,     60, EXPIRED",
        "b1||ZVPww,      ,     60, EXPIRED",
        "b1|ZVPxA|ZVPxA, 60,   60, FRESH",
        "b1|ZVPww|ZVPxA, 60,   60, EXPIRED",
        "b1|ZVPxA|ZVPww, 60,   60, EXPIRED",
        "b1|ZVPxA|ZVPxA, 60,   ,   REFRESH", // a first date that nobody wants any more
        "b1|ZVPxA,       ,     ,   REFRESH",
        "b1|ZVOxA|ZVOxA, ,     ,   REFRESH",
    })
    void dates_decide_whether_a_cookie_counts(String value, @Nullable Integer idle, @Nullable Integer life, Age age) {
        byte[] bytes = bytes("<" + value + "|ZVPxA");

        assertThat(cookie(idle, life).age(bytes, 1, 1 + value.length(), NOW)).isEqualTo(age);
    }

    @ParameterizedTest
    @CsvSource({
        "b1,             7",
        "b1|ZVPxA,       7",
        "b1|ZVPxA|ZVPwx, 1699999940",
    })
    void the_first_date_is_kept_for_the_refresh(String value, long second) {
        byte[] bytes = bytes(value);

        assertThat(COOKIE.firstSeen(bytes, 0, bytes.length, Instant.ofEpochSecond(7)))
                .isEqualTo(Instant.ofEpochSecond(second));
    }

    @Test
    void the_servers_name_ends_where_the_dates_begin() {
        assertThat(StickyCookie.serverEnd(bytes("b1|ZVPxA|ZVPxA"), 0, 14)).isEqualTo(2);
        assertThat(StickyCookie.serverEnd(bytes("b1"), 0, 2)).isEqualTo(2);
        assertThat(StickyCookie.serverEnd(bytes("|b1"), 1, 3)).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a=b", "a;b", "a\r\nb", "\u00e4"})
    void a_name_that_is_no_token_is_refused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StickyCookie(name, false, true, SameSite.LAX, Optional.empty(), Optional.empty()))
                .withMessageContaining("is not a token");
    }

    @Test
    void same_site_none_is_refused_without_secure() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> new StickyCookie("SRV", false, true, SameSite.NONE, Optional.empty(), Optional.empty()))
                .withMessageContaining("needs secure");
    }

    @Test
    void limits_below_a_second_are_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> cookie(0, null)).withMessageContaining("max-idle");
        assertThatIllegalArgumentException().isThrownBy(() -> cookie(null, 0)).withMessageContaining("max-life");
        assertThat(cookie(1, 1).timeless()).isFalse();
    }

    private static List<String> values(String field) {
        byte[] bytes = bytes("<" + field + ">");
        List<String> values = new ArrayList<>();
        int from = 1;
        for (long found = COOKIE.next(bytes, from, bytes.length - 1);
                found >= 0;
                found = COOKIE.next(bytes, from, bytes.length - 1)) {
            int start = (int) (found >>> 32);
            from = (int) found;
            values.add(new String(bytes, start, from - start, ISO_8859_1));
        }
        return values;
    }

    private static String stripped(String field) {
        byte[] bytes = bytes("<" + field + ">");
        byte[] out = new byte[bytes.length];
        int length = COOKIE.strip(bytes, 1, bytes.length - 1, out, 2);
        return new String(out, 2, length, ISO_8859_1);
    }

    private static StickyCookie cookie(@Nullable Integer idle, @Nullable Integer life) {
        return new StickyCookie(
                "SRV",
                false,
                true,
                SameSite.NONE_GIVEN,
                Optional.ofNullable(idle).map(Duration::ofSeconds),
                Optional.ofNullable(life).map(Duration::ofSeconds));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }
}
