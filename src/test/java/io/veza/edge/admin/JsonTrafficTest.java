package io.veza.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTrafficTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            Host: a~Authorization: Bearer x~A: b~   | Host: a~Authorization:*********~A: b~
            cookie:a=b; c=d                         | cookie:********
            Set-Cookie : a                          | Set-Cookie :**
            Proxy-Authorization: Basic~ more~A: b   | Proxy-Authorization:******~*****~A: b
            X-Cookie: a                             | X-Cookie: a
            GET /Cookie: a                          | GET /Cookie: a
            """)
    void what_proves_who_somebody_is_is_not_shown_and_moves_nothing(String head, String shown) {
        String captured = head.replace("~", "\r\n");

        assertThat(JsonTraffic.withoutSecrets(captured)).isEqualTo(shown.replace("~", "\r\n"));
    }
}
