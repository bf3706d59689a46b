package io.veza.edge.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HashKeyTest {

    @ParameterizedTest
    @CsvSource({
        "uri,                 Uri[]",
        "URI,                 Uri[]",
        "path,                Path[]",
        "path-depth:1,        PathDepth[depth=1]",
        "path-depth:64,       PathDepth[depth=64]",
        "path-regex:/hls/(a), PathRegex[pattern=/hls/(a)]",
        "header:X-Track,      Header[name=X-Track]",
        "cookie:sid,          Cookie[name=sid]",
        "query:id,            Query[name=id]",
    })
    void every_form_is_read(String text, String key) {
        assertThat(HashKey.parse(text)).hasToString(key);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "'',               'none of uri, path, path-depth:N'",
        "url,              'none of uri, path, path-depth:N'",
        "uri:x,            'none of uri, path, path-depth:N'",
        "path:,            'none of uri, path, path-depth:N'",
        "path-depth,       is not a number in 1..64",
        "path-depth:x,     is not a number in 1..64",
        "path-depth:0,     path-depth 0 is not in 1..64",
        "path-depth:65,    path-depth 65 is not in 1..64",
        "path-regex:/a,    has 0 groups; it needs exactly one",
        "path-regex:(a)(b), has 2 groups; it needs exactly one",
        "path-regex:(,     is not a regular expression: Unclosed group",
        "header:,          'header name \"\" is not a token'",
        "cookie:a b,       'cookie name \"a b\" is not a token'",
        "query:a=b,        'query name \"a=b\" is not a token'",
    })
    void anything_else_is_refused_with_what_is_wrong(String text, String problem) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HashKey.parse(text))
                .withMessageContaining(problem);
    }
}
