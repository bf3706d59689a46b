package io.veza.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuntimeLineTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
            show version          | show,version
            __show _ version__    | show,version
            get\\_weight          | get weight
            a\\\\b                | a\\b
            a\\;b                 | a;b
            show version <<       | show,version
            \\                    | EMPTY
            """)
    void blanks_part_words_unless_escaped(String line, String words) {
        List<String> expected = words.equals("EMPTY") ? List.of("") : List.of(words.split(","));

        assertThat(RuntimeLine.words(line.replace('_', ' '))).isEqualTo(expected);
    }

    @Test
    void a_line_of_blanks_has_no_words() {
        assertThat(RuntimeLine.words("")).isEmpty();
        assertThat(RuntimeLine.words(" \t ")).isEmpty();
    }

    @Test
    void a_command_ends_at_a_semicolon_or_a_line_feed() {
        assertThat(RuntimeLine.end("a;b\n", false)).isEqualTo(1);
        assertThat(RuntimeLine.end("a\\;b\n", false)).isEqualTo(4);
        assertThat(RuntimeLine.end("a\\", false)).isEqualTo(-1);
        assertThat(RuntimeLine.end("a", false)).isEqualTo(-1);
    }

    @Test
    void a_line_of_a_payload_ends_at_a_line_feed_alone() {
        assertThat(RuntimeLine.end("a;b\\\nc\n", true)).isEqualTo(4);
    }
}
