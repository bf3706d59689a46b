package io.veza.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vertx.core.MultiMap;
import io.vertx.core.net.HostAndPort;
import io.veza.edge.admin.ApiAccess.Intent;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may do what: by address, by token, by origin and by name. */
class ApiAccessTest {

    private static final String TOKEN = "0123456789abcdef";
    private static final HostAndPort LOCAL = HostAndPort.create("127.0.0.1", 9100);

    private static final ApiAccess LOOPBACK = new ApiAccess("127.0.0.1", true, Optional.empty());
    private static final ApiAccess LOOPBACK_TOKEN = new ApiAccess("127.0.0.1", true, Optional.of(TOKEN));
    private static final ApiAccess OPEN = new ApiAccess("edge.example", false, Optional.empty());
    private static final ApiAccess OPEN_TOKEN = new ApiAccess("edge.example", false, Optional.of(TOKEN));

    private static MultiMap headers(String... pairs) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < pairs.length; i += 2) {
            headers.add(pairs[i], pairs[i + 1]);
        }
        return headers;
    }

    private static MultiMap writing(String... more) {
        return headers(more).add("X-Veza-Edge", "1");
    }

    /** 200 if it may. */
    private static int status(ApiAccess access, Intent intent, HostAndPort authority, MultiMap headers) {
        ApiProblem problem = catchThrowableOfType(ApiProblem.class, () -> access.check(intent, authority, headers));
        return problem == null ? 200 : problem.status();
    }

    @ParameterizedTest
    @CsvSource({
        "READ,         200, 200, 200, 200",
        "READ_CLIENTS, 200, 401, 403, 401",
        "WRITE,        200, 401, 403, 401"
    })
    void without_the_token(Intent intent, int loopback, int loopbackWithToken, int open, int openWithToken) {
        assertThat(status(LOOPBACK, intent, LOCAL, writing())).isEqualTo(loopback);
        assertThat(status(LOOPBACK_TOKEN, intent, LOCAL, writing())).isEqualTo(loopbackWithToken);
        assertThat(status(OPEN, intent, LOCAL, writing())).isEqualTo(open);
        assertThat(status(OPEN_TOKEN, intent, LOCAL, writing())).isEqualTo(openWithToken);
    }

    @ParameterizedTest
    @CsvSource({
        "Bearer 0123456789abcdef,  200",
        "bearer 0123456789abcdef,  200",
        "Bearer 0123456789abcdeX,  401",
        "Bearer 0123456789abcde,   401",
        "Bearer 0123456789abcdef0, 401",
        "Bearer,                   401",
        "Basic 0123456789abcdef,   401",
        "0123456789abcdef,         401"
    })
    void the_token_opens_and_nothing_near_it(String authorization, int status) {
        MultiMap headers = writing("Authorization", authorization);

        assertThat(status(LOOPBACK_TOKEN, Intent.WRITE, LOCAL, headers)).isEqualTo(status);
        assertThat(status(OPEN_TOKEN, Intent.WRITE, LOCAL, headers)).isEqualTo(status);
        assertThat(status(OPEN_TOKEN, Intent.READ_CLIENTS, LOCAL, headers)).isEqualTo(status);
    }

    @Test
    void a_token_that_is_not_configured_opens_nothing() {
        assertThat(status(OPEN, Intent.WRITE, LOCAL, writing("Authorization", "Bearer " + TOKEN)))
                .isEqualTo(403);
        assertThat(status(OPEN, Intent.WRITE, LOCAL, writing("Authorization", "Bearer ")))
                .isEqualTo(403);
    }

    @Test
    void the_token_does_not_replace_the_header_nor_the_origin() {
        MultiMap without = headers("Authorization", "Bearer " + TOKEN);
        MultiMap elsewhere = writing("Authorization", "Bearer " + TOKEN, "Origin", "https://evil.example");

        assertThat(status(OPEN_TOKEN, Intent.WRITE, LOCAL, without)).isEqualTo(403);
        assertThat(status(OPEN_TOKEN, Intent.WRITE, LOCAL, elsewhere)).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(strings = {"edge.example", "EDGE.example", "localhost", "10.0.0.7", "[2001:db8::1]"})
    void its_names_and_any_ip_address_are_answered(String host) {
        assertThat(status(OPEN, Intent.READ, HostAndPort.create(host, 9100), headers()))
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "edge.example.evil", "1.2.3", "1.2.3.4.evil", "0x7f.1", ""})
    void other_names_are_answered_with_the_token_only(String host) {
        HostAndPort authority = HostAndPort.create(host, 9100);

        assertThat(status(OPEN_TOKEN, Intent.READ, authority, headers())).isEqualTo(421);
        assertThat(status(OPEN_TOKEN, Intent.READ, authority, headers("Authorization", "Bearer " + TOKEN)))
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:9100,  200",
        "https://127.0.0.1:9100, 200",
        "http://127.0.0.1,       403",
        "http://127.0.0.1:9101,  403",
        "http://localhost:9100,  403",
        "null,                   403",
        "file://,                403"
    })
    void only_the_same_origin_may_change(String origin, int status) {
        assertThat(status(LOOPBACK, Intent.WRITE, LOCAL, writing("Origin", origin)))
                .isEqualTo(status);
    }

    @Test
    void default_ports_need_not_be_written() {
        HostAndPort authority = HostAndPort.create("127.0.0.1", -1);

        assertThatCode(() -> LOOPBACK.check(Intent.WRITE, authority, writing("Origin", "http://127.0.0.1")))
                .doesNotThrowAnyException();
    }

    @Test
    void nothing_tells_the_token() {
        ApiProblem problem = catchThrowableOfType(
                ApiProblem.class,
                () -> OPEN_TOKEN.check(Intent.WRITE, LOCAL, writing("Authorization", "Bearer guess")));

        assertThat(problem.document().encode()).doesNotContain(TOKEN).doesNotContain("guess");
        assertThat(OPEN_TOKEN.toString()).doesNotContain(TOKEN).contains("token set");
    }
}
